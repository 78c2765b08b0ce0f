"""Where the engines' SQL differs: names of types, what the catalogs are called, a few functions.

Only data. The column types of the catalog are named as DuckDB names them (`types.SQL_TYPES`); a
dialect says what they are called in its engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from zendesk_assets.warehouse.tables import Field

__all__ = ["DUCKDB", "POSTGRES", "Dialect"]


@dataclass(frozen=True)
class Dialect:
    """The SQL of one engine.

    `database` comes before the schema in names, where there is one. `tables` is the query for the
    tables of a schema ($1), `columns` that for (name, type, comment) of the columns of a table
    ($1, $2), with the table's own comment under the name "". `relation` is the query for (name,
    kind) of what a table of that name ($1, $2) would meet, `folds_case` says that names
    which differ in the case of ASCII letters are one. `keys` are the keys of a JSON object
    `{0}` as rows, `if_object` is JSON `{0}` if it is an object, else NULL; `smallest` the `{1}`
    smallest of `{0}` where `{2}`, as a list; `row_id` is where a row is. `counts_at_once` says that
    counting a table's rows takes no time.

    `views` is the query for the views of a schema ($1), `keywords` that for the words that no name
    may be without quotes, `days` is each day from `{0}` to `{1}` as rows, `try_cast` how to cast
    what may not fit. `with_members` is the table `{0}` with its JSON list `{1}` of {id, value} made
    ready as `_members`, of which `member` is the value of the one with the id `{1}`, and
    `json_text` any JSON value `{0}` as text. `replaces_any_view` says that a view can be replaced
    by one with other columns, whatever depends on it.
    """

    database: str
    tables: str
    columns: str
    relation: str
    folds_case: bool
    keys: str
    if_object: str
    smallest: str
    primary_keys: bool
    counts_at_once: bool
    row_id: str
    views: str
    keywords: str
    days: str
    try_cast: str
    with_members: str
    member: str
    json_text: str
    replaces_any_view: bool
    types: Mapping[str, str] = field(default_factory=dict)
    other_type: str = ""

    def type_name(self, duckdb_type: str) -> str:
        """Return what DuckDB's type is called here; structures and lists are JSON elsewhere."""
        base, bracket, rest = duckdb_type.partition("(")
        if not self.other_type:
            return duckdb_type
        if base == "DECIMAL":
            return f"numeric({rest.removesuffix(')').replace(' ', '')})"
        plain = self.types.get(duckdb_type) or (self.types.get(base) if bracket else None)
        return plain or self.other_type

    def same_name(self, one: str, other: str) -> str:
        """Return the condition that two names, as SQL, are one."""
        return f"lower({one}) = lower({other})" if self.folds_case else f"{one} = {other}"

    def fields(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        """Return the fields with the types of this engine."""
        return tuple(replace(each, sql_type=self.type_name(each.sql_type)) for each in fields)


DUCKDB: Final = Dialect(
    database="warehouse",
    tables=(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1)"
    ),
    relation=(
        "SELECT table_name, 'table' FROM duckdb_tables() WHERE database_name = 'warehouse' "
        "AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2) "
        "UNION ALL SELECT view_name, 'view' FROM duckdb_views() WHERE database_name = 'warehouse' "
        "AND lower(schema_name) = lower($1) AND lower(view_name) = lower($2)"
    ),
    folds_case=True,
    columns=(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "AND lower(table_name) = lower($2) UNION ALL SELECT '', '', comment FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "AND lower(table_name) = lower($2) UNION ALL SELECT '', '', comment FROM duckdb_views() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "AND lower(view_name) = lower($2)"
    ),
    keys="unnest(json_keys({0}))",
    if_object="CASE WHEN json_type({0}) = 'OBJECT' THEN {0} END",
    smallest="coalesce(min({0}, {1}) FILTER (WHERE {2}), [])",
    # An index makes an upsert six times slower and the file half as large again.
    primary_keys=False,
    counts_at_once=True,
    row_id="rowid",
    views=(
        "SELECT view_name FROM duckdb_views() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1)"
    ),
    keywords=(
        "SELECT keyword_name FROM duckdb_keywords() "
        "WHERE keyword_category IN ('reserved', 'type_function')"
    ),
    days="unnest(generate_series({0}, {1}, INTERVAL '1 day'))",
    try_cast="TRY_CAST",
    with_members=(
        """(SELECT *, from_json({1}, '[{{"id":"BIGINT","value":"JSON"}}]') AS _members FROM {0})"""
    ),
    member="list_filter({0}, lambda each: each.id = {1})[1].value",
    json_text="({0} ->> '$')",
    replaces_any_view=True,
)

