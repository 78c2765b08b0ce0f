"""One step for many views: it writes those whose definition has changed, and reports each.

Which views there are, and what the UI says of them, is for the modules that build such steps. Each
step opens the warehouse once or twice, however many views it has.
https://docs.dagster.io/guides/build/assets/defining-assets#multi-asset
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import placement
from zendesk_assets.orchestration.data_versions import UNCOMPARED
from zendesk_assets.orchestration.describe_analysis import figures_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.figures_due import follows_loads, views_due, when_due
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source
from zendesk_assets.settings.state_folder import answers_file
from zendesk_assets.warehouse import Figures, ViewState, Warehouse, measure_views, put_views


@dataclass(frozen=True)
class ViewStep:
    """A step of a source: its key, its views by their assets' keys, and the pool they wait for.

    With `partly`, a view is made when any table of the schema is there. What is `measured` has
    figures to plot, so that it is reported even where it had to be left as it was, and in a run
    that follows loads only if they are due; the `report` shows them, if there is one.
    """

    key: str
    source: Source
    views: Mapping[dg.AssetKey, AnalysisView]
    pool: str | None
    partly: bool = False
    measured: bool = False
    report: dg.AssetKey | None = None


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
            due = _due(context, step, wanted, states)
            figures = _measure(warehouse, schema, due.values()) if step.measured else {}
            for key, view in due.items():
                found = figures.get(view.name, {})
                if result := _report(context, step, key, states[view.name], found):
                    yield result
            refuse_failed([*states.values(), *figures.values()])
            waits = len(due) < len(wanted)
            _say_written(context, states.values(), _next_figures(step) if waits else "")

    return refresh


def _due(
    context: dg.AssetExecutionContext,
    step: ViewStep,
    wanted: Mapping[dg.AssetKey, AnalysisView],
    states: Mapping[str, ViewState | WarehouseError],
) -> dict[dg.AssetKey, AnalysisView]:
    """Return the views to measure and report: all but those whose figures are not due."""
    if not (step.measured and follows_loads(context.run.tags)):
        return dict(wanted)
    reads = {key: view.reads for key, view in wanted.items()}
    due = views_due(context.instance, step.source, reads, step.report, datetime.now(UTC))
    settled = {
        name for name, state in states.items() if isinstance(state, ViewState) and not state.changed
    }
    return {key: view for key, view in wanted.items() if key in due or view.name not in settled}


def _measure(
    warehouse: Warehouse, schema: str, views: Iterable[AnalysisView]
) -> dict[str, Figures | WarehouseError]:
    """Return the figures of the views; what was answered before is asked only where it changed."""
    wanted = [each.as_view() for each in views]
    file = answers_file(warehouse.name, schema, "views")
    return measure_views(warehouse, schema, wanted, file) if wanted else {}


def _next_figures(step: ViewStep) -> str:
    what = "figures and report are" if step.report else "figures are"
    return f"; {what} due {when_due(step.source, datetime.now(UTC))}"


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
    context: dg.AssetExecutionContext, found: Iterable[ViewState | WarehouseError], figures: str
) -> None:
    """Log how many views there are, how many of them were written, and when `figures` are due."""
    states = [state for state in found if isinstance(state, ViewState)]
    changed = sum(state.changed for state in states)
    waiting = sum(not state.fields for state in states)
    rest = f", {waiting} not yet possible" if waiting else ""
    written = f"{changed} written" if changed else "up to date"
    context.log.info("%s, %s%s%s", counted(len(states), "view"), written, rest, figures)
