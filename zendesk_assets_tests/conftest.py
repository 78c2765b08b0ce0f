"""What holds for all tests: nothing of this machine is read, nothing is kept."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the slow ones, whatever the order: what waits long must not start last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    for name in ("ZENDESK_SOURCES", "ZENDESK_CLIENT_SECRET", "DAGSTER_HOME", "WAREHOUSE_URL"):
        monkeypatch.delenv(name, raising=False)
