"""pandas in and out: a user's own DataFrame is upserted as collections are, tables become frames.

Frames have no batch and no version unless one is named; the tables have the frames' columns only.
A column that a frame does not have keeps its values; a column without values changes no type. What
goes into which column is `casts`', what is in a frame `frame_values`'.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import tables, transaction
from zendesk_assets.warehouse.casts import COMPARABLE, WORDS, Cast, class_of, find_cast, null_of
from zendesk_assets.warehouse.engines.session import Session
from zendesk_assets.warehouse.frame_values import Values, read_values
from zendesk_assets.warehouse.names import check_new_columns, fold, read_labels
from zendesk_assets.warehouse.ownership import FRAMES
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.sql import listing
from zendesk_assets.warehouse.tables import LOAD_LOG, Field
from zendesk_assets.warehouse.upsert import Upsert

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Frame", "find_far", "read_frame", "run", "stage_frame", "to_frame"]

# What to return instead, by the class of the table's column.
_ADVICE = {
    "boolean": "return true or false there",
    "integer": "return whole numbers that fit there",
    "decimal": "return numbers with as many digits as fit there",
    "float": "return numbers there",
    "text": "return text there (`.astype(str)`)",
    "date": "return dates, or times at midnight without a time zone, there",
    "time": "return times of day there",
    "timestamp": (
        "return times in microseconds without a time zone there "
        '(`.dt.floor("us")`, `.dt.tz_convert("UTC").dt.tz_localize(None)`)'
    ),
    "moment": (
        "return times in microseconds with a time zone there "
        '(`.dt.floor("us")`, `.dt.tz_localize("UTC")`)'
    ),
}
_EXAMPLE = 60


@dataclass(frozen=True)
class Frame:
    """A frame that can be upserted: its columns with values, and the key that identifies a row."""

    schema: str
    table: str
    columns: tuple[Values, ...]
    empty: tuple[str, ...]
    primary_key: tuple[str, ...]
    version: str | None

    @property
    def target(self) -> str:
        """Return what messages call the table."""
        return f"{self.schema}.{self.table}"


def read_frame(
    schema: str, table: str, frame: pd.DataFrame, primary_key: tuple[str, ...], version: str | None
) -> Frame:
    """Return what is in a frame. Raises WarehouseError if it cannot be upserted by this key."""
    target = f"{schema}.{table}"
    labels = read_labels(frame.columns, target)
    _check_needed(frame, labels, [*primary_key, *([version] if version else [])], target)
    if not primary_key:
        raise WarehouseError(f"The frame for {target} has no primary key declared; name columns.")
    found = [read_values(frame.iloc[:, at], name, target) for at, name in enumerate(labels)]
    valued = tuple(each for each in found if each.kind)
    kinds = {each.name: each.kind for each in found}
    if version and kinds[version] not in ("", *COMPARABLE):
        raise WarehouseError(
            f"The version of the frame for {target}, {version}, has {WORDS[kinds[version]]}, of "
            "which none is the later: name a column of numbers, times or text."
        )
    if "json" in (kinds[name] for name in primary_key):
        raise WarehouseError(
            f"The frame for {target} has lists or dictionaries in its primary key "
            f"({', '.join(primary_key)}): name columns of numbers, times or text."
        )
    empty = tuple(each.name for each in found if not each.kind)
    return Frame(schema, table, valued, empty, primary_key, version)


def _check_needed(frame: pd.DataFrame, labels: list[str], needed: list[str], target: str) -> None:
    missing = [name for name in needed if name not in labels]
    if not missing:
        return
    in_index = set(missing) <= {str(name) for name in frame.index.names}
    hint = "it is the index: return frame.reset_index()" if in_index else "name columns it has"
    raise WarehouseError(f"The frame for {target} lacks {', '.join(missing)}; {hint}.")


def stage_frame(connection: duckdb.DuckDBPyConnection, frame: Frame) -> None:
    """Leave the frame's values in the temporary table `frame`, its columns called c0, c1, ….

    Raises:
        WarehouseError: if the key is missing or not unique.
    """
    arrays = {f"c{at}": each.array for at, each in enumerate(frame.columns)}
    columns = ", ".join(
        f"CAST(c{at} AS JSON) AS c{at}" if each.kind == "json" else f"c{at}"
        for at, each in enumerate(frame.columns)
    )
    bad = not set(frame.primary_key) <= {each.name for each in frame.columns}
    if not bad:
        connection.register("arrow", pa.table(arrays))
        connection.execute(f"CREATE TEMP TABLE frame AS SELECT {columns} FROM arrow")
        connection.unregister("arrow")
        staged = _staged(each.name for each in frame.columns)
        keys = [staged[name] for name in frame.primary_key]
        absent = " OR ".join(f"{key} IS NULL" for key in keys)
        query = (
            f"SELECT 1 FROM frame GROUP BY {', '.join(keys)} "
            f"HAVING count(*) > 1 OR bool_or({absent})"
        )
        bad = connection.execute(f"{query} LIMIT 1").fetchone() is not None
    if bad:
        raise WarehouseError(
            f"The frame for {frame.target} has rows whose primary key "
            f"({', '.join(frame.primary_key)}) is missing or not unique; drop or merge them before "
            "returning it."
        )


def run(
    session: Session,
    memory: duckdb.DuckDBPyConnection,
    frame: Frame,
    now: datetime,
    send: Callable[[], None],
) -> LoadResult:
    """Upsert the staged `frame` within the caller's transaction.

    `memory` is where it is staged; `send` copies `incoming` from there to the session.
    """
    transaction.prepare_load_log(session, frame.schema)
    types = _prepare(session, frame)
    _cast(memory, frame, types)
    send()
    upsert = _upsert(session, frame, types)
    counts = session.upsert(upsert, now)
    rows_in = transaction.count_rows(session, "incoming")
    inserted, updated = (sum(row[at] for row in counts) for at in (1, 2))
    unchanged = rows_in - inserted - updated
    log = transaction.name_table(session, frame.schema, "_loads")
    session.change(
        f"INSERT INTO {log} ({listing(each.name for each in LOAD_LOG['_loads'])}) "
        "VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, 0)",
        [f"{FRAMES}{now.isoformat()}", frame.table, rows_in, inserted, updated, unchanged, now],
    )
    total = transaction.count_rows(session, upsert.table)
    return LoadResult(0, rows_in, inserted, updated, unchanged, total=total)


def _staged(names: Iterable[str]) -> dict[str, str]:
    """Return what the columns are called where they are staged."""
    return {name: f"c{at}" for at, name in enumerate(names)}


def _emptied(frame: Frame, types: dict[str, str]) -> list[str]:
    """Return the columns of the table for which the frame has no value: NULL for all."""
    return [name for name in frame.empty if name in types]


def _prepare(session: Session, frame: Frame) -> dict[str, str]:
    """Create the table or add what it lacks; return the types of the frame's columns there."""
    wanted = tuple(Field(each.name, each.new_type) for each in frame.columns)
    names = [*(each.name for each in frame.columns), *frame.empty]
    found, _ = transaction.find_table(session, frame.schema, frame.table, names, of_frames=True)
    present = _known(frame, names, found)
    new = tuple(field for field in wanted if field.name not in present)
    check_new_columns(frame.target, (field.name for field in new))
    if not found:
        transaction.create_table(session, frame.schema, frame.table, new, frame.primary_key)
    table = transaction.name_table(session, frame.schema, frame.table)
    fields = session.dialect.fields(new)
    if found:
        for statement in tables.build_additions(table, fields, {}):
            session.change(statement)
    return {**present, **{field.name: field.sql_type for field in fields}}


