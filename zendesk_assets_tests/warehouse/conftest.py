from __future__ import annotations

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.warehouse import DuckDBWarehouse
from zendesk_assets_tests.warehouse.helpers import T0, Hub, query


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
def warehouse(path, clock):
    return DuckDBWarehouse(path, clock=clock, threads=1, lock_timeout=5)


@pytest.fixture
def rows(path):
    def look(table="things", order="id"):
        return query(path, f'SELECT * FROM s."{table}" ORDER BY {order}')

    return look
