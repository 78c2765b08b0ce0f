"""Where the engines' SQL differs: names of types, what the catalogs are called, a few functions.

Only data. The column types of the catalog are named as DuckDB names them (`types.SQL_TYPES`); a
dialect says what they are called in its engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zendesk_assets.warehouse.tables import Field


@dataclass(frozen=True)
class Dialect:
    """The SQL of one engine.

    `database` comes before the schema in names, where there is one. `relations` is the query for
    (name, kind) of all that a new table of a schema ($1) could meet, `columns` that for
    (table, name, type, comment) of the columns of a schema's tables and views, with the comment on
    each of these under the name "". `folds_case` says that names which differ in the case of ASCII
    letters are one. `keys` are the keys of a JSON object `{0}` as rows, `if_object` is JSON `{0}`
    if it is an object, else NULL; `smallest` the `{1}` smallest of `{0}` where `{2}`, as a list;
    `row_id` is where a row is.
    `counts_at_once` says that counting a table's rows takes no time.

    `keywords` is the query for the words that no name may be without quotes, `days` is each day
    from `{0}` to `{1}` as rows, `try_cast` how to cast what may not fit. `with_members` is the
    table `{0}` with its JSON list `{1}` of {id, value} made ready as `_members`, of which `member`
    is the value of the one with the id `{1}`, and `json_text` any JSON value `{0}` as text.
    `replaces_any_view` says that a view can be replaced by one with other columns, whatever depends
    on it, `updates_in_place` that changing a row costs less than deleting it and inserting another.
    `hex_number` is the number that eight hexadecimal digits `{0}` spell, `bytewise` the text `{0}`
    as it is compared byte by byte.
    `temporary` creates a table `{0}` from a query `{1}` that is gone after the transaction, or with
    its connection.
    """

    database: str
    relations: str
    columns: str
    folds_case: bool
    keys: str
    if_object: str
    smallest: str
    primary_keys: bool
    counts_at_once: bool
    row_id: str
    keywords: str
    days: str
    try_cast: str
    with_members: str
    member: str
    json_text: str
    replaces_any_view: bool
    updates_in_place: bool
    temporary: str
    hex_number: str
    bytewise: str
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
