"""PostgreSQL's SQL, where engines differ. Only data."""

from typing import Final

from zendesk_assets.warehouse.engines.dialect import Dialect

POSTGRES: Final = Dialect(
    database="",
    relations=(
        "SELECT relname, CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' "
        "WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' "
        "WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END "
        "FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE nspname = $1 UNION ALL SELECT typname, 'type' "
        "FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace "
        "WHERE nspname = $1 AND typrelid = 0 AND typcategory <> 'A'"
    ),
    folds_case=False,
    columns=(
        "SELECT relname, coalesce(attname, ''), coalesce(format_type(atttypid, atttypmod), ''), "
        "description "
        "FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
        "LEFT JOIN LATERAL (SELECT attname, atttypid, atttypmod, attnum "
        "FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped "
        "UNION ALL SELECT NULL, NULL, NULL, 0) AS a ON true "
        "LEFT JOIN pg_catalog.pg_description AS d "
        "ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass "
        "AND d.objsubid = a.attnum "
        "WHERE nspname = $1 AND relkind IN ('r', 'p', 'f', 'v') "
        "ORDER BY a.attnum"
    ),
    keys="jsonb_object_keys({0})",
    if_object="CASE WHEN jsonb_typeof({0}) = 'object' THEN {0} END",
    smallest="coalesce((array_agg({0} ORDER BY {0}) FILTER (WHERE {2}))[1:{1}], '{{}}')",
    primary_keys=True,
    # It reads the whole index, or the whole table where that is not vacuumed.
    counts_at_once=False,
    row_id="ctid",
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
    member_by_key="({0} -> {1})",
    json_text="({0} #>> '{{}}')",
    scalar_text=("CASE WHEN jsonb_typeof({0}) NOT IN ('object', 'array') THEN {0} #>> '{{}}' END"),
    elements="CASE WHEN jsonb_typeof({0}) = 'array' THEN {0} ELSE '[]' END",
    elements_or_itself=(
        "CASE WHEN jsonb_typeof({0}) = 'array' AND {0} <> '[]' THEN {0} "
        "ELSE jsonb_build_array({0}) END"
    ),
    members=(
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('key', m.key, 'value', m.value)), '[]') "
        "FROM jsonb_each(CASE WHEN jsonb_typeof({0}) = 'object' THEN {0} ELSE '{{}}' END) AS m)"
    ),
    unnested=(
        "(SELECT * FROM {0} AS around "
        "CROSS JOIN LATERAL jsonb_array_elements({1}) WITH ORDINALITY AS element ({2}, {3}))"
    ),
    replaces_any_view=False,
    comments_view_columns=True,
    retypes_in_place=True,
    updates_in_place=True,
    # A pooler may give the connection to the next transaction.
    temporary="CREATE TEMP TABLE {0} ON COMMIT DROP AS {1}",
    keeps_while_reading=False,
    hex_number="CAST(CAST('x' || {0} AS bit(32)) AS bigint)",
    bytewise='{0} COLLATE "C"',
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
