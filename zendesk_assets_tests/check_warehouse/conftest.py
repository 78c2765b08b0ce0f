"""The warehouse's own fixtures: what is checked is either engine."""

from zendesk_assets_tests.warehouse.conftest import (  # noqa: F401 # fixtures
    clock,
    engine,
    path,
    postgres_server,
    warehouse,
)
