"""What a person sees of a table or view: its columns, some rows, and each row's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from zendesk_assets.account import chosen_collections
from zendesk_assets.analysis import VIEWS
from zendesk_assets.catalog import declared
from zendesk_assets.plain_text import spell_out_controls
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.warehouse.sql import ident, qualified

_ROWS: Final = 50
# More rows are shown in the order in which the engine finds them: to sort them takes seconds.
_SORTED: Final = 1_000_000
_LONGEST: Final = 2_000


@dataclass(frozen=True)
class ShownColumn:
    """A column: its name, type and meaning, and the table and column that an id refers to."""

    name: str
    type_name: str
    description: str
    table: str = ""
    target: str = ""


@dataclass(frozen=True)
class Relation:
    """A table or view of a source: `collection` is None for a view."""

    name: str
    kind: str
    description: str
    columns: tuple[ShownColumn, ...]
    collection: Collection | None = None
    docs_url: str = ""

    @property
    def has_why(self) -> bool:
        """Return whether `why` can be asked about its rows."""
        return self.collection is not None and not self.collection.is_series


@dataclass(frozen=True)
class Rows:
    """Some rows: the names of the columns, and for each row its key as text, and its values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]
    is_sorted: bool


def find_relation(source: Source, name: str) -> Relation | None:
    """Return the table or view of a source with this name; None if it has none."""
    chosen = {each.name: each for each in chosen_collections(source)}
    if name in chosen:
        return _of_collection(chosen[name])
    view = declared().views.get(name)
    if view and view.collection in chosen:
        return Relation(name, "view", view.description, _columns(view.every_column))
    analysis = VIEWS.get(name)
    if analysis and source.analysis:
        columns = tuple(
            ShownColumn(each.name, each.sql_type, each.description) for each in analysis.columns
        )
        return Relation(name, "view", analysis.description, columns)
    return None


def view_names(source: Source) -> list[str]:
    """Return the names of the views that a source may have, ascending."""
    chosen = {each.name for each in chosen_collections(source)}
    nested = [name for name, each in declared().views.items() if each.collection in chosen]
    return sorted([*nested, *(VIEWS if source.analysis else ())])


def read_rows(warehouse: Warehouse, schema: str, relation: Relation, rows: int) -> Rows:
    """Return some rows, the newest first if there are not too many to sort them.

    Raises:
        WarehouseError: if the warehouse has no such relation, or cannot be read.
    """
    collection = relation.collection
    is_sorted = collection is not None and rows <= _SORTED
    order = f" ORDER BY {ident(collection.version)} DESC" if collection and is_sorted else ""
    place = qualified(schema, relation.name)
    found = warehouse.query(f"SELECT * FROM {place}{order}", _ROWS, [schema])  # noqa: S608 # quoted
    keys = [
        found.columns.index(each)
        for each in (collection.primary_key if collection else ())
        if each in found.columns
    ]
    shown = tuple(
        (",".join(str(row[place]) for place in keys), tuple(map(_shown, row))) for row in found.rows
    )
    return Rows(tuple(found.columns), shown, is_sorted)


def _of_collection(collection: Collection) -> Relation:
    columns = _columns((*collection.columns, *collection.system_columns))
    return Relation(
        collection.name,
        "table",
        collection.description,
        columns,
        collection,
        collection.docs_url,
    )


def _columns(columns: Iterable[Any]) -> tuple[ShownColumn, ...]:
    found = []
    for each in columns:
        refers = each.references
        place = (refers.collection, refers.column) if refers else ("", "")
        found.append(ShownColumn(each.name, each.type_name, each.description, *place))
    return tuple(found)


def _shown(value: Any) -> str | None:
    """Return a value as text that fits into a cell; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "strftime") else str(value)
    return spell_out_controls(text[:_LONGEST])
