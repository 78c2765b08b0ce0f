"""Collections as boxes of rows, measured; and the links between their rows. No place on the page.

All heights are multiples of `GRID`, so that rows of boxes side by side are level, or half a row
apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from zendesk_assets.schema_diagram.drawing import BOLD, PLAIN, measure
from zendesk_assets.spec import SYSTEM_COLUMNS, Catalog, Collection, Column, NestedView

GRID: Final = 10.5
HEAD: Final = 2 * GRID
TITLE: Final = 10.5  # names of tables
LETTERS: Final = 8.0  # names of columns
SMALL: Final = 7.0  # all else
PAD: Final = 6.0
MARK_WIDTH: Final = 15.0
VIEWS: Final = "views"  # what stands for an area where views are shown
NOTE_ROOM: Final = 22.0  # an arrow before the name of the table that a row points at


@dataclass(frozen=True)
class Row:
    """A column of a table; `points_at` names the table whose ids it holds, `note` also its area.

    `is_known` says whether there is such a table.
    """

    name: str
    type_name: str
    description: str
    is_key: bool = False
    points_at: str = ""
    target_column: str = ""
    note: str = ""
    is_known: bool = False

    @property
    def font(self) -> str:
        """Return the font of its name."""
        return BOLD if self.is_key else PLAIN


@dataclass(frozen=True)
class Box:
    """A table as it is drawn, in points; `aside` is said at the right of its name."""

    name: str
    rows: tuple[Row, ...]
    aside: str
    description: str
    link: str

    @cached_property
    def width(self) -> float:
        """Return the width, that of the widest row."""
        head = 4 * PAD + measure(self.name, TITLE, BOLD) + measure(self.aside, SMALL)
        return max(head, *map(_row_width, self.rows))

    @cached_property
    def height(self) -> float:
        """Return the height, a multiple of the grid."""
        return HEAD + GRID * len(self.rows)

    def middle(self, at: int) -> float:
        """Return how far below the upper edge the middle of a row is."""
        return HEAD + GRID * (at + 0.5)


@dataclass(frozen=True, order=True)
class Link:
    """A row of one box that holds the value of a row of another; both by index."""

    source: int
    row: int
    target: int
    target_row: int


def full_box(collection: Collection, area: str, area_of: Mapping[str, str]) -> Box:
    """Return the box of a collection in the picture of its area, which names other areas.

    The columns that every table has are not repeated in each, unless one is of the key.
    """
    columns = _columns_of(collection)
    rows = tuple(_row(collection, each, area, area_of) for each in columns)
    others = len(SYSTEM_COLUMNS) - sum(each in SYSTEM_COLUMNS for each in columns)
    count = f"{len(columns)} + {others} columns"
    return Box(collection.name, rows, count, collection.description, collection.docs_url)


def view_box(view: NestedView, catalog: Catalog, area_of: Mapping[str, str]) -> Box:
    """Return the box of a view in the picture of all views; `area_of` has the tables there are."""
    columns = [each for each in view.every_column if each not in view.system_columns]
    rows = tuple(_row(view, each, VIEWS, area_of) for each in columns)
    link = catalog.collections[view.collection].docs_url
    return Box(view.name, rows, f"of {view.collection}", view.description, link)


def key_box(collection: Collection, area_of: Mapping[str, str]) -> Box:
    """Return the box of a collection with only its keys; its link leads to its area."""
    area = area_of[collection.name]
    within = dict.fromkeys(area_of, area)
    rows = [_row(collection, each, area, within) for each in _columns_of(collection)]
    keys = tuple(replace(row, type_name="") for row in rows if row.is_key or row.is_known)
    return Box(collection.name, keys, area_name(area), collection.description, f"#{area}")


def find_links(boxes: Sequence[Box]) -> list[Link]:
    """Return the links whose both ends are among the boxes."""
    ends = {
        (box.name, row.name): (at, place)
        for at, box in enumerate(boxes)
        for place, row in enumerate(box.rows)
    }
    return [
        Link(at, place, *ends[row.points_at, row.target_column])
        for at, box in enumerate(boxes)
        for place, row in enumerate(box.rows)
        if (row.points_at, row.target_column) in ends
    ]


def _columns_of(collection: Collection) -> tuple[Column, ...]:
    shown = (
        each
        for each in collection.system_columns
        if each not in SYSTEM_COLUMNS or each.name in collection.primary_key
    )
    return (*collection.columns, *shown)


def _row(
    collection: Collection | NestedView, column: Column, area: str, area_of: Mapping[str, str]
) -> Row:
    is_key, target = column.name in collection.primary_key, column.references
    row = Row(column.name, column.type_name, column.description, is_key)
    if not target:
        return row
    other = area_of.get(target.collection, area)
    note = "list of " if target.listed else ""
    note += target.collection if target.column == "id" else f"{target.collection}.{target.column}"
    note += f" ({area_name(other)})" if other != area else ""
    known = target.collection in area_of
    return replace(
        row, points_at=target.collection, target_column=target.column, note=note, is_known=known
    )


def _row_width(row: Row) -> float:
    name = measure(row.name, LETTERS, row.font)
    note = NOTE_ROOM + measure(row.note, SMALL) if row.note else 0
    kind = 12 + measure(row.type_name, SMALL) if row.type_name else 0
    return PAD + MARK_WIDTH + name + note + kind + PAD


def area_name(area: str) -> str:
    """Return the name of an area in words."""
    return area.replace("_", " ")
