"""A simulated account with a project on it, for tests that need the whole way through.

Time is one ManualClock for the account, the client and the assets; Dagster's own instance is real
and lives in a folder.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.clock import ManualClock
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.keys import UPKEEP
from zendesk_assets.settings.sources import Sources
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.kinds import USUAL

SCHEMA = "zendesk_test"
# The simulated present is before the real one, because Dagster's partitions end with the machine's
# own today, and far enough before it for tests to let two months pass. Noon, whatever the hour is:
# a test that lets hours pass would see midnight at some hours of the day, and not at others.
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=70)


def source_settings(simulator, **changes):
    """Return the entry of a sources file for a simulated account."""
    return {
        "nickname": "Test",
        "schema": SCHEMA,
        "subdomain": "acme",
        "base_url": simulator.base_url,
        "auth": {"type": "bearer", "token": simulator.token},
        "requests_per_minute": 100_000,
        "export_requests_per_minute": 1_000,
        "history_start": (NOW - timedelta(days=30)).date(),
        "initial_history_days": 30,
        "collections": {"include": list(USUAL)},
        "analysis": False,  # where it is not what is tested, it only takes time
        **changes,
    }


def make_sources(folder, *settings, **whole):
    """Return a sources file's content with everything relative to `folder`."""
    return Sources.model_validate({"sources": list(settings), "folder": folder, **whole})


@dataclass
class Project:
    """The assets of one source on a simulated account, with a Dagster instance."""

    folder: Path
    simulator: Simulator
    clock: ManualClock
    settings: dict = field(default_factory=dict)
    postgres: str = ""
    hub: str = "hub"

    def __post_init__(self):
        settings = source_settings(self.simulator, **self.settings)
        target = {"warehouse": {"type": "postgres", "url": self.postgres}} if self.postgres else {}
        if self.postgres.endswith(".sqlite"):
            target = {"warehouse": {"type": "ducklake", "catalog": self.postgres, "data": "lake"}}
        self.sources = make_sources(self.folder, settings, hub={"path": self.hub}, **target)
        self.source = self.sources.sources[0]
        self.definitions = build_definitions(self.sources, self.clock)
        self.job = self.definitions.resolve_job_def(f"{SCHEMA}_sync")
        self.instance = dg.DagsterInstance.ephemeral()

    @property
    def database(self):
        return self.postgres or self.folder / "warehouse.duckdb"

    def day(self, days_ago=0):
        return (self.clock.now() - timedelta(days=days_ago)).date().isoformat()

    def month(self, days_ago=0):
        return self.day(days_ago)[:7]

    def sync(self, days=2, **options):
        """Sync everything: what has no partitions, then the months of the last `days` days."""
        graph = self.definitions.resolve_asset_graph()
        keys = graph.get_all_asset_keys() - {UPKEEP}  # it is of no source
        daily = [key for key in keys if graph.get(key).partitions_def is not None]
        whole = [key for key in keys if key not in daily]
        results = [self.run(whole, **options)] if whole else []
        results.append(self.run(daily, first=self.day(days - 1), last=self.day(), **options))
        return results

    def run(self, keys, first=None, last=None, run_config=None, raise_on_error=True, days=None):
        """Materialize assets in this process, for the months of these days where some are given.

        With `days`, the first and the one after the last, for these alone.
        """
        keys, first, last = list(keys), *(days or (first, last))
        tags = (
            {
                "dagster/asset_partition_range_start": first[:7],
                "dagster/asset_partition_range_end": last[:7],
            }
            if first
            else {}
        )
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        if days:
            alone = {"config": {"first_day": first, "end_day": last}}
            quiet["ops"] = {key.to_python_identifier(): alone for key in keys}
        return self.job.execute_in_process(
            asset_selection=keys,
            instance=self.instance,
            tags=tags,
            run_config={**quiet, **(run_config or {})},
            raise_on_error=raise_on_error,
        )

    def requests(self):
        """Return the requests that the account has seen, and forget them."""
        seen = list(self.simulator.requests)
        self.simulator.requests.clear()
        return seen

    def differences(self, **options):
        """Return what in the tables is not as the account has it."""
        names = [each.name for each in chosen_collections(self.source)]
        return differences(
            self.database, SCHEMA, self.simulator, **{"collections": names, **options}
        )


@contextmanager
def project(
    folder, *, tickets=200, history_days=25, settings=None, postgres="", hub="hub", **account
):
    """Start an account and yield a project on it; `postgres` may be the catalog of a lake."""
    clock = ManualClock(NOW)
    with Simulator(tickets=tickets, clock=clock, history_days=history_days, **account) as simulator:
        yield Project(folder, simulator, clock, settings or {}, postgres, hub)
