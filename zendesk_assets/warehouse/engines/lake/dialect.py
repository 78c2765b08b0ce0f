"""The SQL of lakes, where it is not DuckDB's own. Only data."""
# ruff: noqa: S608  # names are ours

from dataclasses import replace
from typing import Final

from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB

_CATALOG: Final = "__ducklake_metadata_warehouse"
# What there is in the snapshot that the transaction reads.
_THERE: Final = (
    "{0}.begin_snapshot <= (SELECT id FROM warehouse.current_snapshot()) AND "
    "coalesce({0}.end_snapshot > (SELECT id FROM warehouse.current_snapshot()), true)"
)
_RELATIONS: Final = " UNION ALL ".join(
    f"SELECT {kind}_id AS id, {kind}_name AS name, '{kind}' AS kind "
    f"FROM {_CATALOG}.ducklake_{kind} AS o JOIN {_CATALOG}.ducklake_schema AS s USING (schema_id) "
    f"WHERE lower(schema_name) = lower($1) AND {_THERE.format('o')} AND {_THERE.format('s')}"
    for kind in ("table", "view")
)
_COMMENT: Final = f"k.key = 'comment' AND {_THERE.format('k')}"
# Another type is NULL: DuckDB's own query has its name.
_TYPES: Final = (
    "CASE c.column_type WHEN 'int64' THEN 'BIGINT' WHEN 'float64' THEN 'DOUBLE' "
    "WHEN 'timestamptz' THEN 'TIMESTAMP WITH TIME ZONE' WHEN 'varchar' THEN 'VARCHAR' "
    "WHEN 'boolean' THEN 'BOOLEAN' WHEN 'json' THEN 'JSON' WHEN 'date' THEN 'DATE' END"
)

# DuckDB's own functions would ask for the statistics of each table, and bind each view, which takes
# longer than a load of a few rows.
DUCKLAKE: Final = replace(
    DUCKDB,
    comments_view_columns=False,
    retypes_in_place=False,
    relations=f"SELECT name, kind FROM ({_RELATIONS})",
    columns=(
        f"(SELECT o.name, c.column_name, {_TYPES}, k.value FROM ({_RELATIONS}) AS o "
        f"JOIN {_CATALOG}.ducklake_column AS c ON c.table_id = o.id AND {_THERE.format('c')} "
        f"LEFT JOIN {_CATALOG}.ducklake_column_tag AS k "
        f"ON k.table_id = o.id AND k.column_id = c.column_id AND {_COMMENT} "
        "WHERE c.parent_column IS NULL ORDER BY o.id, c.column_order) "
        f"UNION ALL SELECT o.name, '', '', k.value FROM ({_RELATIONS}) AS o "
        f"LEFT JOIN {_CATALOG}.ducklake_tag AS k ON k.object_id = o.id AND {_COMMENT}"
    ),
    columns_of_views=DUCKDB.columns,
    keeps={"INTERVAL": "epoch_us({0}) % 1000 = 0"},  # Parquet has milliseconds
)

# The same by DuckDB's functions: what a transaction has changed is in the catalog at its end only.
AFTER_CHANGES: Final = {DUCKLAKE.relations: DUCKDB.relations, DUCKLAKE.columns: DUCKDB.columns}

# https://iceberg.apache.org/spec/#primitive-types; JSON is text there.
_SAME: Final = (
    "BIGINT", "BLOB", "BOOLEAN", "DATE", "DOUBLE", "FLOAT", "INTEGER", "TIME", "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE", "UUID",
)  # fmt: skip
ICEBERG: Final = replace(
    DUCKDB,
    comments_view_columns=False,
    retypes_in_place=False,
    types={
        **{each: each for each in _SAME},
        **dict.fromkeys(("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"), "INTEGER"),
        **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "TIMESTAMP"),
        "UINTEGER": "BIGINT",
        "UBIGINT": "DECIMAL(20,0)",
        **dict.fromkeys(("HUGEINT", "UHUGEINT"), "DECIMAL(38,0)"),
    },
    other_type="VARCHAR",
    decimal="DECIMAL({0})",
    # Spark and Trino show a table's property of this name as its comment.
    comment_table="SELECT * FROM set_iceberg_table_properties($${0}$$, {{'comment': {1}}})",
    comments_columns=False,
    has_views=False,
    lacks=("views", "comments on columns", "a type for JSON (it is text)", "durations"),
    logs_again=True,
    # An update is one snapshot, which every catalog takes, and which hides no row meanwhile.
    updates_in_place=True,
    # A commit may be followed by another of the same load, or by another attempt.
    temporary="CREATE OR REPLACE TEMP TABLE {0} AS {1}",
)
