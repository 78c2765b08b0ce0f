"""The SQL of lakes, where it is not DuckDB's own. Only data."""

from dataclasses import replace
from typing import Final

from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB

DUCKLAKE: Final = replace(DUCKDB, comments_view_columns=False, retypes_in_place=False)
# https://iceberg.apache.org/spec/#primitive-types; JSON is text there.
_SAME: Final = (
    "BIGINT", "BLOB", "BOOLEAN", "DATE", "DOUBLE", "FLOAT", "INTEGER", "TIME", "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE", "UUID",
)  # fmt: skip
ICEBERG: Final = replace(
    DUCKLAKE,
    types={
        **{each: each for each in _SAME},
        **dict.fromkeys(("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"), "INTEGER"),
        **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "TIMESTAMP"),
        "UINTEGER": "BIGINT",
        "UBIGINT": "DECIMAL(20,0)",
        "HUGEINT": "DECIMAL(38,0)",
        "UHUGEINT": "DECIMAL(38,0)",
    },
    other_type="VARCHAR",
    decimal="DECIMAL({0})",
    # Spark and Trino show a table's property of this name as its comment.
    comment_table="SELECT * FROM set_iceberg_table_properties({0}, {{'comment': {1}}})",
    comments_columns=False,
    has_views=False,
    lacks=("views", "comments on columns", "a type for JSON (it is text)", "durations"),
    # An update is one snapshot, which every catalog takes, and which hides no row meanwhile.
    updates_in_place=True,
    # A commit may be followed by another of the same load, or by another attempt.
    temporary="CREATE OR REPLACE TEMP TABLE {0} AS {1}",
)
