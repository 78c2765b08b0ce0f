"""Rows that a complete walk of a list no longer shows: they are deleted at the source.

The SQL and its order are here; the hub knows which walk is complete. An unreadable row is not
absent, so if any row of the walk was quarantined, nothing is marked.
"""
# ruff: noqa: S608  # names are quoted

from dataclasses import dataclass
from datetime import datetime

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.tables import ERROR
from zendesk_assets.warehouse.upsert import OLDEST


@dataclass(frozen=True)
class CompleteWalk:
    """The ids of the batches of a walk, the last one of them, and when the walk began.

    With `accepted` it may mark more than half of the rows.
    """

    batches: frozenset[str]
    last: str
    started: datetime
    accepted: bool = False


def mark_absent(
    session: Session,
    schema: str,
    collection: Collection,
    table: str,
    walk: CompleteWalk,
    now: datetime,
) -> tuple[int, int]:
    """Mark the rows that are not in `incoming`; return how many, and how many it would be.

    More than half are not marked unless that is accepted: the last batch of the walk then counts as
    not loaded, so that the next load asks again.
    """
    unread = session.ask("SELECT count(*) FROM rejects WHERE severity = $1", [ERROR])[0][0]
    if unread:
        return 0, 0
    same = " AND ".join(f"s.{ident(name)} = r.{ident(name)}" for name in collection.primary_key)
    is_live = 'NOT coalesce(r."_deleted", false)'
    gone = (
        f"{is_live} AND coalesce(r.received_at, {OLDEST}) < $1 "
        f"AND NOT EXISTS (SELECT 1 FROM incoming AS s WHERE {same})"
    )
    absent = session.ask(f"SELECT count(*) FROM {table} AS r WHERE {gone}", [walk.started])[0][0]
    live = session.ask(f"SELECT count(*) FROM {table} AS r WHERE {is_live}")[0][0]
    if 2 * absent > live and not walk.accepted:
        loads = qualified(session.dialect.database, schema, "_loads")
        session.change(
            f"DELETE FROM {loads} WHERE collection = $1 AND batch_id = $2",
            [collection.name, walk.last],
        )
        return 0, int(absent)
    session.change(
        f'UPDATE {table} AS r SET "_deleted" = true, received_at = $1, "_batch_id" = $2, '
        f"loaded_at = $3 WHERE {gone}",
        [walk.started, walk.last, now],
    )
    return int(absent), 0
