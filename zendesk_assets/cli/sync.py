"""`zendesk-assets sync`: one sync now, through the same assets and instance as Dagster.

It plans runs (`plan`), executes them in this process, and shows their events (`progress`).
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Final

import dagster as dg
import typer

from zendesk_assets.account import Account
from zendesk_assets.cli.areas import areas_begun, personal_sentence
from zendesk_assets.cli.dry_run import is_usual, plan_all, say_ahead
from zendesk_assets.cli.first_comparison import compare_first
from zendesk_assets.cli.loading_ahead import LoadingAhead
from zendesk_assets.cli.options import Chosen, ChosenCollections, EndDay, FirstDay
from zendesk_assets.cli.output import unbroken_output
from zendesk_assets.cli.planned_run import PlannedRun
from zendesk_assets.cli.progress import SyncDisplay
from zendesk_assets.cli.project import Project, open_project
from zendesk_assets.cli.publishing import publish_copy
from zendesk_assets.cli.replaying import launch_replays
from zendesk_assets.cli.resting import Resting
from zendesk_assets.cli.run_here import run_here
from zendesk_assets.cli.span import Span, SyncScope, to_span
from zendesk_assets.cli.sync_figures import SourceFigures
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import HubError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.dagster_internals.dead_runs import fail_dead_runs
from zendesk_assets.settings.sources import Source

_NOT_SHOWN: Final = (
    "The progress could not be shown ({}), but the sync continued. This is a bug in "
    "zendesk-assets: please report it."
)


def sync(
    *,
    source: Chosen = None,
    collection: ChosenCollections = None,
    first_day: FirstDay = None,
    end_day: EndDay = None,
    hub_only: Annotated[bool, typer.Option("--hub-only", help="Zendesk → hub.")] = False,
    warehouse_only: Annotated[
        bool, typer.Option("--warehouse-only", help="Hub → warehouse.")
    ] = False,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Fetch again what the hub already has.")
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Reload what is loaded; with --warehouse-only.")
    ] = False,
    launch: Annotated[
        bool,
        typer.Option(
            "--launch",
            help="Have Dagster's daemon start the replay, a run for each large table; with "
            "--replay.",
        ),
    ] = False,
    accept_deletions: Annotated[
        bool,
        typer.Option(
            "--accept-deletions",
            help="Mark rows as deleted even if a list no longer shows most of them; with "
            "--warehouse-only.",
        ),
    ] = False,
    report: Annotated[
        bool,
        typer.Option("--report", help="Write the report and measure the views, due or not."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say which runs, requests and minutes it would take."),
    ] = False,
) -> None:
    """Sync now: new data, or the days --from … --to.

    Only tickets and ticket events have days. On a terminal, a line for each asset shows its
    progress; elsewhere, sentences do. What has landed stays, whatever happens. Lists of
    configuration are read once an hour or once a day; --refetch reads them now. The report is
    written once a day; --report writes it now. --dry-run asks Zendesk for counts only.

    Example: zendesk-assets sync --from 2019-01-01 --to 2020-01-01

    Exits with 0 only if everything requested is up to date, otherwise with 1; with 130, 143 or 129
    after Ctrl-C, SIGTERM or SIGHUP. Failures to show its progress do not matter.
    """
    if report and (hub_only or launch):
        option = "--hub-only" if hub_only else "--launch"
        raise typer.BadParameter(f"--report needs tables that are loaded: omit {option}")
    if hub_only and warehouse_only:
        raise typer.BadParameter("give --hub-only or --warehouse-only, not both")
    switched = {"replay": replay, "accept_deletions": accept_deletions}
    switches = tuple(name for name, is_on in switched.items() if is_on)
    if switches and not warehouse_only:
        option = f"--{switches[0].replace('_', '-')}"
        raise typer.BadParameter(f"{option} only works with --warehouse-only: add it")
    scope = SyncScope.HUB if hub_only else SyncScope.WAREHOUSE if warehouse_only else SyncScope.BOTH
    span, chosen = to_span(first_day, end_day), collection or []
    if launch and (switches != ("replay",) or span != Span()):
        raise typer.BadParameter(
            "--launch only works with --replay, of everything: add it, and omit --from, --to and "
            "--accept-deletions"
        )
    with open_project() as project:
        if dry_run:
            planned = plan_all(project, source, chosen, scope, span, refetch=refetch,
                               switches=switches, report=report)  # fmt: skip
            say_ahead(project.sources, planned, refetch=refetch)
        elif launch:
            launch_replays(project, source, chosen)
        elif not run_sync(
            project, source, chosen, scope, span, refetch=refetch, switches=switches, report=report
        ):
            raise typer.Exit(1)


def run_sync(
    project: Project,
    source_names: list[str] | None,
    collections: list[str],
    scope: SyncScope = SyncScope.BOTH,
    span: Span | None = None,
    *,
    refetch: bool = False,
    switches: tuple[str, ...] = (),
    report: bool = False,
    aside: bool = False,
    compares: bool = True,
) -> bool:
    """Execute a sync and show its progress; return whether all went well.

    A `report` is written even if it is not due. `aside` shows the progress on standard error,
    because standard output is for a program. A usual sync that went well also `compares` the tables
    that it has loaded for the first time.

    Raises:
        ZendeskAssetsError: if there is nothing to sync, or the options contradict each other.
        KeyboardInterrupt: if a signal ends it.
    """
    fail_dead_runs(project.instance)
    span, now = span or Span(), SystemClock().now()
    planned = [
        (SourceFigures(each.source, each.runs, each.limits, now), each.resting, each.runs)
        for each in plan_all(
            project,
            source_names,
            collections,
            scope,
            span,
            refetch=refetch,
            switches=switches,
            report=report,
        )
    ]
    compares = compares and is_usual(collections, scope, span, refetch=refetch)
    return _execute_shown(project, planned, span, refetch=refetch, aside=aside, compares=compares)


def _execute_shown(
    project: Project,
    planned: Sequence[tuple[SourceFigures, Resting, list[PlannedRun]]],
    span: Span,
    *,
    refetch: bool,
    aside: bool,
    compares: bool,
) -> bool:
    """Execute the runs of each source and show their progress; return whether all went well."""
    with unbroken_output("The sync continued; its exit code says how it ended."):
        display = SyncDisplay([figures for figures, *_ in planned], Console(stderr=aside))
        with display, project.relay.to(display):
            for figures, resting, runs in planned:
                _say_what_is_left_out(figures.source, span, resting, display)
                _say_what_is_personal(project, figures, display)
                _execute_all(project, figures, runs, display, refetch=refetch)
                if compares and display.outcome.is_well:
                    compare_first(project, Account(project.sources, figures.source), display.note)
            loaded = [each.source.schema_name for each, _, runs in planned if _loads(runs)]
            publish_copy(project, loaded, display.note)
            display.summary()
        if display.trouble:
            sys.stderr.write(f"{_NOT_SHOWN.format(display.trouble)}\n")
    return display.outcome.is_well


def _loads(runs: Sequence[PlannedRun]) -> bool:
    return any({*run.assets} - {*run.hub_assets} for run in runs)


def _execute_all(
    project: Project,
    figures: SourceFigures,
    runs: Sequence[PlannedRun],
    display: SyncDisplay,
    *,
    refetch: bool,
) -> None:
    """Execute the runs of a source. Raises KeyboardInterrupt after a signal."""
    outcome = display.outcome
    for run in runs:
        display.begin_run(figures, run.steps)
        # After refused credentials, the rest would wait for its turn and be refused as well; after
        # a pool that was not released, it would wait as long again.
        is_futile = outcome.is_refused or outcome.is_held
        tags = {**run.tags, keys.SYNC_TAG: figures.asked_at.isoformat()}
        ran = None if is_futile else _execute(project, run, display, tags, refetch=refetch)
        outcome.end_run(ran)
        display.end_run(figures)
    outcome.is_refused = False  # another account may accept its credentials


def _say_what_is_left_out(
    source: Source, span: Span, resting: Resting, display: SyncDisplay
) -> None:
    if resting.collections:
        display.note(resting.sentence(source.schema_name))
    if span.start is not None and span.start < source.history_start:
        display.note(
            f"Days before {source.history_start} are left out, because {source.schema_name} "
            "begins then: set history_start to an earlier date to include them."
        )


def _say_what_is_personal(project: Project, figures: SourceFigures, display: SyncDisplay) -> None:
    """Say once which tables of an area that was switched on hold personal data."""
    hub = Account(project.sources, figures.source).hub
    with suppress(HubError):  # the sync says so
        for area in areas_begun(figures.source, hub, figures.hub):
            if sentence := personal_sentence(area):
                display.note(f"{figures.source.schema_name}: {sentence}")


def _execute(
    project: Project,
    run: PlannedRun,
    display: SyncDisplay,
    tags: Mapping[str, str],
    *,
    refetch: bool,
) -> dg.DagsterRun | None:
    """Execute one run in this process and return it; the display receives its events."""
    return run_here(
        project,
        _job(project, run),
        display.note,
        tags=tags,
        ops=run.config(refetch=refetch),
        on_event=display.on_event,
        beside=LoadingAhead(project.sources, run, project.relay),
    )


def _job(project: Project, run: PlannedRun) -> dg.JobDefinition:
    """Return a job of the run's assets and checks, without the comparison with Zendesk.

    Dagster adds every check of an asset to a run that names no checks. The comparison would do
    nothing there, and would count as failed for all tables if one of them fails.
    """
    job = project.definitions.resolve_job_def(keys.sync_job_name(run.source.schema_name))
    checked = {*run.checked, *run.hub_assets}
    checks = job.asset_layer.asset_graph.asset_check_keys
    return job.get_subset(
        asset_selection=set(run.assets),
        asset_check_selection={key for key in checks if key.asset_key in checked},
    )
