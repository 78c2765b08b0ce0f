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
# What every history has: by these it is told from what others call so.
HISTORY_COLUMNS: Final = frozenset({*(each.name for each in VALIDITY), *STATE_KEY, "_digest"})
# What the description of a history says until all that the hub still has is in it again.
REFILLING: Final = ", being filled again"
_OF_NO_COLUMNS: Final = "0" * 12
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


def _log(name: str, description: str, columns: str, key: tuple[str, ...] = ()) -> Relation:
    """Return a table of the load log; a line of `columns` is a name, a type, and what it is."""
    lines = (line.split(maxsplit=2) for line in columns.strip().splitlines())
    fields = (Field(column, _TYPES.get(kind, kind), said) for column, kind, said in lines)
    return Relation(name, tuple(fields), key, description)


_TYPES: Final = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
LOAD_LOG: Final[dict[str, Relation]] = {
    "_loads": _log(
        "_loads",
        "Which batch of the hub is in which table, and what became of its rows.",
        """
        batch_id VARCHAR The batch: a folder of the hub, or what a DataFrame was loaded as.
        collection VARCHAR The table it was loaded into.
        rows_in BIGINT Rows that came out of the batch, all told.
        inserted BIGINT Rows that are new in the table.
        updated BIGINT Rows that replaced an older state.
        unchanged BIGINT Rows that left the table as it was: the same, or an older state.
        quarantined BIGINT Rows that could not be read: they are in _rejects.
        received_at TIMESTAMPTZ When the batch landed in the hub.
        loaded_at TIMESTAMPTZ When it was loaded.
        superseded BIGINT How many quarantined rows a newer, readable state has replaced since.
        """,
        ("collection", "batch_id"),
    ),
    "_rejects": _log(
        "_rejects",
        "Rows that could not be read and stayed out (errors), and rows that are in their table "
        "without a value that does not fit its column (warnings).",
        """
        batch_id VARCHAR The batch the record came with.
        collection VARCHAR The table it belongs to.
        line BIGINT The line of the record in its part of the batch.
        part VARCHAR The file of the batch that has the record.
        primary_key VARCHAR The key of the row, as text, as far as it can be read.
        reason VARCHAR Why the row or the value was rejected.
        record VARCHAR The record as it was received.
        rejected_at TIMESTAMPTZ When it was rejected last.
        version TIMESTAMPTZ The time of this state of the record, as far as it can be read.
        received_at TIMESTAMPTZ When this state of the record landed in the hub.
        first_seen TIMESTAMPTZ When the row was rejected for the first time.
        severity VARCHAR error: the row is not in the table; warning: it is, without the value.
        """,
    ),
    "_tombstones": _log(
        "_tombstones",
        "What deletes or wipes rows that other records have brought.",
        """
        collection VARCHAR The table whose rows are deleted or wiped.
        key BIGINT The id that those rows have: of the row, or of the record it belongs to.
        version TIMESTAMPTZ The time of the state that says so: older rows are affected.
        received_at TIMESTAMPTZ When that state landed in the hub.
        """,
        ("collection", "key"),
    ),
    "_account": _log(
        "_account",
        "The Zendesk account that fills this schema.",
        """
        subdomain VARCHAR Its subdomain, as acme of acme.zendesk.com.
        url VARCHAR Its address.
        host VARCHAR The host that its own records name.
        groups VARCHAR The ids of its groups, as a JSON list, by which it is recognized.
        since TIMESTAMPTZ When it was recorded here.
        """,
    ),
}


def relation_of(collection: Collection) -> Relation:
    """Return a collection's table."""
    name, fields = collection.name, fields_of(collection)
    return Relation(name, fields, collection.primary_key, collection.description)


def name_history(table: str) -> str:
    """Return the name of the table with all states of the rows of a table."""
    return f"{table}_history"


def history_of(
    collection: Collection, *, is_refilling: bool = False, is_outdated: bool = False
) -> Relation:
    """Return the table with all states of a collection's rows.

    Its description ends with a fingerprint of the columns that make a state (of none, where it
    must be filled again whatever they are), and says whether it is being filled again, which may
    take several transactions.
    """
    system = fields_of(collection)[len(collection.columns) :]
    fields = (*fields_of(collection)[: len(collection.columns)], *VALIDITY, *system, *_STATE)
    text = repr([(each.name, each.sql_type) for each in fields])
    stamp = sha256(f"{text}{collection.primary_key}{collection.version}".encode()).hexdigest()[:12]
    stamp = _OF_NO_COLUMNS if is_outdated else stamp
    return Relation(
        name_history(collection.name),
        fields,
        (*collection.primary_key, *STATE_KEY),
        f"Every state that a row of {collection.name} has had, as far as the hub has received it. "
        f"[columns {stamp}{REFILLING if is_refilling else ''}]",
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
    table: str,
    description: str,
    fields: tuple[Field, ...],
    present: dict[str, str | None],
    of_table: str = "COMMENT ON TABLE {0} IS {1}",
) -> list[str]:
    """Return the statements for missing or outdated descriptions; "" is the table."""
    statements = []
    if description and present.get("") != description:
        statements.append(of_table.format(table, literal(description)))
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
