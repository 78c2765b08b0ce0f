"""Which `<table>_history` is ours: what else has that name is neither read nor changed.

Others keep snapshots under such names, often with every column of the table beside theirs. Ours has
columns that no snapshot has, and a comment that ends with the fingerprint of its columns; where a
copy of the database has lost its comments, the load log knows it.
"""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from zendesk_assets.errors import ForeignHistoryError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.ownership import find_relation, has_loads
from zendesk_assets.warehouse.relations import look_at, name_table, table_names
from zendesk_assets.warehouse.tables import HISTORY_COLUMNS, REFILLING, history_of

if TYPE_CHECKING:
    from zendesk_assets.warehouse.warehouse import Warehouse

_STAMPED: Final = re.compile(rf"\[columns [0-9a-f]{{12}}(?:{REFILLING})?\]$")


def is_our_history(session: Session, schema: str, collection: Collection) -> bool:
    """Return whether the schema has a history of the collection that this project made."""
    found = find_relation(session, schema, history_of(collection).name)
    if found is None or found.kind != "table":
        return False
    present = look_at(session, schema, found.name)
    if not {fold(name) for name in present.types} >= HISTORY_COLUMNS:
        return False
    return bool(_STAMPED.search(present.comments.get("") or "")) or (
        "_loads" in table_names(session, schema) and has_loads(session, schema, found.name)[1]
    )


def check_history(session: Session, schema: str, collection: Collection) -> None:
    """Raise ForeignHistoryError if what has the name of the history is not ours.

    An empty table that has no column but ours is taken over.
    """
    history = history_of(collection)
    found = find_relation(session, schema, history.name)
    if found is None or is_our_history(session, schema, collection):
        return
    present = look_at(session, schema, found.name).types
    others = {fold(name) for name in present} - set(history.columns)
    if found.kind == "table" and not others:
        table = name_table(session, schema, found.name)
        if not session.ask(f"SELECT 1 FROM {table} LIMIT 1"):
            return
    raise ForeignHistoryError(
        f"{schema}.{found.name} is a {found.kind} that this project did not make, and it is left "
        f"alone: {collection.name} has no history. Leave {collection.name} out of `history` in "
        f"sources.yaml, or rename {schema}.{found.name}."
    )


def with_histories(
    warehouse: Warehouse, schema: str, collections: Iterable[Collection]
) -> list[Collection]:
    """Return those of the collections of which the schema has a history of ours."""
    with warehouse.reading() as session:
        if session is None:
            return []
        return [each for each in collections if is_our_history(session, schema, each)]


def without_room(
    warehouse: Warehouse, schema: str, collections: Iterable[Collection]
) -> frozenset[str]:
    """Return the names of the collections whose history cannot be, for its name is another's."""
    found, wanted = set[str](), list(collections)
    if not wanted:
        return frozenset()
    with warehouse.reading() as session:
        if session is None:
            return frozenset()
        for each in wanted:
            try:
                check_history(session, schema, each)
            except ForeignHistoryError:
                found.add(each.name)
    return frozenset(found)
