"""pandas in and out: a user's own DataFrame is upserted as collections are, tables become frames.

Frames have no batch and no version unless one is named; the tables have the frame's columns only.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import transaction
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.session import Session
from zendesk_assets.warehouse.tables import Field
from zendesk_assets.warehouse.upsert import Upsert

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_frame", "run", "stage_frame", "to_frame"]


def check_frame(
    frame: pd.DataFrame, primary_key: tuple[str, ...], version: str | None, target: str
) -> None:
    """Raise WarehouseError if the frame cannot be upserted by this key."""
    needed = [*primary_key, *([version] if version else [])]
    missing = [name for name in needed if name not in frame.columns]
    if not primary_key or missing:
        what = f"lacks {', '.join(missing)}" if missing else "has no primary key declared"
        raise WarehouseError(f"The frame for {target} {what}; name columns that it has.")
    key = frame[list(primary_key)]
    if key.isna().any(axis=None) or key.duplicated().any():
        raise WarehouseError(
            f"The frame for {target} has rows whose primary key ({', '.join(primary_key)}) is "
            "missing or not unique; drop or merge them before returning it."
        )


def stage_frame(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame) -> tuple[Field, ...]:
    """Leave the frame's rows in the temporary table `incoming`; return its columns."""
    connection.register("frame", pa.Table.from_pandas(frame, preserve_index=False))
    connection.execute("CREATE TEMP TABLE incoming AS FROM frame")
    connection.unregister("frame")
    described = connection.execute("DESCRIBE incoming").fetchall()
    return tuple(Field(row[0], row[1]) for row in described)


def run(
    session: Session,
    schema: str,
    table: str,
    fields: tuple[Field, ...],
    primary_key: tuple[str, ...],
    version: str | None,
    now: datetime,
) -> LoadResult:
    """Upsert `incoming` into a table with its columns, within the caller's transaction."""
    transaction.prepare_books(session, schema)
    name = transaction.prepare_table(session, schema, table, fields, primary_key)
    content = tuple(field.name for field in fields)
    upsert = Upsert(name, primary_key, content, version, received=False)
    counts = session.upsert(upsert, now)
    rows_in = transaction.count_rows(session, "incoming")
    inserted, updated = (sum(row[at] for row in counts) for at in (1, 2))
    unchanged = rows_in - inserted - updated
    session.change(
        f"INSERT INTO {transaction.name_table(session, schema, '_loads')} "
        "VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, 0)",
        [f"frame/{now.isoformat()}", table, rows_in, inserted, updated, unchanged, now],
    )
    total = transaction.count_rows(session, name)
    return LoadResult(0, rows_in, inserted, updated, unchanged, total=total)


def to_frame(found: pa.Table) -> pd.DataFrame:
    """Return what a query found, integers and booleans in types that know a missing value."""
    import pandas as pd  # noqa: PLC0415 # half a second that only frames need

    # A missing value must not turn a 14-digit id into a float.
    nullable = {
        pa.int64(): pd.Int64Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = found.to_pandas(types_mapper=nullable.get)
    return frame
