"""Erase one person from one source: hub, tables, and what engines keep of old rows.

`rules` reads the catalog, `identify` finds what else is theirs, `erase` does it. What a text or a
record looks like afterwards is `zendesk_assets.erasing`'s.
"""

from zendesk_assets.erasure.erase import Erased, erase_from_source
