"""Staged rows on their way into PostgreSQL: Arrow batches, as CSV, through COPY.

The rows go into temporary tables of the same names; memory holds one Arrow batch. A row that the
server will not take is found by halving, and goes without the value that was refused; it is
quarantined if that does not help.
"""
# ruff: noqa: S608  # names are quoted by `listing`

import io
import re
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import psycopg
import pyarrow as pa
from pyarrow import csv

from zendesk_assets.postgres import Connection
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.rejecting import list_warnings, refuse, set_aside
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.tables import Field

_ROWS_PER_BATCH: Final = 2_000
_LONGEST_REASON: Final = 200
# The classes of errors that are about a value: data exceptions, and exceeded limits.
_ABOUT_VALUES: Final = ("22", "54")
# What Arrow's CSV writes as PostgreSQL reads it; everything else goes as DuckDB's own text.
_AS_IT_IS: Final = {
    "VARCHAR",
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "DOUBLE",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP WITH TIME ZONE",
}


_COLUMN: Final = re.compile(r"^COPY .*, line \d+, column ([^:\n]+)(?::|$)", re.MULTILINE)


@dataclass(frozen=True)
class Courier:
    """Copies temporary tables from DuckDB (`source`) to a transaction on the server (`target`)."""

    source: duckdb.DuckDBPyConnection
    target: Connection

    def send(self, table: str) -> None:
        """Send all rows as they are; raise the server's error where it refuses one."""
        self._create(table)
        self._copy(table, "true")

    def send_rows(self, collection: Collection) -> None:
        """Send `incoming`, without the values that the server refuses: `rejects` lists them."""
        self._create("incoming")
        query = "SELECT min(rowid), max(rowid) + 1 FROM incoming"
        bounds = self.source.execute(query).fetchone()
        if bounds and bounds[0] is not None:
            self._send_range(collection, *bounds)
        list_warnings(self.source)

    def _send_range(self, collection: Collection, low: int, high: int) -> None:
        """Send the rows from `low` up to `high`; halve what is refused until it is one row."""
        error = self._try_range(low, high)
        if error is None:
            return
        if high - low == 1:
            self._send_without(collection, low, error)
            return
        middle = (low + high) // 2
        self._send_range(collection, low, middle)
        self._send_range(collection, middle, high)

    def _send_without(self, collection: Collection, row: int, error: psycopg.Error) -> None:
        """Send one row without the values that are refused; if that fails, quarantine it."""
        paths = {each.name: each.source_path for each in collection.columns}
        aside = {**paths, "_unknown": ""}
        for name in (*collection.primary_key, collection.version):
            aside.pop(name, None)
        refused: psycopg.Error | None = error
        while refused is not None:
            column, reason = _column(refused), _reason(refused)
            if column not in aside:
                refuse(self.source, "incoming", row, reason)
                return
            set_aside(self.source, row, column, aside.pop(column), reason)
            refused = self._try_range(row, row + 1)

    def _try_range(self, low: int, high: int) -> psycopg.Error | None:
        """Send the rows; return the error if it is about a value of them."""
        try:
            with self.target.transaction():
                self._copy("incoming", f"rowid >= {low} AND rowid < {high}")
        except psycopg.Error as error:
            if (error.sqlstate or "")[:2] not in _ABOUT_VALUES:
                raise
            return error
        return None

    def _create(self, table: str) -> None:
        lines = ", ".join(
            f"{ident(field.name)} {POSTGRES.type_name(field.sql_type)}"
            for field in self._fields(table)
        )
        self.target.execute(f"CREATE TEMP TABLE {ident(table)} ({lines}) ON COMMIT DROP")

    def _fields(self, table: str) -> list[Field]:
        """Return the columns of a staged table without those that are only for staging."""
        described = self.source.execute(f"DESCRIBE {ident(table)}").fetchall()
        return [Field(row[0], row[1]) for row in described if not row[0].startswith("~")]

    def _copy(self, table: str, where: str) -> None:
        fields = self._fields(table)
        columns = ", ".join(_expression(field) for field in fields)
        found = self.source.sql(f"SELECT {columns} FROM {ident(table)} WHERE {where}")
        statement = (
            f"COPY {ident(table)} ({listing(f.name for f in fields)}) FROM STDIN (FORMAT csv)"
        )
        with self.target.cursor() as cursor, cursor.copy(statement) as copy:
            _write_csv(found.to_arrow_reader(_ROWS_PER_BATCH), copy)


class _Sink(io.RawIOBase):
    """A file that is a COPY."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._target = copy

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._target.write(bytes(data))
        return len(data)


def _write_csv(reader: pa.RecordBatchReader, copy: psycopg.Copy) -> None:
    """Write batches as CSV: texts in quotes, so that an empty one is not taken for NULL."""
    options = csv.WriteOptions(include_header=False)
    with csv.CSVWriter(_Sink(copy), reader.schema, write_options=options) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _expression(field: Field) -> str:
    name = ident(field.name)
    if field.sql_type in _AS_IT_IS:
        return name
    if field.sql_type == "BLOB":
        return f"'\\x' || hex({name}) AS {name}"
    if POSTGRES.type_name(field.sql_type) == "jsonb" and field.sql_type != "JSON":
        return f"CAST(to_json({name}) AS VARCHAR) AS {name}"
    return f"CAST({name} AS VARCHAR) AS {name}"


def _reason(error: psycopg.Error) -> str:
    """Return what the server said of a row, cut to a sentence."""
    said = " ".join((error.diag.message_primary or str(error)).split())
    column = _column(error)
    return f"{f'{column}: ' if column else ''}PostgreSQL refuses it ({said[:_LONGEST_REASON]})"


def _column(error: psycopg.Error) -> str:
    """Return the name of the column that the server could not read, if it says so."""
    found = _COLUMN.search(error.diag.context or "")
    return found[1] if found else ""
