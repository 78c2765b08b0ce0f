"""Views of which only the account knows how many there are, such as one for each custom object.

Which there should be, the tables tell (`ViewFamily.find`); how one is created or replaced is in
`views`. One that should not be there any more is dropped, unless other views read it. Only views
that this project has made, and whose names begin as the family's do, are ever dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.putting_views import put_views
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.views import (
    Surroundings,
    View,
    ViewState,
    find_dependents,
    find_made,
)

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class ViewFamily:
    """Views whose names begin with `prefix`; `find` returns those that there should be.

    None is created or dropped before all the tables that the family `reads` are there.
    """

    prefix: str
    reads: tuple[Collection, ...]
    find: Callable[[Surroundings], tuple[View, ...]]


@dataclass(frozen=True)
class FamilyState:
    """What has become of the views of a family, by their names; `missing` are tables.

    `kept` has a sentence for each view that should be dropped and could not be.
    """

    views: Mapping[str, ViewState | WarehouseError] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def put_family(warehouse: Warehouse, schema: str, family: ViewFamily) -> FamilyState:
    """Create, replace or drop views, so that those are there that the tables ask for.

    The warehouse is only opened to write if something has changed. An error is that of one view
    alone.
    """
    with warehouse.reading() as session:
        tables = table_names(session, schema) if session else set()
        missing = tuple(each.name for each in family.reads if each.name not in tables)
        if session is None or missing:
            return FamilyState(missing=missing)
        views = _find(session, schema, family, tables)
        extra = _extra(session, schema, family, views)
    kept = {name: _drop(warehouse, schema, family, name) for name in extra}
    dropped = tuple(name for name, reason in kept.items() if not reason)
    kept = {name: reason for name, reason in kept.items() if reason}
    return FamilyState(put_views(warehouse, schema, views), dropped, kept)


def _find(
    session: Session, schema: str, family: ViewFamily, tables: Iterable[str]
) -> tuple[View, ...]:
    around = Surroundings(schema, frozenset(tables), family.reads, session.dialect, session.ask)
    return family.find(around)


def _extra(session: Session, schema: str, family: ViewFamily, views: Iterable[View]) -> list[str]:
    """Return the names of the family's views that should not be there any more."""
    wanted = {view.name for view in views}
    return [name for name in find_made(session, schema, family.prefix) if name not in wanted]


def _drop(warehouse: Warehouse, schema: str, family: ViewFamily, name: str) -> str:
    """Drop a view; return the reason if that is impossible."""
    try:
        with warehouse.changing(schema, name) as session:
            # Asked again: it may be another program's by now, or gone.
            if session is None or name not in find_made(session, schema, family.prefix):
                return ""
            if others := find_dependents(session, schema, name):
                return (
                    f"{schema}.{name} should be dropped and is left as it was, because "
                    f"{', '.join(others)} depends on it: drop that, and sync."
                )
            session.change(f"DROP VIEW {name_table(session, schema, name)}")
    except WarehouseError as error:
        return str(error)
    return ""
