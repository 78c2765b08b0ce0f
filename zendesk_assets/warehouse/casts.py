"""Which values go into which column: the rules by which a frame's values meet a table's types.

A value is cast where nothing of it is lost: cast to the column's type and back, it is unchanged.
The pairs that are tried at all are `FITS`; docs/extend.md shows them. Only data and pure functions
that return SQL over the in-memory DuckDB; who casts is `frames`.
"""

import re
from dataclasses import dataclass
from typing import Final

from zendesk_assets.warehouse.sql import literal

# The type of a column that is new in the table, by the kind of its values.
NEW_TYPES: Final = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38,10)",
    "float": "DOUBLE",
    "text": "VARCHAR",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "moment": "TIMESTAMP WITH TIME ZONE",
    "duration": "INTERVAL",
    "bytes": "BLOB",
    "json": "JSON",
}
# What messages call values, by kind.
WORDS: Final = {
    "boolean": "true or false",
    "integer": "whole numbers",
    "decimal": "decimal numbers",
    "float": "floating-point numbers",
    "text": "text",
    "date": "dates",
    "time": "times of day",
    "timestamp": "times without a time zone",
    "moment": "times with a time zone",
    "duration": "durations",
    "bytes": "bytes",
    "json": "lists or dictionaries",
}
# By the kind of the values, the classes of columns that can take them, if nothing is lost.
FITS: Final = {
    "boolean": ("boolean", "text"),
    "integer": ("integer", "decimal", "float", "text"),
    "decimal": ("decimal", "integer", "float"),
    "float": ("float", "integer", "decimal", "text"),
    "text": ("text", "json", "uuid", "enum"),
    "date": ("date", "timestamp", "text"),
    "time": ("time",),
    "timestamp": ("timestamp", "date"),
    "moment": ("moment",),
    "duration": ("duration",),
    "bytes": ("bytes",),
    "json": ("json", "nested"),
}
# Kinds whose values are ordered in the same way on every engine.
COMPARABLE: Final = ("integer", "decimal", "float", "text", "date", "time", "timestamp", "moment")

# The types of tables, as either engine calls them: as DuckDB calls them, and their class.
_TYPES: Final = {
    "BOOLEAN": ("BOOLEAN", "boolean"),
    **{
        f"{sign}{size}": (f"{sign}{size}", "integer")
        for sign in ("", "U")
        for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
    },
    "FLOAT": ("FLOAT", "float"),
    "REAL": ("FLOAT", "float"),
    "DOUBLE": ("DOUBLE", "float"),
    "DOUBLE PRECISION": ("DOUBLE", "float"),
    "VARCHAR": ("VARCHAR", "text"),
    "TEXT": ("VARCHAR", "text"),
    "CHARACTER VARYING": ("VARCHAR", "text"),
    "DATE": ("DATE", "date"),
    "TIME": ("TIME", "time"),
    "TIME_NS": ("TIME_NS", "time"),
    "TIME WITHOUT TIME ZONE": ("TIME", "time"),
    "TIMESTAMP": ("TIMESTAMP", "timestamp"),
    "TIMESTAMP_S": ("TIMESTAMP_S", "timestamp"),
    "TIMESTAMP_MS": ("TIMESTAMP_MS", "timestamp"),
    "TIMESTAMP_NS": ("TIMESTAMP_NS", "timestamp"),
    "TIMESTAMP WITHOUT TIME ZONE": ("TIMESTAMP", "timestamp"),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMP WITH TIME ZONE", "moment"),
    "TIMESTAMPTZ_NS": ("TIMESTAMPTZ_NS", "moment"),
    "INTERVAL": ("INTERVAL", "duration"),
    "BLOB": ("BLOB", "bytes"),
    "BYTEA": ("BLOB", "bytes"),
    "UUID": ("UUID", "uuid"),
    "JSON": ("JSON", "json"),
    "JSONB": ("JSON", "json"),
}
_DECIMAL: Final = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)")
_VARYING: Final = re.compile(r"CHARACTER VARYING\((\d+)\)")
_NESTED: Final = re.compile(r"(?:STRUCT|MAP)\(.*|.*\[\d*\]", re.DOTALL)
_LARGEST_DECIMAL: Final = 38


