"""What holds for all tests: nothing of this machine is read, nothing is kept; and their order."""

import gc
from itertools import groupby

import pytest
from alembic.script import ScriptDirectory

from zendesk_assets_tests import postgres

A_SLOW_TEST = 10  # seconds, where the marker does not say


# On the second engine, `make test` leaves these to `make test-long`: what is theirs alone is in
# the modules that it runs on both, such as `test_load`, `test_upsert`, `test_deletes`.
ON_POSTGRES_LONG = {
    "test_absence", "test_comments", "test_complete_sets", "test_custom_fields", "test_erasing",
    "test_filling", "test_frame_types", "test_frames", "test_history", "test_kept_answers",
    "test_named_views", "test_names", "test_ownership", "test_quarantine", "test_queries",
    "test_relations", "test_scrubs", "test_upgrades", "test_why",
}  # fmt: skip
LONG_ON_POSTGRES = {"test_every_collection_of_the_catalog_loads"}


# Of the lakes, `make test` runs how rows are merged; `make test-long` also what is theirs alone or
# goes otherwise than in a file, and `make test-lake` everything.
ON_LAKE_SHORT = {"test_upsert"}
ON_LAKE_LONG = {
    "test_deletes", "test_erasure", "test_history", "test_lake", "test_load", "test_ownership",
    "test_sync", "test_upgrades",
}  # fmt: skip
# A catalog in PostgreSQL differs from one in a file by its turns and what erasing has to rewrite.
ON_LAKE_WITH_POSTGRES = {"test_deletes", "test_erasure", "test_lake", "test_load", "test_upsert"}
ON_LAKE_WITH_POSTGRES_LONG = {"test_erasure", "test_lake", "test_upsert"}
LAKE, LAKE_WITH_POSTGRES = "ducklake", "ducklake on postgres"
# Of Iceberg, `make test` runs what is of it alone, and `make test-long` how rows are merged.
ON_ICEBERG_LONG = {"test_upsert"}


def pytest_itemcollected(item):
    """Mark what is long on PostgreSQL and on lakes, and what only the tests of lakes run."""
    engine, name = engine_of(item), item.path.stem
    if engine == LAKE and name not in ON_LAKE_SHORT:
        item.add_marker(pytest.mark.long if name in ON_LAKE_LONG else pytest.mark.lake)
    if engine == LAKE_WITH_POSTGRES:
        is_long = name in ON_LAKE_WITH_POSTGRES_LONG
        item.add_marker(pytest.mark.long if is_long else pytest.mark.lake)
    if engine == "iceberg":
        item.add_marker(pytest.mark.long if name in ON_ICEBERG_LONG else pytest.mark.lake)
    if engine == "postgres" and (name in ON_POSTGRES_LONG or item.originalname in LONG_ON_POSTGRES):
        item.add_marker(pytest.mark.long)


def engine_of(item):
    """Return the engine that a test runs on, if it runs on several."""
    return item.callspec.params.get("engine") if hasattr(item, "callspec") else None


def is_superfluous(item):
    """Return whether another lake keeps the same promise."""
    return engine_of(item) == LAKE_WITH_POSTGRES and item.path.stem not in ON_LAKE_WITH_POSTGRES


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Begin with the slow ones, whatever the order: what waits long must not start last.

    xdist's worksteal gives each worker a run of tests as long as the others', so each run begins
    with its share. A module stays in one piece, for what its tests share.
    """
    items[:] = [item for item in items if not is_superfluous(item)]
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    queues = [[] for _ in range(workers)]
    loads = [0.0] * workers
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    modules = [list(each) for _, each in groupby(slow, key=lambda item: item.module.__name__)]
    for module in sorted(modules, key=seconds_of, reverse=True):
        least = loads.index(min(loads))
        queues[least] += module
        loads[least] += seconds_of(module)
    size = len(items) // workers
    for queue in queues[:-1]:
        missing = max(0, size - len(queue))
        queue.extend(quick[:missing])
        del quick[:missing]
    items[:] = [item for queue in queues for item in queue] + quick


def pytest_collection_finish():
    """Let no collection of garbage go through thousands of tests and modules, which all stay."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish():
    """Stop what the tests of this process shared."""
    postgres.stop()


def seconds_of(items):
    """Return about how long slow tests take, on an idle machine."""
    markers = [item.get_closest_marker("slow") for item in items]
    return sum(marker.kwargs.get("seconds", A_SLOW_TEST) for marker in markers)


@pytest.fixture(scope="session", autouse=True)
def _read_migrations_once():
    """Let Dagster read the files of its migrations once, not ten times for each new instance."""
    read, found = ScriptDirectory.from_config, {}

    def read_once(config):
        place = config.get_main_option("script_location")
        return found.get(place) or found.setdefault(place, read(config))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", read_once)
        yield


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    for name in ("ZENDESK_SOURCES", "ZENDESK_CLIENT_SECRET", "DAGSTER_HOME", "WAREHOUSE_URL"):
        monkeypatch.delenv(name, raising=False)
