"""Whether a warehouse keeps what is promised of one, tried on it in a scratch schema.

`promises` lists what is proven, `values`, `changes` and `processes` prove it, on the records of
`things`; `scratch` makes the schema and drops it, `child` is what other processes do meanwhile. It
sees a warehouse as everything else does, through `Warehouse`: what an engine is, is not known here.
"""

from zendesk_assets.check_warehouse.promises import PROMISES, Finding, Result, prove
from zendesk_assets.check_warehouse.scratch import Scratch, scratch_schema
