"""Erase a person from the histories of a schema: every state, as `erasure` does with rows."""
# ruff: noqa: S608  # names are quoted by `name_table`

from collections.abc import Iterable

from zendesk_assets.erasing import Person
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.erasure import Traces, changed_rows, write_row
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.tables import history_of, name_history
from zendesk_assets.warehouse.warehouse import Warehouse


def with_histories(
    warehouse: Warehouse, schema: str, collections: Iterable[Collection]
) -> list[Collection]:
    """Return those of the collections of which the schema has a history."""
    with warehouse.reading() as session:
        present = table_names(session, schema) if session else set()
    return [each for each in collections if name_history(each.name) in present]


def find_in_history(
    session: Session, schema: str, collection: Collection, person: Person
) -> Traces:
    """Return what the history of a collection has of a person; nothing if it has none.

    A state that changes loses its digest: the next one that is received is another state.
    """
    history = history_of(collection)
    if history.name not in table_names(session, schema):
        return Traces()
    table = name_table(session, schema, history.name)
    ((total,),) = session.ask(f"SELECT count(*) FROM {table}")
    found = changed_rows(session, collection, person, table, history.key)
    return Traces(total, tuple((place, {**row, "_digest": None}) for place, row in found))


def erase_history(
    warehouse: Warehouse, schema: str, collection: Collection, person: Person
) -> Traces:
    """Erase a person from the history of a collection, and return what it had of them."""
    history, now = history_of(collection), warehouse.clock.now()
    with warehouse.changing(schema, history.name) as session:
        if session is None:
            return Traces()
        found = find_in_history(session, schema, collection, person)
        table, key = name_table(session, schema, history.name), list(map(ident, history.key))
        for place, changes in found.rows:
            write_row(session, table, key, place, {**changes, "loaded_at": now})
        return found
