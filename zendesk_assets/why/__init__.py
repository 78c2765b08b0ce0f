"""Why a row is as it is: every state of it that ever landed, and which one the table shows.

From hub and warehouse alone, without a request. `explain` is the whole question; `key_index` finds
the batches, `landed` reads them, `steps` puts what happened in order, `verdict` and `judging` say
which state counts, and whether the table shows it.
"""

from zendesk_assets.why.as_json import to_json
from zendesk_assets.why.explain import explain
from zendesk_assets.why.history import Change, History, Kind, Step, only
from zendesk_assets.why.key_store import forget_keys
from zendesk_assets.why.keys import parse_key
from zendesk_assets.why.page import build_page
from zendesk_assets.why.wording import brought, changed, heading, title, value, when
