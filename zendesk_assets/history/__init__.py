"""What tables held: the histories that are kept beside them, and all tables as of a moment.

Both follow from the batches of the hub; no request is sent to Zendesk. What a state is, and when it
was valid, is the warehouse's to say (`warehouse.history`).
"""

from zendesk_assets.history.as_of import AsOf, query_as_of
from zendesk_assets.history.choice import histories_of
from zendesk_assets.history.filling import fill_history
