"""Collections as boxes of rows, measured; and the links between their rows. No place on the page.

All heights are multiples of `GRID`, so that rows of boxes side by side are level, or half a row
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zendesk_assets.schema_diagram.drawing import BOLD, PLAIN, measure
from zendesk_assets.spec import Collection, Column

__all__ = [
    "GRID",
    "HEAD",
    "LETTERS",
    "MARK_WIDTH",
    "NOTE_ROOM",
    "PAD",
    "SMALL",
    "Box",
    "Link",
    "Row",
    "find_links",
    "make_box",
]

GRID: Final = 10.5
HEAD: Final = 2 * GRID
LETTERS: Final = 8.0  # names
SMALL: Final = 7.0  # all else
PAD: Final = 6.0
MARK_WIDTH: Final = 15.0
NOTE_ROOM: Final = 22.0  # an arrow before the name of the table that a row points at


@dataclass(frozen=True)
class Row:
    """A column of a table; `points_at` names the table whose ids it holds."""

    column: Column
    is_key: bool
    is_ours: bool

    @property
    def points_at(self) -> str:
        """Return the name of the table whose ids the column holds, or nothing."""
        return self.column.references.collection if self.column.references else ""

    @property
    def note(self) -> str:
        """Return what is said beside the name about where the ids point, or nothing."""
        target = self.column.references
        return f"{self.points_at}{' (list)' if target and target.listed else ''}"

    @property
    def font(self) -> str:
        """Return the font of its name."""
        return BOLD if self.is_key else PLAIN


@dataclass(frozen=True)
class Box:
    """A table as it is drawn, in points; its lower edge is the last row's."""

    collection: Collection
    rows: tuple[Row, ...]
    width: float

    @property
    def name(self) -> str:
        """Return the name of the table."""
        return self.collection.name

    @property
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


def make_box(collection: Collection) -> Box:
    """Return the box of a collection, as wide as its widest row."""
    rows = [
        *(Row(c, c.name in collection.primary_key, is_ours=False) for c in collection.columns),
        *(Row(c, is_key=False, is_ours=True) for c in collection.system_columns),
    ]
    head = measure(collection.name, 10.5, BOLD) + 90
    return Box(collection, tuple(rows), max(head, *(_row_width(row) for row in rows)))


def find_links(boxes: Sequence[Box]) -> list[Link]:
    """Return the links whose both ends are among the boxes."""
    ends = {
        (box.name, row.column.name): (at, place)
        for at, box in enumerate(boxes)
        for place, row in enumerate(box.rows)
    }
    return [
        Link(at, place, *ends[target.collection, target.column])
        for at, box in enumerate(boxes)
        for place, row in enumerate(box.rows)
        if (target := row.column.references) and (target.collection, target.column) in ends
    ]


def _row_width(row: Row) -> float:
    name = measure(row.column.name, LETTERS, row.font)
    note = NOTE_ROOM + measure(row.note, SMALL) if row.note else 0
    kind = measure(row.column.type_name, SMALL)
    return PAD + MARK_WIDTH + name + note + 12 + kind + PAD
