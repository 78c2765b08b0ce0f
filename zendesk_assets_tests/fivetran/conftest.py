"""Relations in Fivetran's shape on both engines, over tables that are filled by hand."""

import pytest

from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.warehouse import put_views
from zendesk_assets_tests.analysis.conftest import (
    Desk,
    clock,
    engine,
    path,
    postgres_server,
    warehouse,
)

__all__ = ["clock", "desk", "engine", "path", "postgres_server", "warehouse"]


class FivetranDesk(Desk):
    """A schema `s` whose tables are filled row by row, and `s_fivetran` with the relations."""

    def put(self, *names, schema="s"):
        """Put these relations, or all; return what became of each."""
        views = [RELATIONS[name].as_view() for name in names or RELATIONS]
        return put_views(self.warehouse, schema, views, partly=True)

    def relation(self, name, order="1"):
        """Put a relation and return its rows."""
        self.put(name)
        return self.engine.query(f'SELECT * FROM s_fivetran."{name}" ORDER BY {order}')


@pytest.fixture
def desk(engine, warehouse):
    engine.needs("views")
    return FivetranDesk(engine, warehouse)
