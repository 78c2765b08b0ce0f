"""One step for many views: it writes those whose definition has changed, and reports each.

Which views there are, and what the UI says of them, is for the modules that build such steps. Each
step opens the warehouse once or twice, however many views it has.
https://docs.dagster.io/guides/build/assets/defining-assets#multi-asset
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import placement
from zendesk_assets.orchestration.data_versions import UNCOMPARED
from zendesk_assets.orchestration.describe_analysis import figures_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.figures_due import (
    DEFINITION,
    LOADED_UNTIL,
    MEASURED_AT,
    Moment,
    follows_loads,
    kept_figures,
)
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source
from zendesk_assets.settings.state_folder import answers_file
from zendesk_assets.warehouse import Figures, ViewState, Warehouse, measure_views, put_views


@dataclass(frozen=True)
class ViewStep:
    """A step of a source: its key, its views by their assets' keys, and the pool they wait for.

    With `partly`, a view is made when any table of the schema is there. What is `measured` has
    figures to plot, so that it is reported even where it had to be left as it was.
    """

    key: str
    source: Source
    views: Mapping[dg.AssetKey, AnalysisView]
    pool: str | None
    partly: bool = False
    measured: bool = False


def build_view_step(step: ViewStep, specs: Sequence[dg.AssetSpec]) -> dg.AssetsDefinition:
    """Return the assets of a step; `specs` are those of its views."""
    manager = placement.io_manager(step.source)

    @dg.multi_asset(
        name=step.key,
        specs=[each.with_io_manager_key(manager) for each in specs],
        can_subset=True,
        pool=step.pool,
        required_resource_keys={manager},
    )
    def refresh(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        wanted = {key: step.views[key] for key in step.views if key in context.selected_asset_keys}
        views, schema = [each.as_view() for each in wanted.values()], step.source.schema_name
        with as_failure():
            states = put_views(warehouse, schema, views, partly=step.partly)
            figures = _figures(context, warehouse, step, wanted, states) if step.measured else {}
            for key, view in wanted.items():
                found = figures.get(view.name, {})
                if result := _report(context, step, key, states[view.name], found):
                    yield result
            refuse_failed([*states.values(), *figures.values()])
            _say_written(context, states.values())

    return refresh


def _figures(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    step: ViewStep,
    wanted: Mapping[dg.AssetKey, AnalysisView],
    states: Mapping[str, ViewState | WarehouseError],
) -> dict[str, Figures | WarehouseError]:
    """Return the figures of the views by their names: measured, or kept where they are not due."""
    tables = {name for view in step.views.values() for name in view.reads}
    moment = Moment.seen(warehouse, step.source, tables)
    stamps = {name: each.stamp for name, each in states.items() if isinstance(each, ViewState)}
    kept: dict[str, Figures] = {}
    if follows_loads(context.run):
        found = kept_figures(context.instance, step.source, wanted, stamps, moment)
        kept = {wanted[key].name: each for key, each in found.items()}
    missing = [view for view in wanted.values() if view.name not in kept]
    return kept | _measure(warehouse, step.source.schema_name, missing, stamps, moment)


def _measure(
    warehouse: Warehouse,
    schema: str,
    views: Sequence[AnalysisView],
    stamps: Mapping[str, str],
    moment: Moment,
) -> dict[str, Figures | WarehouseError]:
    """Return the figures of the views, with what says when and of what they were measured."""
    if not views:
        return {}
    file = answers_file(warehouse.name, schema, "views")
    found = measure_views(warehouse, schema, [each.as_view() for each in views], file)
    at = {MEASURED_AT: moment.now}
    at |= {LOADED_UNTIL: moment.loaded_until} if moment.loaded_until else {}
    return {
        name: each
        if isinstance(each, WarehouseError)
        else {**each, **at, DEFINITION: stamps.get(name)}
        for name, each in found.items()
    }


def _report(
    context: dg.AssetExecutionContext,
    step: ViewStep,
    key: dg.AssetKey,
    state: ViewState | WarehouseError,
    figures: Figures | WarehouseError,
) -> dg.MaterializeResult[Any] | None:
    """Return the materialization of a view, if it is as it is declared."""
    view = step.views[key]
    for each in (state, figures):
        if isinstance(each, WarehouseError):
            context.log.error("%s: %s", view.name, each)
            return None
    assert isinstance(state, ViewState)
    assert not isinstance(figures, WarehouseError)
    if not state.fields:
        missing = " and ".join(state.missing)
        context.log.info("%s is created once there is a table %s", view.name, missing)
        return None
    if state.remark:
        context.log.warning(state.remark)
    if state.remark and not step.measured:
        return None
    metadata = figures_metadata(step.source, view, state, figures)
    return dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=UNCOMPARED)


def refuse_failed(found: Iterable[object]) -> None:
    """Raise WarehouseError if a view failed; the others are there by now."""
    errors = [each for each in found if isinstance(each, WarehouseError)]
    if errors:
        raise WarehouseError(" ".join(dict.fromkeys(map(str, errors))))


def _say_written(
    context: dg.AssetExecutionContext, found: Iterable[ViewState | WarehouseError]
) -> None:
    """Log how many views there are, and how many of them were written."""
    states = [state for state in found if isinstance(state, ViewState)]
    changed = sum(state.changed for state in states)
    waiting = sum(not state.fields for state in states)
    rest = f", {waiting} not yet possible" if waiting else ""
    written = f"{changed} written" if changed else "up to date"
    context.log.info("%s, %s%s", counted(len(states), "view"), written, rest)
