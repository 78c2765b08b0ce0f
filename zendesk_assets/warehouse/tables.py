"""The tables of a schema as DDL: a collection's own, and the load log beside them.

Only pure functions that return SQL, types as DuckDB calls them. `_loads` says which batch is in
which table, and how many of its `quarantined` rows a newer state has `superseded` since; `_rejects`
holds the rows that could not be read and stayed out (errors), and those that are in the table
without a value that does not fit its column (warnings); `_tombstones`, what deletes or wipes rows
that other records have brought; `_account` is the account that fills the schema, with ids of groups
as a JSON list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.types import SQL_TYPES

# What a reject has cost: the row, or a value of it. Older rejects without it cost the row.
ERROR: Final = "error"
WARNING: Final = "warning"


@dataclass(frozen=True)
class Field:
    """One column of a table as the engine sees it."""

    name: str
    sql_type: str
    comment: str = ""
    required: bool = False


# When a state was valid, in a history.
VALIDITY: Final = (
    Field("valid_from", "TIMESTAMP WITH TIME ZONE", "Since when the row was as it is here."),
    Field(
        "valid_to", "TIMESTAMP WITH TIME ZONE", "Until when, exclusive; NULL for its newest state."
    ),
)
_STATE: Final = (
    Field("_place", "BIGINT", "The place of this state among the rows of its batch; 0 if none."),
    Field("_digest", "VARCHAR", "The same in two states of a row that do not differ."),
)
# What tells the states of a row apart.
STATE_KEY: Final = ("_batch_id", "_place")
_REQUIRED: Final = ("_deleted",)  # every row says so, from the first load on


@dataclass(frozen=True)
class Relation:
    """A table as it should be: its columns in order, by which of them rows are told apart."""

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    description: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(field.name for field in self.fields)


def _log(name: str, columns: str, key: tuple[str, ...] = ()) -> Relation:
    pairs = (each.split(" ", maxsplit=1) for each in columns.split(", "))
    return Relation(name, tuple(Field(column, kind) for column, kind in pairs), key)


LOAD_LOG: Final[dict[str, Relation]] = {
    "_loads": _log(
        "_loads",
        "batch_id VARCHAR, collection VARCHAR, rows_in BIGINT, inserted BIGINT, updated BIGINT, "
        "unchanged BIGINT, quarantined BIGINT, received_at TIMESTAMP WITH TIME ZONE, "
        "loaded_at TIMESTAMP WITH TIME ZONE, superseded BIGINT",
        ("collection", "batch_id"),
    ),
    "_rejects": _log(
        "_rejects",
        "batch_id VARCHAR, collection VARCHAR, line BIGINT, part VARCHAR, primary_key VARCHAR, "
        "reason VARCHAR, record VARCHAR, rejected_at TIMESTAMP WITH TIME ZONE, "
        "version TIMESTAMP WITH TIME ZONE, received_at TIMESTAMP WITH TIME ZONE, "
        "first_seen TIMESTAMP WITH TIME ZONE, severity VARCHAR",
    ),
    "_tombstones": _log(
        "_tombstones",
        "collection VARCHAR, key BIGINT, version TIMESTAMP WITH TIME ZONE, "
        "received_at TIMESTAMP WITH TIME ZONE",
        ("collection", "key"),
    ),
    "_account": _log(
        "_account",
        "subdomain VARCHAR, url VARCHAR, host VARCHAR, groups VARCHAR, "
        "since TIMESTAMP WITH TIME ZONE",
    ),
}


def relation_of(collection: Collection) -> Relation:
    """Return a collection's table."""
    name, fields = collection.name, fields_of(collection)
    return Relation(name, fields, collection.primary_key, collection.description)


def name_history(table: str) -> str:
    """Return the name of the table with all states of the rows of a table."""
    return f"{table}_history"


def history_of(collection: Collection) -> Relation:
    """Return the table with all states of a collection's rows.

    Its description ends with a fingerprint of the columns that make a state.
    """
    system = fields_of(collection)[len(collection.columns) :]
    fields = (*fields_of(collection)[: len(collection.columns)], *VALIDITY, *system, *_STATE)
    text = repr([(each.name, each.sql_type) for each in fields])
    stamp = sha256(f"{text}{collection.primary_key}{collection.version}".encode()).hexdigest()
    return Relation(
        name_history(collection.name),
        fields,
        (*collection.primary_key, *STATE_KEY),
        f"Every state that a row of {collection.name} has had, as far as the hub has received it. "
        f"[columns {stamp[:12]}]",
    )


def fields_of(collection: Collection) -> tuple[Field, ...]:
    """Return the columns of a collection's table: the catalog's in order, then the system's."""
    return tuple(
        Field(c.name, SQL_TYPES[c.type], c.description, required=c.name in _REQUIRED)
        for c in (*collection.columns, *collection.system_columns)
    )


def build_create(table: str, fields: Iterable[Field], key: tuple[str, ...] = ()) -> str:
    """Return the statement that creates a table (a quoted name) unless it exists."""
    lines = [f"{ident(f.name)} {f.sql_type}{' NOT NULL' if f.required else ''}" for f in fields]
    lines += [f"PRIMARY KEY ({listing(key)})"] if key else []
    columns = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {table} (\n  {columns}\n)"


def build_additions(table: str, fields: tuple[Field, ...], present: dict[str, str]) -> list[str]:
    """Return the statements that add the columns that the table does not have."""
    return [
        f"ALTER TABLE {table} ADD COLUMN {ident(field.name)} {field.sql_type}"
        for field in fields
        if field.name not in present
    ]


def build_comments(
    table: str, description: str, fields: tuple[Field, ...], present: dict[str, str | None]
) -> list[str]:
    """Return the statements for missing or outdated descriptions; "" is the table."""
    statements = []
    if description and present.get("") != description:
        statements.append(f"COMMENT ON TABLE {table} IS {literal(description)}")
    for field in fields:
        if field.comment and present.get(field.name) != field.comment:
            column = f"{table}.{ident(field.name)}"
            statements.append(f"COMMENT ON COLUMN {column} IS {literal(field.comment)}")
    return statements


def find_changed_types(fields: tuple[Field, ...], present: dict[str, str]) -> list[str]:
    """Return a phrase for each column that has the wrong type in the table."""
    return [
        f"{field.name} is {present[field.name]} but should be {field.sql_type}"
        for field in fields
        if present.get(field.name, field.sql_type) != field.sql_type
    ]
