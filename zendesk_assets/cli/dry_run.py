"""Which runs a sync has for each source, and what `sync --dry-run` says of them.

Zendesk is only asked for counts, and nothing is written: no run, no batch, no row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.cli.estimate_report import cost_table
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.opening import check_collections, chosen_sources
from zendesk_assets.cli.plan import plan_sync
from zendesk_assets.cli.planned_run import PlannedRun
from zendesk_assets.cli.probe import printer
from zendesk_assets.cli.project import Project
from zendesk_assets.cli.resting import Resting, find_resting
from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.estimate import Ahead, Estimate, in_words, together
from zendesk_assets.orchestration.replays import count_records
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Stream, Window, months_in
from zendesk_assets.zendesk import Limits


@dataclass(frozen=True)
class PlannedSync:
    """The runs of a source, what it leaves out because it is not due, and its limits."""

    source: Source
    runs: list[PlannedRun]
    resting: Resting
    limits: Limits


def is_usual(collections: Sequence[str], scope: SyncScope, span: Span, *, refetch: bool) -> bool:
    """Return whether a sync brings everything up to date, as the schedules do."""
    return scope is SyncScope.BOTH and span == Span() and not (collections or refetch)


def plan_all(
    project: Project,
    names: list[str] | None,
    collections: list[str],
    scope: SyncScope,
    span: Span,
    *,
    refetch: bool,
    switches: tuple[str, ...],
    report: bool = False,
) -> list[PlannedSync]:
    """Return the runs of each source.

    Raises:
        ZendeskAssetsError: if there is nothing to sync, or the options contradict each other.
    """
    check_collections(collections)
    sources, now = chosen_sources(project.sources, names), SystemClock().now()
    if not sources:
        raise ZendeskAssetsError("The sources file has no sources: add one under `sources:`.")
    usual, planned = is_usual(collections, scope, span, refetch=refetch), []
    for each in sources:
        account = Account(project.sources, each)
        resting = find_resting(account, project.instance, now) if usual else Resting()
        runs = plan_sync(
            each, collections, scope, span, project.instance,
            switches=switches, covered=account.hub.coverage, refused=account.hub.refusals.of,
            records=partial(count_records, account.hub), resting=resting.collections,
            report=report or refetch,
        )  # fmt: skip
        planned.append(PlannedSync(each, runs, resting, account.limits))
    if not any(each.runs for each in planned):
        raise ZendeskAssetsError(
            f"No source syncs {', '.join(collections)}: add it to `collections` in sources.yaml."
        )
    return planned


def say_ahead(sources: Sources, planned: Sequence[PlannedSync], *, refetch: bool) -> None:
    """Print requests and minutes of each run, and of each stream. Raises ZendeskAssetsError."""
    console = console_for_tables()
    for each in planned:
        for line in _of_source(console, sources, each, refetch=refetch):
            for part in wrapped("", line, console.width):
                console.print(part)
    console.print("Nothing was fetched or loaded.")


def _of_source(
    console: Console, sources: Sources, sync: PlannedSync, *, refetch: bool
) -> list[str]:
    """Print the table of a source, and return the sentences after it."""
    account, source = Account(sources, sync.source), sync.source
    fetching = [run for run in sync.runs if run.hub_assets]
    console.print(f"[bold]{source.schema_name}[/bold] ({source.nickname}), {source.url}")
    if not fetching:
        return [f"{counted(len(sync.runs), 'run')}, without a request to Zendesk."]
    with account.client(printer(Console(stderr=True))) as client:
        ahead = Ahead(
            client, account.hub, account.limits, SystemClock().now(), source.settle,
            source.history_start, refetch,
        )  # fmt: skip
        costs = [ahead.estimate(_streams(run), run.window) for run in fetching]
        asked = client.cost.requests
    streams = list(dict.fromkeys(name for run in fetching for name in run.stream_names))
    every = together(costs, [declared().streams[name] for name in streams], account.limits)
    console.print(cost_table(every, console.width))
    lines = [_of_run(run, cost) for run, cost in zip(fetching, costs, strict=True)]
    if sync.resting.collections:
        lines.append(sync.resting.sentence(source.schema_name))
    more = [*lines, *(f"! {note}" for note in ahead.notes)]
    return [*more, f"Counted with {counted(asked, 'request')}."] if asked else more


def _streams(run: PlannedRun) -> list[Stream]:
    return [declared().streams[name] for name in run.stream_names]


def _of_run(run: PlannedRun, cost: Estimate) -> str:
    """Return what a run will cost in a line, as `2026-09 to 2026-11: 14 requests, 1 min`."""
    more = " or more" if any(each.records is None for each in cost.costs) else ""
    what = f"{counted(cost.requests, 'request')}{more}, {in_words(cost.minutes)}"
    return f"{_name(run.window, run)}: {what}."


def _name(window: Window | None, run: PlannedRun) -> str:
    if window is None:
        return f"Run of {counted(len(run.hub_assets), 'list')}"
    first, *_, last = months_in(window) * 2
    return f"Run of {first}" if first == last else f"Run of {first} to {last}"
