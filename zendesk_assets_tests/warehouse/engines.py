"""The engines as tests see them: a warehouse on each, and a look inside by other means."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pytest

from zendesk_assets.warehouse import open_duckdb, open_ducklake, open_iceberg, open_postgres
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.lake.dialect import DUCKLAKE, ICEBERG
from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.sql import literal
from zendesk_assets_tests.duckdb_file import opened
from zendesk_assets_tests.postgres import new_database


@dataclass
class DuckDBEngine:
    """A file that is not there yet."""

    path: Path
    clock: Any
    name, dialect = "duckdb", DUCKDB
    text, integer, key, lacks = "VARCHAR", "BIGINT", " PRIMARY KEY", ()
    finest_duration = timedelta(microseconds=1)

    def needs(self, what):
        """Skip a test of what this format lacks."""
        if what in self.lacks:
            pytest.skip(f"{self.name} has no {what}")

    def warehouse(self, **options):
        return open_duckdb(self.path, **{"clock": self.clock, **options})

    @contextmanager
    def connect(self, zone="UTC", *, read_only=False):
        """Yield a connection on which `s.things` is a table."""
        with opened(self.path, read_only=read_only) as connection:
            connection.execute(f"SET TimeZone = '{zone}'")
            yield connection

    def create(self):
        """Let `run` create tables before anything is loaded."""
        self.path.parent.mkdir(parents=True)

    def undescribe(self, table):
        """Take the comment from a table of s."""
        self.run(f"COMMENT ON TABLE s.{table} IS NULL")

    def besides_snapshots(self, troubles):
        """Return the troubles of an erasure but for that of earlier snapshots, where it is said."""
        return troubles

    def query(self, sql):
        """Return what a query finds, as a list of dicts; JSON as compact text."""
        with self.connect(read_only=True) as connection:
            found = connection.execute(sql)
            names = [each[0] for each in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def run(self, sql):
        with self.connect() as connection:
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
class DuckLakeEngine(DuckDBEngine):
    """A lake that is not there yet; `catalog` is the path of its SQLite file, or an address."""

    path: Path
    clock: Any
    catalog: Any
    name, dialect, key = "ducklake", DUCKLAKE, ""
    finest_duration = timedelta(milliseconds=1)

    def warehouse(self, **options):
        return open_ducklake(self.catalog, self.path, **{"clock": self.clock, **options})

    @contextmanager
    def connect(self, zone="UTC", *, read_only=False):
        """Yield a connection that has attached the lake as people do."""
        of_file = isinstance(self.catalog, Path)
        catalog = f"sqlite:{self.catalog}" if of_file else f"postgres:{self.catalog}"
        config = {"autoinstall_known_extensions": False}
        with duckdb.connect(config=config) as connection:
            load(connection, "ducklake", "sqlite_scanner" if of_file else "postgres_scanner")
            connection.execute(f"SET TimeZone = '{zone}'")
            read = " (READ_ONLY)" if read_only else ""
            connection.execute(f"ATTACH {literal(f'ducklake:{catalog}')} AS lake{read}")
            connection.execute("USE lake")
            yield connection

    def create(self):
        """Let `run` create tables before anything is loaded."""
        self.warehouse().upsert_frame("x", "x", pd.DataFrame({"id": [1]}), primary_key=("id",))

    def bytes_of(self, table):  # a snapshot has all tables
        """Return the bytes of all files of the lake, and of its catalog's beside them."""
        if not isinstance(self.catalog, Path):
            with psycopg.connect(self.catalog) as connection:
                connection.execute("CHECKPOINT")
        return [
            *(each.read_bytes() for each in self.path.parent.rglob("*") if each.is_file()),
            *self._bytes_of_catalog(),
        ]

    def _bytes_of_catalog(self):
        if isinstance(self.catalog, Path):
            return []  # it is beside the files
        query = (
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) "
            "FROM pg_class WHERE relname LIKE 'ducklake%' AND relkind IN ('r', 'i')"
        )
        with psycopg.connect(self.catalog) as connection:
            return [Path(path).read_bytes() for (path,) in connection.execute(query).fetchall()]

    def columns(self, table):
        """Return the same; the comments on columns of a view stand in the view's own."""
        found, of_table = super().columns(table)
        lines = dict(re.findall(r"^(\w+): (.*)$", of_table or "", re.MULTILINE))
        return [(name, comment or lines.get(name)) for name, comment in found], of_table

    def is_empty(self):
        if isinstance(self.catalog, Path):
            return not self.catalog.exists()
        query = "SELECT 1 FROM pg_tables WHERE tablename = 'ducklake_metadata'"
        with psycopg.connect(self.catalog) as connection:
            return connection.execute(query).fetchone() is None