@dataclass(frozen=True)
class Cast:
    """How a staged value becomes one of the table: `fits` is false where something would be lost.

    `sql` and `fits` are SQL over the staged column; `fits` may be NULL, which is false.
    """

    sql: str
    fits: str


def class_of(column_type: str) -> str:
    """Return the class of a table's column type, as either engine calls it; "" if there is none."""
    return _read_type(column_type)[1]


def null_of(column_type: str) -> str | None:
    """Return SQL for a NULL of a table's column type, or None if no value goes there."""
    target, group = _read_type(column_type)
    if not group:
        return None
    return f"CAST(NULL AS {target or 'DECIMAL(38,0)'})"


def find_cast(kind: str, value: str, value_type: str, column_type: str) -> Cast | None:
    """Return how staged values of a kind go into a column, or None if they never do.

    `value` is the staged column, `value_type` its type; `column_type` that of the table's column.
    """
    target, group = _read_type(column_type)
    if group not in FITS[kind]:
        return None
    if (target or value_type) == value_type and not _VARYING.fullmatch(column_type.upper()):
        return Cast(value, "true")
    if (kind, group) in _SPECIAL:
        return _SPECIAL[kind, group](value, target)
    if limit := _VARYING.fullmatch(column_type.upper()):
        text = _round_trip(value, value_type, "VARCHAR")
        return Cast(text.sql, f"{text.fits} AND length({text.sql}) <= {limit[1]}")
    return _round_trip(value, value_type, target)


def _read_type(column_type: str) -> tuple[str, str]:
    """Return a type as DuckDB calls it, and its class; "" for one without limits."""
    upper = column_type.upper()
    if column_type == "json":  # PostgreSQL's, which cannot be compared; ours is jsonb
        return "", ""
    if upper in _TYPES:
        return _TYPES[upper]
    if found := _DECIMAL.fullmatch(upper):
        fits = int(found[1]) <= _LARGEST_DECIMAL and int(found[2]) <= int(found[1])
        return (f"DECIMAL({found[1]},{found[2]})", "decimal") if fits else ("", "")
    matching = (
        ("", "decimal", upper == "NUMERIC"),
        ("VARCHAR", "text", _VARYING.fullmatch(upper)),
        (column_type, "nested", _NESTED.fullmatch(upper)),
        (column_type, "enum", upper.startswith("ENUM(")),
    )
    return next(((target, group) for target, group, is_it in matching if is_it), ("", ""))


def _round_trip(value: str, value_type: str, target: str) -> Cast:
    there = f"TRY_CAST({value} AS {target})"
    return Cast(there, f"TRY_CAST({there} AS {value_type}) = {value}")


def _whole_as_text(value: str, _: str) -> Cast:
    """Return the cast of floats that pandas made of integers because some are missing."""
    whole = f"TRY_CAST({value} AS BIGINT)"
    return Cast(f"CAST({whole} AS VARCHAR)", f"CAST({whole} AS DOUBLE) = {value}")


def _text_as_json(value: str, _: str) -> Cast:
    return Cast(f"TRY_CAST({value} AS JSON)", f"json_valid({value})")


def _text_as_uuid(value: str, _: str) -> Cast:
    there = f"TRY_CAST({value} AS UUID)"
    return Cast(there, f"CAST({there} AS VARCHAR) = lower({value})")


def _json_as_nested(value: str, target: str) -> Cast:
    """Return the cast into a structure or list, whose missing members are NULL."""
    there, empty = f"TRY_CAST({value} AS {target})", literal("{}")
    back = f"CAST(to_json({there}) AS VARCHAR)"
    full = [f"json_merge_patch({empty}, {each})" for each in (f"to_json({there})", value)]
    same = f"CAST({full[0]} AS VARCHAR) = CAST({full[1]} AS VARCHAR)"
    return Cast(there, f"({back} = CAST({value} AS VARCHAR) OR {same})")


_SPECIAL: Final = {
    ("float", "text"): _whole_as_text,
    ("text", "json"): _text_as_json,
    ("text", "uuid"): _text_as_uuid,
    ("json", "nested"): _json_as_nested,
}
