"""The catalog's column types in DuckDB: the SQL type, and the strict way from JSON text to it.

Only pure functions that return SQL. DuckDB's own casts guess (`1.7` becomes 2, `"yes"` becomes
true), so a text is matched first and cast second; what does not match stays NULL, and the caller
says what becomes of the value.
"""

from typing import Final

from zendesk_assets.spec import ColumnType

SQL_TYPES: Final[dict[ColumnType, str]] = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.FLAG: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    ColumnType.EPOCH: "TIMESTAMP WITH TIME ZONE",
    ColumnType.JSON: "JSON",
}

EXPECTED: Final[dict[ColumnType, str]] = {
    ColumnType.INTEGER: "a 64-bit integer",
    ColumnType.NUMBER: "a finite number",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.FLAG: "true or false",
    ColumnType.TIMESTAMP: "an ISO 8601 date and time",
    ColumnType.EPOCH: "Unix seconds",
}

_INTEGER = "-?[0-9]+"
_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
# Year 0000 is 1 BC to DuckDB, and no client library reads it back.
_TIMESTAMP = (
    r"([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}"
    r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"([Zz]|[-+](0[0-9]|1[0-4])(:?[0-5][0-9])?)?"
)
# From the year 1 to the end of 9999: what Python, pandas and PostgreSQL can hold as well.
_EPOCH_RANGE = "-62135596800 AND 253402300799"
# A time zone may lead out of it.
_RANGE = "TIMESTAMPTZ '0001-01-01 00:00:00+00' AND TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'"


def can_fail(kind: ColumnType) -> bool:
    """Return whether there are values that do not fit the type."""
    return kind in EXPECTED


def build_typed(kind: ColumnType, value: str) -> str:
    """Return SQL for `value` (an expression: JSON text unquoted, or JSON) in its type, or NULL."""
    return _BUILDERS[kind](value) if kind in _BUILDERS else value


def _integer(value: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({value}, '{_INTEGER}') THEN TRY_CAST({value} AS BIGINT) END"
    )


def _number(value: str) -> str:
    cast = f"TRY_CAST({value} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({value}, '{_NUMBER}') AND isfinite({cast}) THEN {cast} END"


def _boolean(value: str) -> str:
    return f"CASE {value} WHEN 'true' THEN true WHEN 'false' THEN false END"


def _flag(value: str) -> str:
    return (
        f"CASE WHEN {value} IN ('true', '1') THEN true WHEN {value} IN ('false', '0') "
        "THEN false END"
    )


def _timestamp(value: str) -> str:
    cast = f"TRY_CAST({value} AS TIMESTAMPTZ)"
    return (
        f"CASE WHEN regexp_full_match({value}, '{_TIMESTAMP}') AND {cast} BETWEEN {_RANGE} "
        f"THEN {cast} END"
    )


def _epoch(value: str) -> str:
    seconds = _integer(value)
    return f"CASE WHEN {seconds} BETWEEN {_EPOCH_RANGE} THEN to_timestamp({seconds}) END"


_BUILDERS: Final = {
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.FLAG: _flag,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.EPOCH: _epoch,
}
