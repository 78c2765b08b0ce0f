"""Whether a history can go on as it is, which its description says; `history` fills it."""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.our_histories import check_history, is_our_history
from zendesk_assets.warehouse.relations import look_at, name_table, table_names
from zendesk_assets.warehouse.tables import history_of, name_history
from zendesk_assets.warehouse.transaction import ensure_table

if TYPE_CHECKING:
    from zendesk_assets.warehouse.warehouse import Warehouse


class Progress(enum.Enum):
    """Whether a history can go on as it is."""

    UP_TO_DATE = "up to date"
    REFILLING = "being filled again"
    OUTDATED = "kept with other columns"


def find_progress(warehouse: Warehouse, schema: str, collection: Collection) -> Progress:
    """Return whether the history was kept with the columns that the collection has now.

    Raises ForeignHistoryError if what has its name is not ours.
    """
    with warehouse.reading() as session:
        if session is None:
            return Progress.UP_TO_DATE
        check_history(session, schema, collection)
        if not is_our_history(session, schema, collection):
            return Progress.UP_TO_DATE
        present = look_at(session, schema, name_history(collection.name))
    said = present.comments.get("")
    if said == history_of(collection).description:
        return Progress.UP_TO_DATE
    is_refilling = said == history_of(collection, is_refilling=True).description
    return Progress.REFILLING if is_refilling else Progress.OUTDATED


def begin_anew(session: Session, schema: str, collection: Collection) -> None:
    """Forget that the batches that are loaded `again` (a staged table) were loaded.

    Iceberg may commit that before anything else. So the history first says that it is outdated: if
    this is all that happens, it is filled anew the next time.
    """
    outdated = history_of(collection, is_outdated=True)
    if outdated.name in table_names(session, schema):
        ensure_table(session, schema, outdated)
    loads = name_table(session, schema, "_loads")
    session.change(
        f"DELETE FROM {loads} WHERE collection = $1 AND batch_id IN (SELECT batch FROM again)",
        [outdated.name],
    )
