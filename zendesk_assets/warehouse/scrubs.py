"""Wiped content: how a scrubbed row shows, and what keeping the content before it means, as SQL.

Only pure functions that return SQL. Where content is kept, a wiped state gives way to every other
state of its row, whatever the versions; that the row was wiped is a tombstone in the load log, by
which the row that stays is marked. So the outcome is the same in any order of loads.
"""

from zendesk_assets.spec import Collection, Scrub
from zendesk_assets.warehouse.sql import ident, literal


def leaves_tombstones(collection: Collection) -> bool:
    """Return whether some states of the collection are written down as tombstones."""
    return collection.tombstone is not None or collection.scrub is not None


def keeps_content(collection: Collection) -> bool:
    """Return whether wiped states give way to those that have content."""
    return collection.scrub is not None and collection.scrub.keep


def build_wiped(scrub: Scrub | None, table: str) -> str:
    """Return the condition, never NULL, that the row of `table` is a wiped state."""
    if scrub is None:
        return "false"
    tests = (f"{table}.{ident(name)} = {literal(text)}" for name, text in scrub.shows)
    return f"coalesce({' AND '.join(tests)}, false)"
