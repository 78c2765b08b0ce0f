import pytest

from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse import open_duckdb, open_postgres
from zendesk_assets_tests.postgres import database, new_database
from zendesk_assets_tests.why.site import NOW, ManualClock, Site


@pytest.fixture
def make_site(tmp_path):
    """Return a function that makes a site on DuckDB, or on the server at a URL."""
    clock = ManualClock(NOW)
    with Simulator(tickets=5, history_days=3, clock=clock) as simulator:

        def make(url="", **settings):
            target, place = (
                (open_postgres, url) if url else (open_duckdb, tmp_path / "warehouse.duckdb")
            )
            warehouse = target(place, clock=clock, threads=1)
            return Site(tmp_path, simulator, clock, warehouse, **settings)

        yield make


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture(params=["duckdb", "postgres"])
def either(request, make_site):
    """Return a site on each engine."""
    if request.param == "duckdb":
        yield make_site()
        return
    with database() as server, new_database(server) as url:
        yield make_site(url)
