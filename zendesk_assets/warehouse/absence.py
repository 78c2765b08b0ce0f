"""Rows that Zendesk no longer shows where it must: they are deleted at the source.

That is a complete walk of a list, and for forecasts the time that they were for. The SQL and its
order are here; the hub knows which walk is complete. An unreadable row is not absent, so if any row
of the walk was quarantined, nothing is marked.
"""
# ruff: noqa: S608  # names are quoted

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zendesk_assets.spec import Collection, Window
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.sql import ident, literals, qualified
from zendesk_assets.warehouse.tables import ERROR
from zendesk_assets.warehouse.upsert import OLDEST


@dataclass(frozen=True)
class CompleteWalk:
    """The ids of the batches of a walk, the last one of them, and when the walk began.

    With `accepted` it may mark more than half of the rows. It says nothing about rows from the
    lists of `unread` parents, whose places are texts (`Parent.place_of`).
    """

    batches: frozenset[str]
    last: str
    started: datetime
    accepted: bool = False
    unread: tuple[str, ...] = ()


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
    if _is_unread(session) or (walk.unread and not collection.parent_columns):
        return 0, 0
    same = " AND ".join(f"s.{ident(name)} = r.{ident(name)}" for name in collection.primary_key)
    is_live = 'NOT coalesce(r."_deleted", false)'
    gone = (
        f"{is_live} AND coalesce(r.received_at, {OLDEST}) < $1 "
        f"AND NOT EXISTS (SELECT 1 FROM incoming AS s WHERE {same})"
    )
    if walk.unread:
        unread = literals(walk.unread)
        for place in places(collection, "r"):
            gone += f" AND coalesce({place} NOT IN ({unread}), true)"
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


def places(collection: Collection, table: str) -> list[str]:
    """Return, as SQL, the places of the parents around a row, the outermost first."""
    keys = [f"CAST({table}.{ident(name)} AS VARCHAR)" for name in collection.parent_columns]
    return [" || '/' || ".join(keys[:depth]) for depth in range(1, len(keys) + 1)]


def mark_outdated(
    session: Session, collection: Collection, table: str, covered: Sequence[Window], now: datetime
) -> int:
    """Mark forecasts whose time is in what was `covered` without them; return how many.

    A row is a forecast while it was received before its time.
    """
    due = f"r.{ident(collection.due)}"
    forecast = f'NOT coalesce(r."_deleted", false) AND r.received_at < {due}'
    times = f"SELECT min({due}), max({due}) FROM {table} AS r WHERE {forecast}"
    ((first, last),) = session.ask(times)
    if first is None or _is_unread(session):
        return 0
    mark = (
        f'UPDATE {table} AS r SET "_deleted" = true, loaded_at = $3 '
        f"WHERE {forecast} AND {due} >= $1 AND {due} < $2"
    )
    return sum(
        session.change(mark, [window.start, window.end, now])
        for window in covered
        if window.start <= last and window.end > first
    )


def _is_unread(session: Session) -> bool:
    query = "SELECT count(*) FROM rejects WHERE severity = $1"
    return bool(session.ask(query, [ERROR])[0][0])
