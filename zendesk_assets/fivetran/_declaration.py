"""What a relation in Fivetran's shape is declared with. No relation is declared here.

Most are a table of ours with other names for some columns: types and descriptions come from the
catalog. Times are in UTC, without a zone, because who reads Fivetran's tables casts them to such.
"""
# ruff: noqa: S608  # names of tables are quoted

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from zendesk_assets.analysis import AnalysisView, Column
from zendesk_assets.catalog import declared
from zendesk_assets.settings.sources import FIVETRAN_ENDING
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import ident, listing, qualified
from zendesk_assets.warehouse.tables import HISTORY_COLUMNS, fields_of, name_history

_ZONED: Final = "TIMESTAMP WITH TIME ZONE"
_Sql = Callable[[Surroundings], str]


@dataclass(frozen=True)
class Part:
    """A column, and its SQL over a row `t`."""

    column: Column
    sql: str


def in_utc(moment: str) -> str:
    """Return SQL for a moment in UTC, without a zone."""
    return f"({moment} AT TIME ZONE 'UTC')"


def taken(collection: str, *names: str) -> tuple[Part, ...]:
    """Return columns of a collection, `new=old` where they are called otherwise here."""
    fields = {each.name: each for each in fields_of(declared().collections[collection])}
    parts = []
    for name in names:
        new, _, old = name.partition("=")
        field = fields[old or new]
        is_zoned = field.sql_type == _ZONED
        column = Column(
            new,
            "TIMESTAMP" if is_zoned else field.sql_type,
            field.comment + (" In UTC." if is_zoned else ""),
            (f"{collection}.{field.name}",),
        )
        value = f"t.{ident(field.name)}"
        parts.append(Part(column, in_utc(value) if is_zoned else value))
    return tuple(parts)


def computed(name: str, kind: str, what: str, sql: str, *made_from: str) -> Part:
    """Return a column that is computed; `kind` is its type as DuckDB calls it."""
    return Part(Column(name, kind, what, made_from), sql)


def synced(collection: str) -> Part:
    """Return when a row was last written."""
    (part,) = taken(collection, "_fivetran_synced=loaded_at")
    return part


def ours(collection: str) -> tuple[Part, ...]:
    """Return the columns that Fivetran adds to a table."""
    return (*taken(collection, "_fivetran_deleted=_deleted"), synced(collection))


def columns_of(parts: Iterable[Part]) -> tuple[Column, ...]:
    """Return the columns alone."""
    return tuple(part.column for part in parts)


def listed(parts: Iterable[Part]) -> str:
    """Return the columns as the list of a SELECT."""
    return ",\n  ".join(f"{part.sql} AS {ident(part.column.name)}" for part in parts)


def declare(
    name: str,
    description: str,
    columns: Iterable[Column],
    reads: tuple[str, ...],
    sql: _Sql,
    grain: tuple[str, ...] = ("id",),
    more: Callable[[Surroundings], tuple[Column, ...]] | None = None,
) -> AnalysisView:
    """Return a relation; `grain` are the columns that no two of its rows have in common."""
    return AnalysisView(
        name=name,
        title=name,
        description=description,
        grain=grain,
        reads=reads,
        columns=tuple(columns),
        sql=sql,
        more=more,
        example="select * from {view} limit 5;",
        ending=FIVETRAN_ENDING,
        setting="fivetran",
    )


def states_of(around: Surroundings, collection: str) -> str:
    """Return what to write after FROM for each state of a collection, one for each `updated_at`.

    They are those of its history, if there is one beside the table, and the present ones: a
    history may lag behind, or be kept no longer. Of several, what was received last counts.
    """
    history = name_history(collection)
    there = around.look(history) if history in around.present else frozenset()
    if not there.issuperset(HISTORY_COLUMNS):  # or it is somebody's own, such as a dbt snapshot
        return around[collection]
    # No other columns of a history: `_place` is what an element's place is called, too.
    fields = around.dialect.fields(fields_of(declared().collections[collection]))
    columns = listing(each.name for each in fields)
    states = ", ".join(
        ident(each.name)
        if each.name in there
        else f"CAST(NULL AS {each.sql_type}) AS {ident(each.name)}"  # kept no longer since before
        for each in fields
    )
    both = (
        f"SELECT {states}, valid_from FROM {qualified(around.schema, history)}\n"
        f"UNION ALL SELECT {columns}, NULL FROM {around[collection]}"
    )
    # Of two from one batch, the present one is the table's, which has no `valid_from`.
    newest = "received_at DESC NULLS LAST, valid_from DESC NULLS FIRST"
    return (
        f"(SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY id, updated_at "
        f"ORDER BY {newest}) AS _newest FROM (\n{both}\n) AS every) AS states WHERE _newest = 1)"
    )


def table_of(
    name: str,
    collection: str,
    description: str,
    *parts: Part,
    where: str = "",
    grain: tuple[str, ...] = ("id",),
    of_states: bool = False,
) -> AnalysisView:
    """Return a relation with a row for each row of a table, or, `of_states`, for each state."""

    def build(around: Surroundings) -> str:
        condition = f"\nWHERE {where}" if where else ""
        rows = states_of(around, collection) if of_states else around[collection]
        return f"SELECT {listed(parts)}\nFROM {rows} AS t{condition}"

    return declare(name, description, columns_of(parts), (collection,), build, grain)


def list_of(
    name: str, collection: str, key: str, values: str, value: str, description: str
) -> AnalysisView:
    """Return a relation with a row for each value of a list, once, and the `key` of its row."""
    (owner,), (synced_at,) = taken(collection, f"{key}=id"), (synced(collection),)
    of_list = (f"{collection}.{values}",)

    def build(around: Surroundings) -> str:
        say = around.dialect
        rows = say.unnested.format(
            around[collection], say.elements.format(values), "_element", "_place"
        )
        text = say.scalar_text.format("t._element")
        return (
            f"SELECT DISTINCT {listed((owner, synced_at))}, {text} AS {value}\n"
            f"FROM {rows} AS t WHERE {text} IS NOT NULL"
        )

    columns = (owner.column, Column(value, "VARCHAR", "One of the list.", of_list))
    return declare(
        name, description, (*columns, synced_at.column), (collection,), build, (key, value)
    )


def empty(name: str, description: str, reads: str, *columns: Column) -> AnalysisView:
    """Return a relation that has no rows, because what would fill it cannot be had.

    It is made when the table that it `reads` is loaded, since whoever expects it looks for it.
    """

    def build(_around: Surroundings) -> str:
        nothing = ", ".join(f"NULL AS {ident(each.name)}" for each in columns)
        return f"SELECT {nothing} WHERE false"

    return declare(name, description, columns, (reads,), build, (columns[0].name,))
