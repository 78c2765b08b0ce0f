"""Views on both engines: on tables filled by hand, and on what a project has synced."""

from __future__ import annotations

import json

import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import put_views
from zendesk_assets.warehouse.sql import ident, literal
from zendesk_assets.warehouse.tables import build_create, fields_of
from zendesk_assets_tests.warehouse.conftest import (
    clock,
    engine,
    path,
    postgres_server,
    warehouse,
)

__all__ = ["clock", "desk", "engine", "path", "postgres_server", "warehouse"]


class Desk:
    """A schema `s` whose tables are filled row by row; what is not given is NULL."""

    def __init__(self, engine, warehouse):
        self.engine, self.warehouse = engine, warehouse
        engine.create()
        engine.run("CREATE SCHEMA IF NOT EXISTS s")

    def fill(self, collection, *rows):
        fields = self.engine.dialect.fields(fields_of(declared().collections[collection]))
        statements = [build_create(f"s.{collection}", fields)]
        for row in rows:
            given = {"_deleted": False, **row}
            names = ", ".join(map(ident, given))
            values = ", ".join(_literal(value) for value in given.values())
            statements.append(f"INSERT INTO s.{collection} ({names}) VALUES ({values})")
        self.engine.run(";\n".join(statements))

    def put(self, name):
        states = put_views(self.warehouse, "s", [VIEWS[name].as_view()], partly=True)
        if isinstance(states[name], WarehouseError):
            raise states[name]
        return states[name]

    def rows(self, name, order="1"):
        """Put the view and return its rows."""
        self.put(name)
        return self.engine.query(f"SELECT * FROM s.{name} ORDER BY {order}")

    def ask(self, zone, query):
        """Return what a query finds for somebody in another time zone."""
        with self.engine.connect(zone, read_only=True) as connection:
            return connection.execute(query).fetchall()


def _literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, list | dict):
        return literal(json.dumps(value))
    return literal(value) if isinstance(value, str) else str(value)


@pytest.fixture
def desk(engine, warehouse):
    engine.needs("views")
    return Desk(engine, warehouse)
