"""A replay of everything: a job that plans it, and the sensor that starts a run per large table.

Loads of different tables do not wait for each other, so that a replay takes as many machines as the
run launcher has. Starting a run costs as much as loading some 50,000 records, so tables with fewer
share one. Views and the report follow as after any loads: once, when all tables are at rest. The
job only plans, and works from the UI and from `zendesk-assets sync --replay --launch` alike.
https://docs.dagster.io/guides/automate/sensors
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import dagster as dg

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import SourceHub
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.partitions import months_of
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Collection

WORTH_A_RUN: Final = 50_000
REPLAY_TAG: Final = "zendesk/replay"  # on the run that plans, and with its id on those it leads to
PLANNED: Final = "planned"
SWITCHES: Final = ("replay", "everything")
_TABLES_TAG: Final = "zendesk/replay_tables"
_EVERY_SECONDS: Final = 30
_AT_ONCE: Final = 25
_A_DAY: Final = timedelta(days=1)
# So many manifests tell how many records a batch of the stream has.
_SAMPLE: Final = 200


def tables_by_run(
    collections: Iterable[Collection], records: Callable[[str], int], together: int = WORTH_A_RUN
) -> list[list[Collection]]:
    """Return the tables of each run of a replay, the largest first.

    Those of fewer records than `together` share a run; `records` says how many a stream has.
    """
    sized = [(records(each.stream), each) for each in collections]
    sized.sort(key=lambda each: -each[0])
    large = [[each] for size, each in sized if size >= together]
    small = [each for size, each in sized if size < together]
    return [*large, small] if small else large


def count_records(hub: SourceHub, stream: str) -> int:
    """Return about how many records a stream has in the hub, from its first batches. HubError."""
    known = hub.look(stream)
    seen = [hub.manifest(each).records for each in islice(known.everything(), _SAMPLE)]
    return sum(seen) * len(known) // len(seen) if seen else 0


def build_replay_jobs(sources: Sources) -> list[dg.JobDefinition]:
    """Return the job of each source whose tables we keep."""
    return [_job_of(Account(sources, each)) for each in _loaded_here(sources)]


def _loaded_here(sources: Sources) -> list[Source]:
    return [each for each in sources.sources if not placement.placement_of(each).io_manager]


def _job_of(account: Account) -> dg.JobDefinition:
    source = account.source
    name = placement.name_of(source)

    @dg.op(
        name=keys.replay_step(name),
        config_schema={
            "collections": dg.Field([str], default_value=[], description="All, if it is empty."),
            "together": dg.Field(
                int,
                default_value=WORTH_A_RUN,
                description="Tables with fewer records share a run.",
            ),
        },
    )
    def plan(context: dg.OpExecutionContext) -> None:
        config = context.op_config
        with as_failure():
            runs = plan_replay(account, config["collections"], config["together"])
        context.log.info("The sensor starts: %s", "; ".join(map(", ".join, runs)) or "nothing")
        tags = {REPLAY_TAG: PLANNED, _TABLES_TAG: json.dumps([name, runs])}
        context.instance.add_run_tags(context.run_id, tags)

    @dg.job(
        name=keys.replay_job_name(name),
        description=f"{source.nickname}: load everything again from the hub, in a run for each "
        "large table. It sends no request.",
        executor_def=dg.in_process_executor,
    )
    def replay() -> None:
        plan()

    return replay


def plan_replay(account: Account, names: Sequence[str], together: int) -> list[list[str]]:
    """Return the names of the tables of each run; what never landed is in none.

    Raises:
        ZendeskAssetsError: if a name is unknown, or the hub cannot be read.
    """
    every = {each.name: each for each in chosen_collections(account.source)}
    if unknown := [each for each in names if each not in every]:
        raise ZendeskAssetsError(
            f"{account.source.schema_name} has no table {', '.join(unknown)}: give names of its "
            "collections, or none for all of them."
        )
    hub = account.hub
    sizes = {each.stream: count_records(hub, each.stream) for each in every.values()}
    chosen = [every[each] for each in names or every if sizes[every[each].stream]]
    return [
        [each.name for each in tables]
        for part in by_partitions(chosen)
        for tables in tables_by_run(part, sizes.__getitem__, together)
    ]


def by_partitions(collections: Sequence[Collection]) -> tuple[list[Collection], list[Collection]]:
    """Return those with months and those without, which need runs of their own."""
    dated = [each for each in collections if declared().stream_of(each).partitioned]
    return dated, [each for each in collections if each not in dated]


def runs_planned(run: dg.DagsterRun) -> list[list[str]]:
    """Return the names of the tables of each run that a run of the job has planned."""
    found: list[list[str]] = json.loads(run.tags[_TABLES_TAG])[1]
    return found


def build_replay_sensor(
    sources: Sources, jobs: Iterable[dg.JobDefinition | Any]
) -> list[dg.SensorDefinition]:
    """Return the sensor that starts the runs of what was planned; `jobs` are those that load."""
    by_name = {placement.name_of(each): each for each in _loaded_here(sources)}
    loading = {loading_job(name) for name in by_name}

    @dg.sensor(
        name=placement.replays_name(sources.sources),
        jobs=[each for each in jobs if each.name in loading],
        minimum_interval_seconds=_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts the runs of a replay that somebody has asked for: one per large table.",
    )
    def start(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        since = datetime.fromisoformat(context.cursor or (datetime.now(UTC) - _A_DAY).isoformat())
        found = context.instance.get_run_records(
            dg.RunsFilter(
                tags={REPLAY_TAG: PLANNED},
                statuses=[dg.DagsterRunStatus.SUCCESS],
                updated_after=since,
            ),
            limit=_AT_ONCE,
            order_by="update_timestamp",
            ascending=True,
        )
        requests = [each for one in found for each in _requests(one.dagster_run, by_name)]
        until = found[-1].update_timestamp if found else since
        return dg.SensorResult(requests, cursor=until.isoformat())

    return [start] if by_name else []


def loading_job(name: str) -> str:
    """Return the name of the job that loads the tables of a source, in a replay too."""
    return f"{keys.warehouse_sync_name(name)}_job"


def _requests(run: dg.DagsterRun, sources: Mapping[str, Source]) -> Iterator[dg.RunRequest]:
    """Yield what a planned replay asks for; the keys of the runs keep each from starting twice."""
    name, runs = json.loads(run.tags[_TABLES_TAG])
    if source := sources.get(name):
        for tables in runs:
            yield _request(source, run.run_id, tables)


def _request(source: Source, replay: str, tables: Sequence[str]) -> dg.RunRequest:
    selection = [keys.table_key(placement.path_of(source), each) for each in tables]
    switches = {"config": dict.fromkeys(SWITCHES, True)}
    tags = {keys.SOURCE_TAG: source.schema_name, REPLAY_TAG: replay}
    stream = declared().stream_of(declared().collections[tables[0]])
    if stream.partitioned:
        month = months_of(source).get_last_partition_key() or ""
        tags |= {f"dagster/asset_partition_range_{end}": month for end in ("start", "end")}
    return dg.RunRequest(
        run_key=f"{replay}/{tables[0]}",
        job_name=loading_job(placement.name_of(source)),
        asset_selection=selection,
        run_config={"ops": {each.to_python_identifier(): switches for each in selection}},
        tags=tags,
    )
