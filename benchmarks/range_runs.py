"""What Dagster's bookkeeping of one run costs, by how many days the run covers.

    python benchmarks/range_runs.py              # 1, 7, 30, 90 and 365 days, three times each
    python benchmarks/range_runs.py --repeat 1

The account has twenty tickets, so walking and loading take next to nothing. A run brings tickets
and ticket_events into the hub and loads their four tables, on SQLite in a folder: once in this
process, as `zendesk-assets sync` does it, and once as a process of its own, as `dagster dev` does.
Then what a crash costs: a run is killed in the middle and done again, beside one that was not.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import harness
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._grpc.types import ExecuteRunArgs

from zendesk_assets.cli.plan import PlannedRun
from zendesk_assets.cli.project import Project, open_project
from zendesk_assets.orchestration import keys

_SIZES: Final = (1, 7, 30, 90, 365)
_CRASH_SIZES: Final = (30, 90)
_YEAR: Final = 365
_STREAMS: Final = ("tickets", "ticket_events")
_TABLES: Final = ("tickets", "ticket_metrics", "ticket_events", "attachments")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repeat", type=int, default=3, help="0 for the crash alone")
    repeat = parser.parse_args().repeat
    if repeat:
        _measure_seconds(repeat)
    _show_crashes()


def _measure_seconds(repeat: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        harness.account(20) as account,
    ):
        harness.write_project(Path(folder), {"zendesk": account}, history_start=_day(2 * _YEAR))
        with open_project() as project:
            _show_seconds(project, repeat)


def _day(days_ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()


def _planned(project: Project, schema: str, days: int) -> PlannedRun:
    """Return a run of the last so many days of the partitioned assets."""
    hub = [keys.hub_key(schema, stream) for stream in _STREAMS]
    tables = [keys.table_key(schema, name) for name in _TABLES]
    return PlannedRun(
        project.sources.source(schema), (*hub, *tables), days=(_day(days - 1), _day(0))
    )


# One run, either way.


@dataclass(frozen=True)
class _Launched:
    """A run in a process of its own."""

    run_id: str
    process: subprocess.Popen[bytes]
    began: float


def _refetching(schema: str) -> dict[str, Any]:
    """Return a configuration by which the days are walked though the hub has them."""
    config = {"config": {"refetch": True}}
    return {"ops": {f"{schema}__hub__{stream}": config for stream in _STREAMS}}


def _in_this_process(
    project: Project, run: PlannedRun, run_config: dict[str, Any]
) -> dict[str, float]:
    job = project.definitions.resolve_job_def(keys.sync_job_name(run.source.schema_name))
    began, run_id = time.time(), str(uuid.uuid4())
    job.execute_in_process(
        run_id=run_id,
        instance=project.instance,
        asset_selection=list(run.assets),
        tags=run.tags,
        run_config={
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            **run_config,
        },
    )
    return _figures(project, run_id, began)


def _in_its_own(project: Project, run: PlannedRun, run_config: dict[str, Any]) -> dict[str, float]:
    launched = _launch(project, run, run_config)
    launched.process.wait()
    return _figures(project, launched.run_id, launched.began)


def _launch(project: Project, run: PlannedRun, run_config: dict[str, Any]) -> _Launched:
    """Start a run as Dagster's launchers do: `dagster api execute_run`."""
    name = keys.sync_job_name(run.source.schema_name)
    job = project.definitions.resolve_job_def(name).get_subset(asset_selection=set(run.assets))
    repository = ReconstructableRepository.for_module("zendesk_assets.definitions", "defs")
    origin = repository.get_reconstructable_job(name).get_python_origin()
    record = project.instance.create_run_for_job(
        job,
        run_config=run_config,
        tags=run.tags,
        asset_selection=frozenset(run.assets),
        job_code_origin=origin,
    )
    arguments = ExecuteRunArgs(
        origin, record.run_id, project.instance.get_ref(), set_exit_code_on_failure=True
    ).get_command_args()
    command = [harness.DAGSTER, *arguments[1:]]
    began = time.time()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _Launched(record.run_id, process, began)


