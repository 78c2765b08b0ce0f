"""pandas in and out: a user's own DataFrame is upserted as collections are, tables become frames.

Frames have no batch and no version unless one is named; the tables have the frames' columns only.
A column that a frame does not have keeps its values; a column without values changes no type. What
goes into which column is `casts`', what is in a frame `frame_values`'.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.casts import COMPARABLE, WORDS, Cast, class_of, find_cast, null_of
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.frame_values import Values, read_values
from zendesk_assets.warehouse.load_log import ensure_load_log, record_frame
from zendesk_assets.warehouse.names import check_new_columns, fold, read_labels
from zendesk_assets.warehouse.ownership import FRAMES
from zendesk_assets.warehouse.relations import (
    count_rows,
    ensure,
    find_ours,
    look_at,
    name_table,
)
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.tables import Field, Relation
from zendesk_assets.warehouse.upsert import Upsert

if TYPE_CHECKING:
    import pandas as pd

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
    session: Session, memory: duckdb.DuckDBPyConnection, frame: Frame, now: datetime
) -> LoadResult:
    """Upsert the staged `frame` within the caller's transaction; `memory` is where it is staged."""
    ensure_load_log(session, frame.schema)
    types = _prepare(session, frame)
    _cast(memory, frame, types, session.dialect.keeps)
    session.bring("incoming")
    upsert = _upsert(session, frame, types)
    counts = session.merge(upsert, now)
    rows_in = count_rows(session, "incoming")
    inserted, updated = (sum(row[at] for row in counts) for at in (1, 2))
    unchanged = rows_in - inserted - updated
    batch = f"{FRAMES}{now.isoformat()}"
    line = (batch, frame.table, rows_in, inserted, updated, unchanged, 0, now, now, 0)
    record_frame(session, frame.schema, line)
    total = count_rows(session, upsert.table)
    return LoadResult(0, rows_in, inserted, updated, unchanged, total=total)


def _staged(names: Iterable[str]) -> dict[str, str]:
    """Return what the columns are called where they are staged."""
    return {name: f"c{at}" for at, name in enumerate(names)}


def _emptied(frame: Frame, types: dict[str, str]) -> list[str]:
    """Return the columns of the table for which the frame has no value: NULL for all."""
    return [name for name in frame.empty if name in types]


def _prepare(session: Session, frame: Frame) -> dict[str, str]:
    """Create the table or add what it lacks; return the types of the frame's columns there."""
    names = [*(each.name for each in frame.columns), *frame.empty]
    found = find_ours(session, frame.schema, frame.table, names, of_frames=True)
    present = _known(frame, names, found.types)
    new = tuple(
        Field(each.name, each.new_type) for each in frame.columns if each.name not in present
    )
    check_new_columns(frame.target, (field.name for field in new))
    relation = Relation(frame.table, new, frame.primary_key)
    types = ensure(session, frame.schema, relation, found)
    # Where JSON is text, a column may get either.
    as_json = {each.name for each in frame.columns if each.kind == "json"}
    of_json = session.dialect.type_name("JSON")
    json = {name: "JSON" for name in as_json if types.get(name) == of_json}
    return {name: (types | json)[name] for name in names if name in types}


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


def _cast(
    memory: duckdb.DuckDBPyConnection,
    frame: Frame,
    types: dict[str, str],
    keeps: Mapping[str, str],
) -> None:
    """Leave the values as the table has them in `incoming`. Raises WarehouseError if one is lost.

    `keeps` are the dialect's conditions for that. Columns without values are there if the table has
    them, in the table's type.
    """
    staged = dict(row[:2] for row in memory.execute("DESCRIBE frame").fetchall())
    columns, problems = [], []
    for at, each in enumerate(frame.columns):
        column_type = types[each.name]
        cast = find_cast(each.kind, f"c{at}", staged[f"c{at}"], column_type)
        if cast and (kept := keeps.get(column_type)):
            cast = replace(cast, fits=f"({cast.fits}) AND {kept.format(f'c{at}')}")
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
    table = name_table(session, frame.schema, frame.table)
    content = (*(each.name for each in frame.columns), *_emptied(frame, types))
    version = frame.version if frame.version in content else None
    upsert = Upsert(
        table,
        frame.primary_key,
        content,
        version,
        received=False,
        ties=(),
        staged=_staged(content),
        as_text=version is not None and class_of(types[version]) == "text",
    )
    return upsert.beside(look_at(session, frame.schema, frame.table).types)
