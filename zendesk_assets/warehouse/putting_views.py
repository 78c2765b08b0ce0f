"""How the views of a schema are kept up to date together, whatever they are declared as.

What becomes of one of them is `views`' to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.relations import table_names
from zendesk_assets.warehouse.views import View, ViewState, bring_up_to_date

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.warehouse import Warehouse


def put_views(
    warehouse: Warehouse, schema: str, views: Iterable[View], *, partly: bool = False
) -> dict[str, ViewState | WarehouseError]:
    """Create or replace the views whose definition has changed; return what became of each.

    A view is made when all of its tables are there, or, with `partly`, when any table of the schema
    is. The warehouse is opened once, and once more to write what has changed. An error is that of
    one view alone. Where the engine has no views, each has a remark that says so.
    """
    named = {view.name: view for view in views}
    if not named:
        return {}
    with warehouse.reading() as session:
        if session is not None and not session.dialect.has_views:
            return dict.fromkeys(
                named, ViewState(remark=f"There are no views in {warehouse.name}.")
            )
        found = {name: _attempt(session, schema, named[name], partly=partly) for name in named}
    changed = [named[name] for name, state in found.items() if state is None]
    if changed:
        found |= _write(warehouse, schema, changed)
    return {name: state for name, state in found.items() if state is not None}


def _attempt(
    session: Session | None, schema: str, view: View, *, partly: bool
) -> ViewState | WarehouseError | None:
    """Return the state of a view, or None if it is to be written."""
    tables = table_names(session, schema) if session else set()
    missing = tuple(each.name for each in view.reads if each.name not in tables)
    if session is None or (missing and not partly):
        return ViewState(missing=missing or tuple(each.name for each in view.reads))
    try:
        return bring_up_to_date(session, schema, view, writes=False)
    except WarehouseError as error:
        return error


def _write(
    warehouse: Warehouse, schema: str, views: Sequence[View]
) -> dict[str, ViewState | WarehouseError | None]:
    """Write the views in one transaction, or, if one of them fails, each in its own."""
    try:
        with warehouse.changing(schema, "views") as session:
            return {
                view.name: bring_up_to_date(session, schema, view, writes=True)
                for view in views
                if session
            }
    except WarehouseError as error:
        if len(views) == 1:
            return {views[0].name: error}
    found: dict[str, ViewState | WarehouseError | None] = {}
    for view in views:
        found |= _write(warehouse, schema, [view])
    return found
