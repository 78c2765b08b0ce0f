"""Rows out of PostgreSQL as an Arrow table, in the types that DuckDB would give them.

COPY … TO as CSV: the server writes it as fast as it reads, and Arrow parses it in C++.
"""

import re
import tempfile
from typing import Any, Final

import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from zendesk_assets.errors import WarehouseError
from zendesk_assets.postgres import Connection

_TYPES: Final[dict[str, pa.DataType]] = {
    "int8": pa.int64(),
    "int4": pa.int32(),
    "int2": pa.int16(),
    "float8": pa.float64(),
    "float4": pa.float32(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
# A value's place in a query, or a name in quotes, which may look like one.
_PLACES: Final = re.compile(r'"(?:[^"]|"")*"|\$(\d+)')
_COLUMN: Final = re.compile(r"In CSV column #(\d+)")
_IN_MEMORY: Final = 64 * 1024 * 1024
_SMALLEST_BLOCK: Final = 1024 * 1024


def fetch_table(connection: Connection, query: str, values: list[Any]) -> pa.Table:
    """Return what a query finds; types that Arrow has no twin of come as text."""
    head = connection.execute(f"{query} LIMIT 0".encode(), values)
    types = {}
    for column in head.description or ():
        info = connection.adapters.types.get(column.type_code)
        types[column.name] = _TYPES.get(info.name if info else "", pa.string())
    longest = 0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        with connection.cursor().copy(_copy(query, values, connection)) as copy:
            for row in copy:
                longest = max(longest, file.write(row))
        while True:
            file.seek(0)
            try:
                return _parse(file, types, longest)
            except pa.ArrowInvalid as error:
                name = _unread(error, types)
                types[name] = pa.string()  # as DuckDB's are read: `arrow.find_far`


def _unread(error: pa.ArrowInvalid, types: dict[str, pa.DataType]) -> str:
    """Return the column of dates or times of which Arrow cannot read a value; raise if none is."""
    found = _COLUMN.search(str(error))
    name = list(types)[int(found[1])] if found else ""
    if name and pa.types.is_temporal(types[name]):
        return name
    raise WarehouseError(
        f"What PostgreSQL has{f' in the column {name}' if name else ''} cannot be read into a "
        "frame: look for the value with a query, and correct or cast it."
    ) from error


def _copy(query: str, values: list[Any], connection: Connection) -> bytes:
    """Return the COPY of a query; COPY takes no parameters, so the values are written into it."""
    literals = [sql.Literal(value).as_string(connection) for value in values]

    def fill(found: re.Match[str]) -> str:
        return literals[int(found[1]) - 1] if found[1] else found[0]

    query = _PLACES.sub(fill, query)
    return f"COPY ({query}) TO STDOUT (FORMAT csv)".encode()


def _parse(file: Any, types: dict[str, pa.DataType], longest: int) -> pa.Table:
    if not file.read(1):
        return pa.table({name: pa.array([], kind) for name, kind in types.items()})
    file.seek(0)
    return csv.read_csv(
        file,
        # Arrow cannot read a row that is longer than two of its blocks.
        read_options=csv.ReadOptions(
            column_names=list(types), block_size=max(_SMALLEST_BLOCK, longest + 1)
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
