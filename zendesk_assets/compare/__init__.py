"""Our tables beside another tool's copy of the same account in the same database.

It only reads, and sends no request. `shapes` has what is known of other tools, `values` how values
of other types are told to be the same, `queries` the SQL, `comparison` the order and the result,
`report` the result in words.
"""

from zendesk_assets.compare.comparison import compare
from zendesk_assets.compare.results import ComparedCopy, FieldDifference, Month, OnlyOnOneSide
from zendesk_assets.compare.shapes import OurTable, find_ours
