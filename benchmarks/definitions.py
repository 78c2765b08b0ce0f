"""What many sources cost Dagster: loading their definitions, and the ticks of the daemon.

    python benchmarks/definitions.py                  # 10 and 50 sources, and their ratio
    python benchmarks/definitions.py --sources 1 5 20

Each number of sources has a process of its own. It does what a code server does (build, repository,
jobs, snapshot, all in CPU seconds), and what the daemon does for one source: it evaluates each of
its schedules, with the cursor read and written as the daemon does. `idle` is an evaluation half a
minute after another, when nothing is due and nothing is new; `due` is one that asks for this month.
The whole history of that source is materialized; nothing is asked of Zendesk.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import harness
from dagster._core.definitions.automation_tick_evaluation_context import (
    AutomationTickEvaluationContext,
)
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._daemon.asset_daemon import (
    asset_daemon_cursor_from_instigator_serialized_cursor as read_cursor,
)
from dagster._daemon.asset_daemon import (
    asset_daemon_cursor_to_instigator_serialized_cursor as write_cursor,
)
from dagster._serdes import serialize_value

from zendesk_assets.garbage import collecting_later
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.settings.file import load_sources

_FIGURES: Final = (
    "build", "repository", "jobs", "snapshot", "all", "idle tick", "due tick",
)  # fmt: skip
_EVALUATIONS: Final = 5  # idle ones, of which the mean is shown


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sources", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            print(json.dumps(_measure(options.one, Path(name))))
        return
    found = {
        number: harness.finish(harness.start(__file__, "--one", str(number)))
        for number in options.sources
    }
    rows: list[tuple[object, ...]] = [
        (number, each["assets"], *(each[name] for name in _FIGURES))
        for number, each in found.items()
    ]
    first, last = (found[number] for number in (options.sources[0], options.sources[-1]))
    rows.append(("ratio", *(last[name] / first[name] for name in ("assets", *_FIGURES))))
    harness.print_table("CPU seconds", ("sources", "assets", *_FIGURES), rows)


def _measure(number: int, folder: Path) -> dict[str, Any]:
    """Return the CPU seconds of each part for a project of so many sources."""
    account = harness.Account("http://127.0.0.1:9", "unused")
    harness.write_project(folder, {f"source_{place}": account for place in range(number)})
    sources = load_sources()
    spent: dict[str, Any] = {}
    with collecting_later():  # as `zendesk_assets.definitions` does
        definitions = _timed(spent, "build", lambda: build_definitions(sources))
    repository = _timed(spent, "repository", definitions.get_repository_def)
    _timed(spent, "jobs", repository.load_all_definitions)
    # As a code server sends it, and as it is asked by the webserver and by the daemon.
    _timed(
        spent,
        "snapshot",
        lambda: serialize_value(RepositorySnap.from_def(repository, defer_snapshots=True)),
    )
    spent["all"] = sum(spent.values())
    with dg.DagsterInstance.get() as instance:
        spent |= _ticks(repository, instance, "source_0")
    return spent | {"assets": len(repository.asset_graph.get_all_asset_keys())}


def _timed(spent: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    began = time.process_time()
    result = work()
    spent[name] = time.process_time() - began
    return result


def _ticks(
    repository: dg.RepositoryDefinition, instance: dg.DagsterInstance, schema: str
) -> dict[str, float]:
    """Return the CPU seconds of all schedules of a source together, per evaluation."""
    sensors = [each for each in repository.sensor_defs if each.name.startswith(f"{schema}_")]
    daemon = {each.name: _Schedule(repository, instance, each) for each in sensors}
    now = datetime.now(UTC).replace(day=20, hour=1, minute=1)
    half = timedelta(seconds=30)

    def evaluate(moment: datetime) -> float:
        began = time.process_time()
        for each in daemon.values():
            each.evaluate(moment)
        return time.process_time() - began

    evaluate(now)
    _materialize_all(repository, instance, schema)
    for place in range(1, 4):  # what follows a tick, half a minute apart
        evaluate(now + place * half)
    idle = [evaluate(now + place * half) for place in range(4, 4 + _EVALUATIONS)]
    due = evaluate(now.replace(hour=4))
    return {"idle tick": sum(idle) / len(idle), "due tick": due}


class _Schedule:
    """A schedule as the daemon evaluates it, with its cursor."""

    def __init__(
        self,
        repository: dg.RepositoryDefinition,
        instance: dg.DagsterInstance,
        sensor: dg.SensorDefinition,
    ) -> None:
        self.graph, self.instance, self.sensor = repository.asset_graph, instance, sensor
        self.cursor: str | None = None
        self.evaluation = 0

    def evaluate(self, moment: datetime) -> None:
        """Evaluate the schedule once; what it asks for is not started."""
        self.evaluation += 1
        selection: Any = self.sensor.asset_selection
        keys = selection.resolve(self.graph)
        checks = selection.resolve_checks(self.graph)
        context = AutomationTickEvaluationContext(
            evaluation_id=self.evaluation,
            instance=self.instance,
            asset_graph=self.graph,
            asset_selection=dg.AssetSelection.assets(*keys).without_checks()
            | dg.AssetSelection.checks(*checks),
            cursor=read_cursor(self.cursor, self.graph),
            materialize_run_tags={},
            observe_run_tags={},
            auto_observe_asset_keys=set(),
            logger=logging.getLogger("tick"),
            emit_backfills=True,
            evaluation_time=moment,
        )
        _, cursor, _ = context.evaluate()
        self.cursor = write_cursor(cursor)


def _materialize_all(
    repository: dg.RepositoryDefinition, instance: dg.DagsterInstance, schema: str
) -> None:
    graph = repository.asset_graph
    for key in graph.toposorted_asset_keys:
        if key.path[0] == schema:
            partitions = graph.get(key).partitions_def
            for month in partitions.get_partition_keys() if partitions else [None]:
                instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=month))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    with suppress(KeyboardInterrupt):
        sys.exit(main())
