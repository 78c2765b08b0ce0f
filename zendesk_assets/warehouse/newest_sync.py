"""When the newest sync began to load, from the load log: what has changed since is what is new."""
# ruff: noqa: S608  # names are quoted by `name_table`

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.relations import name_table

# Loads with less than this between them belong to one sync.
_PAUSE: Final = timedelta(minutes=5)
_LOADS: Final = 2_000  # as many are looked at


def find_newest_sync(session: Session, schema: str) -> datetime | None:
    """Return when the newest sync loaded its first table; None if nothing was ever loaded."""
    rows = session.ask(
        f"SELECT DISTINCT loaded_at FROM {name_table(session, schema, '_loads')} "
        f"ORDER BY loaded_at DESC LIMIT {_LOADS}"
    )
    moments: list[datetime] = [row[0] for row in rows]
    for later, earlier in pairwise(moments):
        if later - earlier > _PAUSE:
            return later
    return moments[-1] if moments else None
