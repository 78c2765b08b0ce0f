"""The figures of views, such as their numbers of rows. What reports ask is in `view_queries`."""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.kept_answers import KeptAnswers, keeping_answers
from zendesk_assets.warehouse.relations import name_table, view_names
from zendesk_assets.warehouse.views import View

if TYPE_CHECKING:
    from pathlib import Path

    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.warehouse import Warehouse

Figures = Mapping[str, Any]


def measure_views(
    warehouse: Warehouse, schema: str, views: Iterable[View], file: Path | None = None
) -> dict[str, Figures | WarehouseError]:
    """Return the figures of each view that is there, and its number of `rows`.

    An error is that of one view alone. What the `file` has kept of the last time is not measured
    again if neither the view nor its tables have changed.
    """
    found: dict[str, Figures | WarehouseError] = {}
    with keeping_answers(file) as kept, warehouse.reading() as session:
        for view in views if session else ():
            if session and view.name in view_names(session, schema + view.ending):
                try:
                    found[view.name] = _measure(session, schema, view, kept)
                except WarehouseError as error:
                    found[view.name] = error
    return found


def _measure(session: Session, schema: str, view: View, kept: KeptAnswers) -> Figures:
    figures = {"rows": "count(*)", **view.figures}
    name = name_table(session, schema + view.ending, view.name)
    query = f"SELECT {', '.join(figures.values())} FROM {{view}}"
    (row,) = kept.ask(session, kept.state_of(session, schema, view), query, name)
    return dict(zip(figures, row, strict=True))