def _known(frame: Frame, names: Iterable[str], present: dict[str, str]) -> dict[str, str]:
    """Return the types of the frame's columns that the table has already; case must agree."""
    folded = {fold(name): name for name in present}
    for name in names:
        twin = folded.get(fold(name), name)
        if name not in present and twin != name:
            raise WarehouseError(
                f"The frame for {frame.target} has a column {name!r}, and the table calls it "
                f"{twin!r}: rename it before returning the frame."
            )
    return {name: present[name] for name in names if name in present}


def _cast(memory: duckdb.DuckDBPyConnection, frame: Frame, types: dict[str, str]) -> None:
    """Leave the values as the table has them in `incoming`. Raises WarehouseError if one is lost.

    Columns without values are there if the table has them, in the table's type.
    """
    staged = dict(row[:2] for row in memory.execute("DESCRIBE frame").fetchall())
    columns, problems = [], []
    for at, each in enumerate(frame.columns):
        column_type = types[each.name]
        cast = find_cast(each.kind, f"c{at}", staged[f"c{at}"], column_type)
        lost = _find_lost(memory, f"c{at}", cast)
        if lost is not None or cast is None:
            problems.append(_complaint(each, column_type, lost))
            continue
        columns.append(f"{cast.sql} AS c{at}")
    for at, name in enumerate(_emptied(frame, types), start=len(frame.columns)):
        null = null_of(types[name])
        if null is None:
            problems.append(f"the column {name} is {types[name]}, which frames cannot fill")
        columns.append(f"{null} AS c{at}")
    if problems:
        raise WarehouseError(
            f"Nothing was written to {frame.target}, and what it has stays: {'; '.join(problems)}."
        )
    memory.execute(
        f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {', '.join(columns)} FROM frame"
    )


