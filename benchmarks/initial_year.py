"""The first year of an account, end to end: Zendesk → hub → DuckDB, through Dagster.

    python benchmarks/initial_year.py                    # 200,000 tickets
    python benchmarks/initial_year.py --tickets 20000    # a quick look

It is `zendesk-assets sync` on a new project, in ranges of months, without rate limits; account and
sync are processes of their own. Landing and loading are what the assets say of themselves, the rest
is Dagster's bookkeeping. What ten export requests a minute would make of it stands beside the
requests.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import harness

from zendesk_assets.cli.project import Project, open_project
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.hub import SourceHub, Storage

_SCHEMA: Final = "zendesk"
_DAYS: Final = 365
_EXPORTS_A_MINUTE: Final = 10


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tickets", type=int, default=200_000)
    parser.add_argument("--sync", action="store_true", help="what the benchmark starts itself")
    arguments = parser.parse_args()
    if arguments.sync:
        _sync()
    else:
        _measure(arguments.tickets)


def _measure(tickets: int) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        harness.account(tickets, history_days=_DAYS) as account,
    ):
        folder, start = Path(name), datetime.now(UTC).date() - timedelta(days=_DAYS)
        harness.write_project(folder, {_SCHEMA: account}, history_start=start)
        figures = harness.finish(harness.start(__file__, "--sync"))
        asked = account.requests()
        exports = sum(row["bucket"] == "exports" for row in asked)
        rows = [
            *_rows(figures),
            ("requests", len(asked), ""),
            ("  of them exports", exports, f"{exports / _EXPORTS_A_MINUTE:,.1f} min at 10/min"),
            ("not answered with 200", sum(row["status"] != 200 for row in asked), ""),  # noqa: PLR2004 # HTTP
            ("peak memory of the sync, MB", figures["peak_mb"], ""),
            ("hub, MB", harness.megabytes(folder / "hub"), ""),
            ("DuckDB, MB", harness.megabytes(folder / "warehouse.duckdb"), ""),
            ("Dagster's SQLite, MB", harness.megabytes(folder / "dagster"), ""),
        ]
        title = f"the first year of {tickets:,} tickets, {account.counts()['events']:,} events"
        harness.print_table(title, ("figure", "value", "note"), rows)


def _rows(figures: dict[str, Any]) -> list[tuple[str, object, str]]:
    whole, landing, loading = (figures[name] for name in ("seconds", "landing", "loading"))
    rest = whole - landing - loading
    landed, loaded = figures["landed"], figures["loaded"]
    return [
        ("seconds, all", whole, f"{figures['runs']} runs"),
        ("seconds of processor", figures["cpu"], f"{figures['cpu'] / whole:.0%} of a core"),
        ("seconds landing", landing, f"{landing / whole:.0%}"),
        ("seconds loading", loading, f"{loading / whole:.0%}"),
        ("seconds of Dagster", rest, f"{rest / whole:.0%}"),
        ("records landed", landed, f"{landed / landing:,.0f}/s"),
        ("rows loaded", loaded, f"{loaded / loading:,.0f}/s"),
        ("records landed, end to end", landed, f"{landed / whole:,.0f}/s"),
    ]


# The process that syncs.


def _sync() -> None:
    with open_project() as project:
        began = time.perf_counter()
        if not run_sync(project, None, []):
            sys.exit("the sync failed")
        seconds, peak = time.perf_counter() - began, harness.peak_megabytes()
        figures = _figures(project)
    cpu = time.process_time()
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, **figures}))
    sys.stdout.flush()
    os._exit(0)


def _figures(project: Project) -> dict[str, float]:
    """Return the sums of what the assets report of themselves."""
    seconds, rows = {"landing": 0.0, "loading": 0.0}, 0
    records = project.instance.get_run_records()
    for record in records:
        for metadata in _materializations(project.instance, record.dagster_run.run_id):
            layer = "loading" if "rows_in" in metadata else "landing"
            seconds[layer] += float(metadata.get("seconds", 0))
            rows += int(metadata.get("rows_in", 0))
    return {**seconds, "loaded": rows, "landed": _landed(project), "runs": len(records)}


def _materializations(instance: dg.DagsterInstance, run_id: str) -> list[dict[str, Any]]:
    found = []
    for record in instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records:
        event = record.event_log_entry.dagster_event
        assert event is not None
        metadata = event.step_materialization_data.materialization.metadata
        found.append({name: value.value for name, value in metadata.items()})
    return found


def _landed(project: Project) -> int:
    """Return how many records the hub has, by its manifests."""
    sources = project.sources
    hub = SourceHub(Storage(sources.resolve(sources.hub.path)), _SCHEMA)
    streams = sorted(
        each.name for each in Path(sources.resolve(sources.hub.path), _SCHEMA).iterdir()
    )
    return sum(hub.manifest(batch).records for stream in streams for batch in hub.batches(stream))


if __name__ == "__main__":
    main()