def _figures(project: Project, run_id: str, began: float) -> dict[str, float]:
    ended = time.time()
    record = project.instance.get_run_record_by_id(run_id)
    assert record is not None
    if not record.dagster_run.is_success:
        raise SystemExit(f"the run ended with {record.dagster_run.status.value}")
    return {"seconds": ended - began, "start_up": (record.start_time or began) - began}


# Seconds by size.


def _show_seconds(project: Project, repeat: int) -> None:
    ways, refetch = (_in_this_process, _in_its_own), _refetching("zendesk")
    _in_this_process(project, _planned(project, "zendesk", 1), refetch)  # tables are made now
    found: dict[tuple[int, int], list[dict[str, float]]] = {}
    for _ in range(repeat):
        for days in _SIZES:
            for place, way in enumerate(ways):
                run = _planned(project, "zendesk", days)
                found.setdefault((days, place), []).append(way(project, run, refetch))
    medians = {
        key: {name: statistics.median(each[name] for each in values) for name in values[0]}
        for key, values in found.items()
    }
    least = min(_whole_year(days, medians[days, 1]["seconds"]) for days in _SIZES)
    rows = []
    for days in _SIZES:
        here, own = medians[days, 0]["seconds"], medians[days, 1]["seconds"]
        year = _whole_year(days, own)
        rows.append((
            days, here, own, medians[days, 1]["start_up"], own / days, _whole_year(days, here),
            year, year / least,
        ))  # fmt: skip
    harness.print_table(
        f"seconds of bookkeeping per run: 6 assets, SQLite, medians of {repeat}",
        (
            "days", "in process", "own process", "of it start-up", "own/day", "year in process",
            "year own", "times best",
        ),
        rows,
    )  # fmt: skip
    slope = (medians[_SIZES[-1], 0]["seconds"] - medians[1, 0]["seconds"]) / (_SIZES[-1] - 1)
    print(f"each day more: {slope * 1000:.0f} ms for 6 assets, {slope / 6 * 1000:.0f} ms for one")


def _whole_year(days: int, seconds: float) -> float:
    return math.ceil(_YEAR / days) * seconds


# A crash.


def _show_crashes() -> None:
    rows = []
    for days in _CRASH_SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            harness.account(2_000, largest_page=20) as account,
        ):
            sources = {"undisturbed": account, "killed": account}
            harness.write_project(Path(folder), sources, history_start=_day(2 * _YEAR))
            with open_project() as project:
                rows.append((days, *_crash(project, account, days)))
    harness.print_table(
        "a run of its own process is killed (SIGKILL) half-way and done again",
        (
            "days", "pages", "before the kill", "days reported", "pages again", "seconds whole",
            "seconds killed", "seconds again",
        ),
        rows,
    )  # fmt: skip
    print("days reported: those of two hub assets, so twice the days at most")


def _crash(project: Project, account: harness.Account, days: int) -> tuple[float, ...]:
    """Do a run undisturbed, then the same for another source with a crash in the middle."""
    whole = _in_its_own(project, _planned(project, "undisturbed", days), {})
    pages = account.asked()
    launched = _launch(project, _planned(project, "killed", days), {})
    while launched.process.poll() is None and account.asked() < pages + pages // 2:
        time.sleep(0.01)
    launched.process.kill()
    launched.process.wait()
    killed_after, asked = time.time() - launched.began, account.asked() - pages
    # A killed run keeps its place in the pools; run monitoring frees it a minute later.
    project.instance.event_log_storage.free_concurrency_slots_for_run(launched.run_id)
    reported = sum(
        len(project.instance.get_materialized_partitions(keys.hub_key("killed", stream)))
        for stream in _STREAMS
    )
    again = _in_its_own(project, _planned(project, "killed", days), {})
    extra = account.asked() - 2 * pages
    return pages, asked, reported, extra, whole["seconds"], killed_after, again["seconds"]


if __name__ == "__main__":
    main()