def _find_lost(memory: duckdb.DuckDBPyConnection, column: str, cast: Cast | None) -> str | None:
    """Return a value that does not fit, as text, or None."""
    fits = "false" if cast is None else f"coalesce({cast.fits}, false)"
    query = (
        f"SELECT left(CAST({column} AS VARCHAR), {_EXAMPLE}) FROM frame "
        f"WHERE {column} IS NOT NULL AND NOT {fits} LIMIT 1"
    )
    row = memory.execute(query).fetchone()
    return None if row is None else str(row[0])


def _complaint(values: Values, column_type: str, lost: str | None) -> str:
    group = class_of(column_type)
    advice = _ADVICE.get(group, "convert the column")
    if group == "enum":
        advice = "let the column be text (ALTER TABLE … ALTER COLUMN … TYPE VARCHAR)"
    return (
        f"the column {values.name} is {column_type}, and the frame has {WORDS[values.kind]} "
        f"({values.new_type}) that would not fit without loss, such as {lost}: {advice}, or return "
        "the column under another name"
    )


def _upsert(session: Session, frame: Frame, types: dict[str, str]) -> Upsert:
    table = transaction.name_table(session, frame.schema, frame.table)
    content = (*(each.name for each in frame.columns), *_emptied(frame, types))
    version = frame.version if frame.version in content else None
    upsert = Upsert(
        table,
        frame.primary_key,
        content,
        version,
        received=False,
        staged=_staged(content),
        as_text=version is not None and class_of(types[version]) == "text",
    )
    present = transaction.column_names(session, frame.schema, frame.table)
    return upsert.beside(present)


def find_far(found: pa.Table) -> list[str]:
    """Return the columns with dates or times before the year 1 or after 9999, and infinite ones.

    Neither Python nor most of pandas has them: such a column is read as text, on every engine.
    """
    return [
        field.name
        for field in found.schema
        if (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type))
        and _is_far(found[field.name])
    ]


def _is_far(column: pa.ChunkedArray) -> bool:
    is_date = pa.types.is_date(column.type)
    ends = (date.min, date.max) if is_date else (datetime.min, datetime.max)  # noqa: DTZ901
    number = pa.int32() if is_date else pa.int64()
    bare = pa.date32() if is_date else pa.timestamp(column.type.unit)
    low, high = pa.array(ends, bare).cast(number).to_pylist()
    found = pc.min_max(column.cast(number)).as_py()
    return found["min"] is not None and (found["min"] < low or found["max"] > high)


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
