"""How people load Zendesk tickets when they write it in an afternoon: what we are compared with.

Each way takes what the hub has (JSON lines), makes flat rows of it with pandas or Python, and
brings them into a table that is there. Nothing is measured here.
"""
# names are our own

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import psycopg2
import sqlalchemy as sa
import zstandard
from psycopg2.extras import execute_values

from zendesk_assets.catalog import declared

_COLUMNS: Final = [column.name for column in declared().collections["tickets"].columns]
_LISTED: Final = ", ".join(f'"{name}"' for name in _COLUMNS)
_CHANGES: Final = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in _COLUMNS)
_CONFLICT: Final = (
    f"ON CONFLICT (id) DO UPDATE SET {_CHANGES} "
    "WHERE EXCLUDED.generated_timestamp > tickets.generated_timestamp"
)
_TYPES: Final = {
    "integer": "BIGINT",
    "epoch": "BIGINT",
    "number": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
}


def create_table(key: str) -> str:
    """Return the DDL of a plain tickets table; all but numbers and booleans is text."""
    columns = ", ".join(
        f'"{column.name}" {_TYPES.get(column.type.value, "TEXT")}'
        for column in declared().collections["tickets"].columns
    )
    return f"CREATE TABLE IF NOT EXISTS tickets ({columns}{key})"


def _records(parts: Sequence[str]) -> Iterator[dict[str, Any]]:
    for part in parts:
        text = zstandard.ZstdDecompressor().decompress(Path(part).read_bytes())
        yield from map(json.loads, text.splitlines())


def _frame(parts: Sequence[str]) -> pd.DataFrame:
    """Return the records as pandas' json_normalize flattens them, nested values as JSON text."""
    frame = pd.json_normalize(list(_records(parts)), max_level=0).reindex(columns=_COLUMNS)
    for name in frame.columns:
        if frame[name].map(lambda value: isinstance(value, dict | list)).any():
            frame[name] = frame[name].map(json.dumps)
    return frame


def _rows(parts: Sequence[str]) -> Iterator[list[Any]]:
    for record in _records(parts):
        values = (record.get(name) for name in _COLUMNS)
        yield [json.dumps(v) if isinstance(v, dict | list) else v for v in values]


def _open(file: str) -> duckdb.DuckDBPyConnection:
    """Open a file as soon as no reader has it; a naive script would fail here."""
    while True:
        try:
            return duckdb.connect(file)
        except duckdb.IOException:
            time.sleep(0.01)


def _duckdb_register(target: str, parts: Sequence[str]) -> None:
    """json_normalize, register the frame, delete what is there, insert."""
    with _open(target) as connection:
        connection.register("frame", _frame(parts).astype(object))
        connection.execute("BEGIN")
        connection.execute("DELETE FROM tickets WHERE id IN (SELECT id FROM frame)")
        connection.execute(f"INSERT INTO tickets SELECT {_LISTED} FROM frame")
        connection.execute("COMMIT")


def _duckdb_on_conflict(target: str, parts: Sequence[str]) -> None:
    """json_normalize, register the frame, INSERT … ON CONFLICT on a primary key."""
    with _open(target) as connection:
        connection.register("frame", _frame(parts).astype(object))
        connection.execute(f"INSERT INTO tickets SELECT {_LISTED} FROM frame {_CONFLICT}")


def _to_sql(target: str, parts: Sequence[str]) -> None:
    """Pandas' to_sql into a table beside, then INSERT … ON CONFLICT from there."""
    engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(target))
    with engine.begin() as connection:
        _frame(parts).to_sql("incoming", connection, if_exists="replace", index=False)
        casts = ", ".join(
            f'"{c.name}"::{_TYPES.get(c.type.value, "TEXT")}'
            for c in declared().collections["tickets"].columns
        )
        statement = f"INSERT INTO tickets ({_LISTED}) SELECT {casts} FROM incoming {_CONFLICT}"
        connection.execute(sa.text(statement.replace(":", "\\:").replace("\\:\\:", "::")))
        connection.execute(sa.text("DROP TABLE incoming"))


def _execute_values(target: str, parts: Sequence[str]) -> None:
    """psycopg2's execute_values with ON CONFLICT."""
    with psycopg2.connect(target) as connection, connection.cursor() as cursor:
        statement = f"INSERT INTO tickets ({_LISTED}) VALUES %s {_CONFLICT}"
        execute_values(cursor, statement, _rows(parts), page_size=1000)


def _row_by_row(target: str, parts: Sequence[str]) -> None:
    """One INSERT … ON CONFLICT a row."""
    places = ", ".join(["%s"] * len(_COLUMNS))
    statement = f"INSERT INTO tickets ({_LISTED}) VALUES ({places}) {_CONFLICT}"
    with psycopg2.connect(target) as connection, connection.cursor() as cursor:
        for row in _rows(parts):
            cursor.execute(statement, row)


# Per engine: name, whether its table has a primary key, what it does.
WAYS: Final[dict[str, dict[str, tuple[bool, Callable[[str, Sequence[str]], None]]]]] = {
    "duckdb": {
        "json_normalize + register, delete + insert": (False, _duckdb_register),
        "json_normalize + register, ON CONFLICT": (True, _duckdb_on_conflict),
    },
    "postgres": {
        "pandas to_sql + ON CONFLICT": (True, _to_sql),
        "execute_values ON CONFLICT": (True, _execute_values),
        "row by row ON CONFLICT": (True, _row_by_row),
    },
}
