"""Erase a person from the histories of a schema: every state, as `erasure` does with rows."""
# ruff: noqa: S608  # names are quoted by `name_table`

from zendesk_assets.erasing import Person
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.erasure import Traces, changed_rows, rewrite_rows
from zendesk_assets.warehouse.our_histories import is_our_history
from zendesk_assets.warehouse.relations import name_table
from zendesk_assets.warehouse.tables import history_of
from zendesk_assets.warehouse.warehouse import Warehouse


def find_in_history(
    session: Session, schema: str, collection: Collection, person: Person
) -> Traces:
    """Return what the history of a collection has of a person; nothing if it has none of ours.

    A state that changes loses its digest: the next one that is received is another state.
    """
    history = history_of(collection)
    if not is_our_history(session, schema, collection):
        return Traces()
    table = name_table(session, schema, history.name)
    ((total,),) = session.ask(f"SELECT count(*) FROM {table}")
    found = changed_rows(session, schema, collection, person, history)
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
        rewrite_rows(session, schema, history, found, now)
        return found
