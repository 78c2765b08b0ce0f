"""Whose a table is: ours, if our load log knows it. What is not ours is refused by name.

Nothing is changed here. A table that another program made may be empty for the moment only, so an
empty one is taken over only where it has no column but those that we would have given it.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.sql import qualified
from zendesk_assets.warehouse.tables import LOAD_LOG

FRAMES: Final = "frame/"  # what the ids of loads of frames begin with
# Columns that no other program gives to a table: they identify ours if the load log was lost.
_OURS: Final = frozenset({"_deleted", "_unknown", "_batch_id"})
# What each table of the load log has had in every version: no other program has them all.
_ESSENTIAL: Final = {
    "_loads": {"batch_id", "collection", "rows_in", "inserted", "updated", "unchanged"},
    "_rejects": {"batch_id", "collection", "reason", "record"},
    "_tombstones": {"collection", "key", "version", "received_at"},
    "_account": {"subdomain", "url", "host", "groups", "since"},
}


@dataclass(frozen=True)
class Found:
    """What the schema has under a name: `kind` is "table", or what messages call it."""

    name: str
    kind: str


def has_our_columns(present: Iterable[str]) -> bool:
    """Return whether a table with these columns has those that no other program gives to one."""
    return {fold(name) for name in present} >= _OURS


def find_relation(session: Session, schema: str, name: str) -> Found | None:
    """Return what stands in the way of a new table of that name, or is that table."""
    same = fold if session.dialect.folds_case else str
    found = session.look_up(session.dialect.relations, schema)
    return next((Found(*each) for each in found if same(each[0]) == same(name)), None)


def check_load_log(schema: str, name: str, found: Found | None, columns: Iterable[str]) -> None:
    """Raise WarehouseError if a table of the load log's name is another program's."""
    if found is not None and (found.kind != "table" or not _ESSENTIAL[name] <= set(columns)):
        raise _not_ours(schema, found)


def check_ours(
    session: Session,
    schema: str,
    found: Found,
    wanted: Iterable[str],
    present: Iterable[str],
    *,
    of_frames: bool,
) -> None:
    """Raise WarehouseError unless the table is ours and of the wanted kind (collections, frames).

    `wanted` are the columns that it is to have, `present` those that it has.
    """
    if found.kind != "table":
        raise _not_ours(schema, found)
    by_frames, by_batches = has_loads(session, schema, found.name)
    if by_batches if of_frames else by_frames and not by_batches:
        other = "a table of the source" if of_frames else "the table of an asset of yours"
        raise WarehouseError(
            f"{schema}.{found.name} is {other}, and both would write to it: give the asset "
            "another name, or choose another schema."
        )
    # The load log may still have lines of a table of ours that was dropped and then made by others.
    if by_frames if of_frames else set(present) >= _OURS:
        return
    extra = {fold(name) for name in present} - {fold(name) for name in wanted}
    table = qualified(session.dialect.database, schema, found.name)
    if extra or session.ask(f"SELECT 1 FROM {table} LIMIT 1"):
        raise _not_ours(schema, found)


def has_loads(session: Session, schema: str, name: str) -> tuple[bool, bool]:
    """Return whether the load log has loads of frames into a table, and loads of batches."""
    log = qualified(session.dialect.database, schema, "_loads")
    query = (
        f"SELECT DISTINCT starts_with(batch_id, '{FRAMES}') FROM {log} "
        f"WHERE {session.dialect.same_name('collection', '$1')}"
    )
    kinds = {row[0] for row in session.ask(query, [name])}
    return True in kinds, False in kinds


def _not_ours(schema: str, found: Found) -> WarehouseError:
    role = " as the load log" if fold(found.name) in LOAD_LOG else ""
    return WarehouseError(
        f"{schema}.{found.name} is a {found.kind} that this project did not make{role}, and it is "
        "left alone: choose another schema for the source or the asset."
    )
