"""`zendesk-assets sync`: one sync now, through the same assets and instance as Dagster's.

Plans runs (`plan`), executes them in this process, shows their events (`progress`).
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

import dagster as dg
import typer

from zendesk_assets.account import Account
from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.opening import check_collections, chosen_sources
from zendesk_assets.cli.options import Chosen, ChosenCollections, to_day
from zendesk_assets.cli.output import unbroken_output
from zendesk_assets.cli.plan import Layer, PlannedRun, Span, days_left_out, plan_sync, to_span
from zendesk_assets.cli.progress import SyncDisplay
from zendesk_assets.cli.project import (
    Project,
    open_project,
)
from zendesk_assets.cli.sync_figures import SourceFigures
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.dead_runs import fail_dead_runs
from zendesk_assets.orchestration.own_runs import own_run
from zendesk_assets.orchestration.run_launcher import Worker
from zendesk_assets.sources import Source
from zendesk_assets.spec import Window

__all__ = ["run_sync", "sync"]

_NOT_SHOWN: Final = (
    "What went on could not be shown ({}); the sync went on. This is a fault of zendesk-assets: "
    "please report it."
)


def sync(
    *,
    source: Chosen = None,
    collection: ChosenCollections = None,
    first_day: Annotated[
        date | None,
        typer.Option(
            "--from", parser=to_day, metavar="YYYY-MM-DD", help="First day of a backfill."
        ),
    ] = None,
    end_day: Annotated[
        date | None,
        typer.Option(
            "--to",
            parser=to_day,
            metavar="YYYY-MM-DD",
            help="The day after its last; today if left out.",
        ),
    ] = None,
    hub_only: Annotated[bool, typer.Option("--hub-only", help="Zendesk → hub.")] = False,
    warehouse_only: Annotated[
        bool, typer.Option("--warehouse-only", help="Hub → warehouse.")
    ] = False,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="Ask Zendesk again for what the hub has already.")
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Load again what is loaded; with --warehouse-only.")
    ] = False,
    accept_deletions: Annotated[
        bool,
        typer.Option(
            "--accept-deletions",
            help="Mark rows as deleted even if a list no longer shows most of them; with "
            "--warehouse-only.",
        ),
    ] = False,
) -> None:
    """Sync now: what is new, or the days --from … --to.

    Only tickets and ticket events have days. On a terminal each asset has a line that shows how far
    it is; elsewhere each says a sentence now and then. What has landed stays, whatever happens.

    Example: zendesk-assets sync --from 2019-01-01 --to 2020-01-01

    Exits with 0 only if everything that was asked for is up to date, else with 1; with 130, 143 or
    129 when Ctrl-C, SIGTERM or SIGHUP has ended it. Whether it could be shown changes nothing.
    """
    if hub_only and warehouse_only:
        raise typer.BadParameter("give --hub-only or --warehouse-only, not both")
    switched = {"replay": replay, "accept_deletions": accept_deletions}
    switches = tuple(name for name, is_on in switched.items() if is_on)
    if switches and not warehouse_only:
        option = f"--{switches[0].replace('_', '-')}"
        raise typer.BadParameter(f"{option} asks Zendesk for nothing: give --warehouse-only too")
    layer = Layer.HUB if hub_only else Layer.WAREHOUSE if warehouse_only else Layer.BOTH
    span = to_span(first_day, end_day)
    with open_project() as project:
        if not run_sync(
            project, source, collection or [], layer, span, refetch=refetch, switches=switches
        ):
            raise typer.Exit(1)


def run_sync(
    project: Project,
    source_names: list[str] | None,
    collections: list[str],
    layer: Layer = Layer.BOTH,
    span: Span | None = None,
    *,
    refetch: bool = False,
    switches: tuple[str, ...] = (),
    aside: bool = False,
) -> bool:
    """Execute a sync and show it; return whether all went well. Raises ZendeskAssetsError.

    `aside` shows it on standard error: standard output is for a machine.
    """
    check_collections(collections)
    sources = chosen_sources(project.sources, source_names)
    if not sources:
        raise ZendeskAssetsError("The sources file has no source: add one under `sources:`.")
    fail_dead_runs(project.instance)
    span = span or Span()
    plans = [
        plan_sync(
            each,
            collections,
            layer,
            span,
            project.instance,
            switches=switches,
            covered=partial(_covered, project, each),
        )
        for each in sources
    ]
    now = SystemClock().now()
    figures = [
        SourceFigures(source, runs, project.sources.limits_of(source), now)
        for source, runs in zip(sources, plans, strict=True)
    ]
    with unbroken_output("The sync went on; its exit code says how it ended."):
        display = SyncDisplay(figures, Console(stderr=aside))
        with display, project.watcher.to(display):
            for its_figures, runs in zip(figures, plans, strict=True):
                _say_what_is_left_out(its_figures.source, span, display)
                _execute_all(project, its_figures, runs, display, refetch=refetch)
            display.summary()
        if display.trouble:
            sys.stderr.write(f"{_NOT_SHOWN.format(display.trouble)}\n")
    return display.outcome.is_well


def _covered(project: Project, source: Source, stream: str) -> list[Window]:
    """Return the windows of a stream's batches in the hub."""
    return [each.window for each in Account(project.sources, source).hub.batches(stream)]