@dataclass
class IcebergEngine(DuckDBEngine):
    """A catalog that has nothing yet; `commits` is what it can commit at once."""

    path: Path
    clock: Any
    catalog: Any
    commits: str = "together"
    name, dialect, key = "iceberg", ICEBERG, ""
    lacks = (
        "views", "comments on columns", "a type for JSON", "durations", "infinite times",
        "upkeep of ours", "dots in names of schemas",
    )  # fmt: skip

    def warehouse(self, **options):
        place = {"locks": self.path.parent, "data": str(self.path), "commits": self.commits}
        given = {"clock": self.clock, **place, **options}
        return open_iceberg(self.catalog.endpoint, "tables", **given)

    @contextmanager
    def connect(self, zone="UTC", *, read_only=False):
        """Yield a connection that has attached the catalog as people do."""
        config = {"autoinstall_known_extensions": False}
        with duckdb.connect(config=config) as connection:
            load(connection, "httpfs", "avro", "iceberg")
            connection.execute(f"SET TimeZone = '{zone}'")
            options = f"TYPE iceberg, ENDPOINT '{self.catalog.endpoint}', AUTHORIZATION_TYPE 'none'"
            if self.commits != "together":
                options += ", DISABLE_MULTI_TABLE_COMMIT true"
            connection.execute(f"ATTACH 'tables' AS lake ({options})")
            query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'lake'"
            schemas = [name for (name,) in connection.execute(query).fetchall()]
            name = next((each for each in ("s", *schemas) if each in schemas), "pg_catalog")
            connection.execute(f'USE lake."{name}"')
            yield connection

    def create(self):
        """Let `run` create tables before anything is loaded."""
        self.warehouse().upsert_frame("s", "x", pd.DataFrame({"id": [1]}), primary_key=("id",))

    def undescribe(self, table):
        """Take the comment from a table of s."""
        with self.connect() as connection:
            remove = f"FROM remove_iceberg_table_properties(lake.s.{table}, ['comment'])"
            connection.execute(remove).fetchall()

    def besides_snapshots(self, troubles):
        """Return the troubles but for that of earlier snapshots, which has to be there."""
        assert len([each for each in troubles if "until they expire" in each]) == 1
        return [each for each in troubles if "until they expire" not in each]

    def bytes_of(self, table):  # of the newest snapshot: what others still have is the catalog's
        """Return the bytes of the files of a table, as they are after its catalog's upkeep."""
        with self.connect() as connection:
            return [repr(connection.execute(f"FROM {table}").fetchall()).encode()]

    def columns(self, table):
        """Return the columns, without comments, and the table's own comment."""
        with self.connect() as connection:
            found = connection.execute(f"DESCRIBE s.{table}").fetchall()
            query = f"SELECT value FROM iceberg_table_properties(lake.s.{table})"
            (comment,) = connection.execute(f"{query} WHERE key = 'comment'").fetchall() or [[None]]
            return [(row[0], None) for row in found], comment[0]

    def is_empty(self):
        return not any(self.catalog.tables.values())


@dataclass
class PostgresEngine:
    """An empty database."""

    url: str
    clock: Any
    name, dialect = "postgres", POSTGRES
    text, integer, key = "text", "bigint", " PRIMARY KEY"
    finest_duration = timedelta(microseconds=1)

    def needs(self, what):
        """Skip nothing: it has everything."""

    @classmethod
    @contextmanager
    def on(cls, server, clock):
        with new_database(server) as url:
            yield cls(url, clock)

    def warehouse(self, **options):
        return open_postgres(self.url, **{"clock": self.clock, **options})

    @contextmanager
    def connect(self, zone="UTC", *, read_only=False):
        with psycopg.connect(self.url, options=f"-c TimeZone={zone}") as connection:
            yield connection

    def create(self):
        pass

    def undescribe(self, table):
        self.run(f"COMMENT ON TABLE s.{table} IS NULL")

    def besides_snapshots(self, troubles):
        return troubles

    def query(self, sql):
        """Return what a query finds, as a list of dicts; JSON as compact text."""
        with self.connect(read_only=True) as connection:
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
