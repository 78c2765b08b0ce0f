"""Where the engines' SQL differs: names of types, what the catalogs are called, a few functions.

Only data. The column types of the catalog are named as DuckDB names them (`types.SQL_TYPES`); a
dialect says what they are called in its engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zendesk_assets.warehouse.tables import Field


@dataclass(frozen=True)
class Dialect:
    """The SQL of one engine. In texts, `{0}`, `{1}`, … stand for SQL that is filled in."""

    # Comes before the schema in names; "" where there is no such part.
    database: str
    # Query for (name, kind) of all that a new table of a schema ($1) could meet.
    relations: str
    # Query for (table, name, type, comment) of the columns of a schema's ($1) tables and views; the
    # comment on a table or view itself has the name "".
    columns: str
    # Whether names that differ in the case of ASCII letters are one.
    folds_case: bool
    # The keys of a JSON object {0}, as rows.
    keys: str
    # JSON {0} if it is an object, else NULL.
    if_object: str
    # The {1} smallest of {0} where {2}, as a list.
    smallest: str
    # Whether tables get a primary key.
    primary_keys: bool
    # Whether counting a table's rows takes no time.
    counts_at_once: bool
    # The system column that says where a row of a temporary table is.
    row_id: str
    # Query for the words that no name may be without quotes.
    keywords: str
    # Each day from {0} to {1}, as rows.
    days: str
    # The word that casts what may not fit: TRY_CAST, or CAST where there is no such word.
    try_cast: str
    # The table {0} with its JSON list {1} of {id, value} made ready as `_members`.
    with_members: str
    # The value of the id {1} in `_members`, which is {0}.
    member: str
    # The member of a JSON object {0} whose key is the text {1}, whatever is in that.
    member_by_key: str
    # Any JSON value {0} as text.
    json_text: str
    # A JSON value {0} as text if it is neither an object nor a list, else NULL.
    scalar_text: str
    # The elements of a JSON list {0} for `unnested`; none if it is not a list.
    elements: str
    # The same; what is not a list, or is an empty one, is the one element.
    elements_or_itself: str
    # The members of a JSON object {0} as such elements, {key, value}; none if it is no object.
    members: str
    # The rows of {0} for each of the elements {1}, with the element as {2} and its place as {3}.
    unnested: str
    # Whether a view can be replaced by one with other columns, whatever depends on it.
    replaces_any_view: bool
    # Whether the columns of a view can have comments; they stand in the view's own otherwise.
    comments_view_columns: bool
    # Whether a column can get another type; a new one takes its place otherwise.
    retypes_in_place: bool
    # Whether changing a row costs less than deleting it and inserting another.
    updates_in_place: bool
    # Creates a table {0} from a query {1} that is gone after the transaction, or the connection.
    temporary: str
    # Whether a transaction that only reads may create such a table.
    keeps_while_reading: bool
    # The number that eight hexadecimal digits {0} spell.
    hex_number: str
    # The text {0} as it is compared byte by byte.
    bytewise: str
    # What DuckDB's types are called here, where the name differs; the rest is `other_type`, or, if
    # that is "", keeps its name.
    types: Mapping[str, str] = field(default_factory=dict)
    other_type: str = ""
    # Query like `columns`, with the columns of views, where those are too dear to ask for always.
    columns_of_views: str = ""
    # By the type of a column, the condition that nothing of a value {0} is lost there.
    keeps: Mapping[str, str] = field(default_factory=dict)
    # What a decimal with precision and scale {0} is called, where there is an `other_type`.
    decimal: str = "numeric({0})"
    # Describes the table {0} as {1}.
    comment_table: str = "COMMENT ON TABLE {0} IS {1}"
    comments_columns: bool = True
    has_views: bool = True
    # Whether a line of the load log may be written once more, after another writer's of that batch.
    logs_again: bool = False
    # What the format lacks that other engines have, in words.
    lacks: tuple[str, ...] = ()

    def type_name(self, duckdb_type: str) -> str:
        """Return what DuckDB's type is called here; structures and lists are JSON elsewhere."""
        base, bracket, rest = duckdb_type.partition("(")
        if not self.other_type:
            return duckdb_type
        if base == "DECIMAL":
            return self.decimal.format(rest.removesuffix(")").replace(" ", ""))
        plain = self.types.get(duckdb_type) or (self.types.get(base) if bracket else None)
        return plain or self.other_type

    def same_name(self, one: str, other: str) -> str:
        """Return the condition that two names, as SQL, are one."""
        return f"lower({one}) = lower({other})" if self.folds_case else f"{one} = {other}"

    def fields(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        """Return the fields with the types of this engine."""
        return tuple(replace(each, sql_type=self.type_name(each.sql_type)) for each in fields)