def _execute_all(
    project: Project,
    figures: SourceFigures,
    runs: Sequence[PlannedRun],
    display: SyncDisplay,
    *,
    refetch: bool,
) -> None:
    """Execute the runs of a source. Raises KeyboardInterrupt once a signal has come."""
    outcome = display.outcome
    for run in runs:
        display.begin_run(figures, run.assets)
        # With credentials that are refused the rest would be, after waiting for its turn; behind
        # somebody who does not let go it would wait as long again.
        is_vain = outcome.is_refused or outcome.is_held
        ran = None if is_vain else _execute(project, run, display, refetch=refetch)
        outcome.end_run(ran)
        display.end_run(figures)
        if current().number:  # Dagster has kept it to itself
            raise KeyboardInterrupt
    outcome.is_refused = False  # another account may let us in


def _say_what_is_left_out(source: Source, span: Span, display: SyncDisplay) -> None:
    if days_left_out(source, span):
        display.note(
            f"The days before {source.history_start} are left out: {source.schema_name} "
            "begins there; set history_start earlier to have them."
        )


def _execute(
    project: Project, run: PlannedRun, display: SyncDisplay, *, refetch: bool
) -> dg.DagsterRun | None:
    """Execute one run in this process and return it; its events go to the display."""
    instance, run_id = project.instance, str(uuid.uuid4())
    job, worker = _job(project, run), Worker.seen(os.getpid())
    instance.add_event_listener(run_id, display.take_in)
    with own_run(instance, run_id, display.note) as ours:
        current().last_act = ours.cancel
        job.execute_in_process(
            run_id=run_id,
            instance=instance,
            # Who works on it: if we are killed, `dagster dev` and the next sync find it dead.
            tags={**run.tags, **(worker.tag if worker else {})},
            raise_on_error=False,
            run_config=_run_config(run, refetch=refetch),
        )
    return instance.get_run_by_id(run_id)


def _job(project: Project, run: PlannedRun) -> dg.JobDefinition:
    """Return a job of the run's assets and their checks, without the comparison with Zendesk.

    Dagster adds every check of an asset to a run that names no checks. The comparison would do
    nothing in it, and count as failed on all tables as soon as one of them fails.
    """
    job = project.definitions.resolve_job_def(keys.sync_job_name(run.source.schema_name))
    assets = set(run.assets)
    checks = job.asset_layer.asset_graph.asset_check_keys
    return job.get_subset(
        asset_selection=assets,
        asset_check_selection={key for key in checks if key.asset_key in assets},
    )


def _run_config(run: PlannedRun, *, refetch: bool) -> dict[str, Any]:
    hub = run.hub_assets if refetch else ()
    return {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {
            **{key.to_python_identifier(): {"config": {"refetch": True}} for key in hub},
            **run.config.get("ops", {}),
        },
    }