POSTGRES: Final = Dialect(
    database="",
    tables=(
        "SELECT relname FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE nspname = $1 AND relkind IN ('r', 'p', 'f')"
    ),
    relation=(
        "SELECT relname, CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' "
        "WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' "
        "WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END "
        "FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE nspname = $1 AND relname = $2 UNION ALL SELECT typname, 'type' "
        "FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace "
        "WHERE nspname = $1 AND typname = $2 AND typrelid = 0 AND typcategory <> 'A'"
    ),
    folds_case=False,
    columns=(
        "SELECT coalesce(attname, ''), coalesce(format_type(atttypid, atttypmod), ''), description "
        "FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "LEFT JOIN LATERAL (SELECT attname, atttypid, atttypmod, attnum "
        "FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped "
        "UNION ALL SELECT NULL, NULL, NULL, 0) AS a ON true "
        "LEFT JOIN pg_catalog.pg_description AS d "
        "ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass "
        "AND d.objsubid = a.attnum "
        "WHERE nspname = $1 AND relname = $2 AND relkind IN ('r', 'p', 'f', 'v') "
        "ORDER BY a.attnum"
    ),
    keys="jsonb_object_keys({0})",
    if_object="CASE WHEN jsonb_typeof({0}) = 'object' THEN {0} END",
    smallest="coalesce((array_agg({0} ORDER BY {0}) FILTER (WHERE {2}))[1:{1}], '{{}}')",
    primary_keys=True,
    # It reads the whole index, or the whole table where that is not vacuumed.
    counts_at_once=False,
    row_id="ctid",
    views=(
        "SELECT relname FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE nspname = $1 AND relkind = 'v'"
    ),
    keywords="SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')",
    days="generate_series({0}, {1}, INTERVAL '1 day')",
    try_cast="CAST",
    # An aggregate, so that it is not computed again for each requested member.
    with_members=(
        "(SELECT t.*, m._members FROM {0} AS t LEFT JOIN LATERAL "
        "(SELECT jsonb_object_agg(e ->> 'id', e -> 'value') AS _members FROM jsonb_array_elements("
        "CASE WHEN jsonb_typeof(t.{1}) = 'array' THEN t.{1} ELSE '[]' END) AS e "
        "WHERE e ->> 'id' IS NOT NULL) AS m ON true)"
    ),
    member="({0} -> '{1}')",
    json_text="({0} #>> '{{}}')",
    replaces_any_view=False,
    types={
        "VARCHAR": "text",
        "BIGINT": "bigint",
        "INTEGER": "integer",
        "SMALLINT": "smallint",
        "TINYINT": "smallint",
        "UTINYINT": "smallint",
        "USMALLINT": "integer",
        "UINTEGER": "bigint",
        "UBIGINT": "numeric",
        "HUGEINT": "numeric",
        "UHUGEINT": "numeric",
        "DOUBLE": "double precision",
        "FLOAT": "real",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIME": "time without time zone",
        "TIMESTAMP": "timestamp without time zone",
        "TIMESTAMP_S": "timestamp without time zone",
        "TIMESTAMP_MS": "timestamp without time zone",
        "TIMESTAMP_NS": "timestamp without time zone",
        "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
        "INTERVAL": "interval",
        "UUID": "uuid",
        "BLOB": "bytea",
        "ENUM": "text",
        "JSON": "jsonb",
    },
    other_type="jsonb",
)
