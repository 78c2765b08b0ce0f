"""The engines as tests see them: a warehouse on each, and a look inside by other means."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from zendesk_assets.warehouse import open_duckdb, open_postgres
from zendesk_assets_tests.postgres import new_database


@dataclass
class DuckDBEngine:
    """A file that is not there yet."""

    path: Path
    clock: Any
    name = "duckdb"
    text, integer = "VARCHAR", "BIGINT"

    def warehouse(self, **options):
        return open_duckdb(self.path, **{"clock": self.clock, **options})

    def query(self, sql):
        """Return what a query finds, as a list of dicts; JSON as compact text."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.execute(sql)
            names = [each[0] for each in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def run(self, sql):
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def columns(self, table):
        """Return (name, comment) of a table's columns in s, and the table's own comment."""
        found = self.query(
            f"FROM duckdb_columns() WHERE table_name = '{table}' ORDER BY column_index"
        )
        (of_table,) = self.query(
            f"SELECT comment FROM duckdb_tables() WHERE table_name = '{table}' "
            f"UNION ALL SELECT comment FROM duckdb_views() WHERE view_name = '{table}'"
        )
        return [(row["column_name"], row["comment"]) for row in found], of_table["comment"]

    def bytes_of(self, table):  # a file has all tables
        """Return the bytes of the files that hold a table, and of those beside them."""
        return [each.read_bytes() for each in self.path.parent.iterdir()]

    def is_empty(self):
        return not self.path.exists()


@dataclass
class PostgresEngine:
    """An empty database."""

    url: str
    clock: Any
    name = "postgres"
    text, integer = "text", "bigint"

    @classmethod
    @contextmanager
    def on(cls, server, clock):
        with new_database(server) as url:
            yield cls(url, clock)

    def warehouse(self, **options):
        return open_postgres(self.url, **{"clock": self.clock, **options})

    def query(self, sql):
        """Return what a query finds, as a list of dicts; JSON as compact text."""
        with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
            found = connection.execute(sql)
            names = [each.name for each in found.description]
            return [dict(zip(names, map(_compact, row), strict=True)) for row in found.fetchall()]

    def run(self, sql):
        with psycopg.connect(self.url) as connection:
            connection.execute(sql)

    def columns(self, table):
        """Return (name, comment) of a table's columns in s, and the table's own comment."""
        found = self.query(
            "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
            f"WHERE attrelid = 's.{table}'::regclass AND attnum > 0 ORDER BY attnum"
        )
        (of_table,) = self.query(f"SELECT obj_description('s.{table}'::regclass) AS comment")
        return [tuple(row.values()) for row in found], of_table["comment"]

    def bytes_of(self, table):
        """Return the bytes of the files that hold a table, with what is stored out of its line."""
        with psycopg.connect(self.url) as connection:
            connection.execute("CHECKPOINT")
        query = (
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) AS path "
            f"FROM pg_class WHERE oid = '{table}'::regclass OR oid = (SELECT reltoastrelid "
            f"FROM pg_class WHERE oid = '{table}'::regclass)"
        )
        return [Path(row["path"]).read_bytes() for row in self.query(query)]

    def is_empty(self):
        return self.query("SELECT 1 FROM pg_namespace WHERE nspname = 's'") == []


def _compact(value):
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else value
