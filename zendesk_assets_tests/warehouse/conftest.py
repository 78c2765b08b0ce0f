from __future__ import annotations

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.warehouse.engines.duckdb import kept_open
from zendesk_assets_tests.iceberg_catalog import iceberg_catalog
from zendesk_assets_tests.postgres import database, new_database
from zendesk_assets_tests.warehouse.engines import (
    DuckDBEngine,
    DuckLakeEngine,
    IcebergEngine,
    PostgresEngine,
)
from zendesk_assets_tests.warehouse.helpers import T0, Hub


@pytest.fixture
def hub(tmp_path):
    folder = tmp_path / "hub [*?]"
    folder.mkdir()
    return Hub(folder)


@pytest.fixture
def clock():
    return ManualClock(T0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / "w.duckdb"


@pytest.fixture
def kept(monkeypatch):
    """Keep a DuckDB file for as long as the block lasts, however slow the machine is."""
    for name in ("_SECONDS", "_LONGEST_SECONDS"):
        monkeypatch.setattr(kept_open, name, 600.0)


@pytest.fixture(scope="session")
def postgres_server():
    with database() as url:
        yield url


@pytest.fixture(params=["duckdb", "postgres", "ducklake", "ducklake on postgres", "iceberg"])
def engine(request, path, clock):
    """All engines keep the same promises: what uses this runs on each."""
    if request.param == "duckdb":
        yield DuckDBEngine(path, clock)
    elif request.param == "ducklake":
        yield DuckLakeEngine(path.parent / "data", clock, path.with_name("catalog.sqlite"))
    elif request.param == "iceberg":
        with iceberg_catalog(path.parent / "data", together=False) as catalog:
            yield IcebergEngine(path.parent / "data", clock, catalog, "by_table")  # the default
    else:
        with new_database(request.getfixturevalue("postgres_server")) as url:
            is_lake = request.param != "postgres"
            yield (
                DuckLakeEngine(path.parent / "data", clock, url)
                if is_lake
                else PostgresEngine(url, clock)
            )


@pytest.fixture
def warehouse(engine):
    return engine.warehouse(threads=1, lock_timeout=5)


@pytest.fixture
def rows(engine):
    def look(table="things", order="id"):
        return engine.query(f'SELECT * FROM s."{table}" ORDER BY {order}')

    return look
