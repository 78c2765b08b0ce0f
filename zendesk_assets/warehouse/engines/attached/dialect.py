"""DuckDB's SQL, where engines differ. Only data."""

from typing import Final

from zendesk_assets.warehouse.engines.dialect import Dialect

# By a JSON pointer, because a path cannot name every key.
_MEMBER: Final = "({0} -> ('/' || replace(replace({1}, '~', '~0'), '/', '~1')))"

DUCKDB: Final = Dialect(
    database="warehouse",
    relations=(
        "SELECT table_name, 'table' FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "UNION ALL SELECT view_name, 'view' FROM duckdb_views() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1)"
    ),
    folds_case=True,
    columns=(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "UNION ALL SELECT table_name, '', '', comment FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1) "
        "UNION ALL SELECT view_name, '', '', comment FROM duckdb_views() "
        "WHERE database_name = 'warehouse' AND lower(schema_name) = lower($1)"
    ),
    keys="unnest(json_keys({0}))",
    if_object="CASE WHEN json_type({0}) = 'OBJECT' THEN {0} END",
    smallest="coalesce(min({0}, {1}) FILTER (WHERE {2}), [])",
    # An index makes an upsert six times slower and the file half as large again.
    primary_keys=False,
    counts_at_once=True,
    row_id="rowid",
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
    member_by_key=_MEMBER,
    json_text="({0} ->> '$')",
    scalar_text="CASE WHEN json_type({0}) NOT IN ('OBJECT', 'ARRAY') THEN {0} ->> '$' END",
    elements="CASE WHEN json_type({0}) = 'ARRAY' THEN {0} -> '$[*]' END",
    elements_or_itself=(
        "CASE WHEN json_array_length({0}) > 0 THEN {0} -> '$[*]' ELSE [CAST({0} AS JSON)] END"
    ),
    members=(
        "CASE WHEN json_type({0}) = 'OBJECT' THEN list_transform(list_distinct(json_keys({0})), "
        f"lambda each: json_object('key', each, 'value', {_MEMBER.replace('{1}', 'each')})) END"
    ),
    unnested=(
        "(SELECT * EXCLUDE (_elements), unnest(_elements) AS {2}, "
        "generate_subscripts(_elements, 1) AS {3} FROM (SELECT *, {1} AS _elements FROM {0}))"
    ),
    replaces_any_view=True,
    comments_view_columns=True,
    retypes_in_place=True,
    # It rewrites all columns of a row group: three times slower where few rows of many change.
    updates_in_place=False,
    temporary="CREATE TEMP TABLE {0} AS {1}",
    keeps_while_reading=True,
    hex_number="CAST('0x' || {0} AS BIGINT)",
    bytewise="{0}",
)
