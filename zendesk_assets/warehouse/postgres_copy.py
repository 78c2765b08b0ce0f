"""Staged rows on their way into PostgreSQL: Arrow batches, as CSV, through COPY.

The rows go into temporary tables of the same names; memory holds one Arrow batch. What the server
will not take is known before (`build_refused`) or found by halving; it is quarantined, the rest
goes.
"""
# ruff: noqa: S608  # names are quoted by `listing`

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import psycopg
import pyarrow as pa
from pyarrow import csv

from zendesk_assets.spec import Collection, ColumnType
from zendesk_assets.warehouse.dialect import POSTGRES
from zendesk_assets.warehouse.postgres_server import Connection
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.staging import refuse
from zendesk_assets.warehouse.tables import Field

__all__ = ["Courier", "build_refused"]

_ROWS_PER_BATCH: Final = 2_000
_LONGEST_REASON: Final = 200
# The classes of errors that are about a value: data exceptions, and limits that one goes over.
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
_NUL: Final = r"(^|[^\\])(\\\\)*\\u0000"


def build_refused(collection: Collection) -> str:
    r"""Return SQL that says why PostgreSQL cannot hold a staged row, or NULL: NUL characters.

    https://www.postgresql.org/docs/current/datatype-json.html: `\u0000` is refused in jsonb; text
    cannot have the character at all.
    """
    cases = [
        f"CASE WHEN {_holds_nul(column.type, ident(column.name))} THEN "
        f"{literal(f'{column.name}: has a NUL character, which PostgreSQL cannot hold')} END"
        for column in collection.columns
        if column.type in (ColumnType.TEXT, ColumnType.JSON)
    ]
    unknown = (
        f"""CASE WHEN {_holds_nul(ColumnType.JSON, ident("_unknown"))} THEN """
        """'_unknown: has a NUL character, which PostgreSQL cannot hold' END"""
    )
    return f"nullif(concat_ws('; ', {', '.join([*cases, unknown])}), '')"


@dataclass(frozen=True)
class Courier:
    """Brings temporary tables from DuckDB (`source`) to a transaction on the server (`target`)."""

    source: duckdb.DuckDBPyConnection
    target: Connection

    def send(self, table: str) -> None:
        """Send all rows as they are; raise the server's error where it refuses one."""
        self._create(table)
        self._copy(table, "true")

    def send_rejects(self) -> None:
        """Send what is quarantined; a NUL in it is written as an escape."""
        for column in ("primary_key", "reason", "record"):
            self.source.execute(
                f"UPDATE rejects SET {column} = replace({column}, chr(0), '\\x00') "
                f"WHERE contains({column}, chr(0))"
            )
        self.send("rejects")

    def send_rows(self, table: str) -> None:
        """Send the rows, without those that the server refuses: they are in `rejects` then."""
        self._create(table)
        bounds = self.source.execute(f"SELECT min(rowid), max(rowid) + 1 FROM {table}").fetchone()
        if bounds and bounds[0] is not None:
            self._send_range(table, *bounds)

    def _send_range(self, table: str, low: int, high: int) -> None:
        """Send the rows from `low` up to `high`; halve what is refused until it is one row."""
        try:
            with self.target.transaction():
                self._copy(table, f"rowid >= {low} AND rowid < {high}")
        except psycopg.Error as error:
            if (error.sqlstate or "")[:2] not in _ABOUT_VALUES:
                raise
            if high - low == 1:
                refuse(self.source, table, low, _reason(error))
                return
            middle = (low + high) // 2
            self._send_range(table, low, middle)
            self._send_range(table, middle, high)

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


def _holds_nul(kind: ColumnType, name: str) -> str:
    if kind is ColumnType.TEXT:
        return f"contains({name}, chr(0))"
    return f"regexp_matches(CAST({name} AS VARCHAR), '{_NUL}')"


def _reason(error: psycopg.Error) -> str:
    """Return what the server said of a row, cut to a sentence."""
    said = " ".join((error.diag.message_primary or str(error)).split())
    context = (error.diag.context or "").splitlines()
    column = context[-1].partition("column ")[2].partition(":")[0] if context else ""
    return f"{f'{column}: ' if column else ''}PostgreSQL refuses it ({said[:_LONGEST_REASON]})"
