"""Tables that fit: if there is not enough room, the least important columns are left out.

rich would wrap or cut every cell a little instead. The contents do not matter here.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from zendesk_assets.cli.terminal import Console

BAR: Final = 12  # characters of a progress bar
_LARGEST_GAP: Final = 2
_SMALLEST_GAP: Final = 1
_PIPE: Final = 100  # the width if none is known


@dataclass(frozen=True)
class GridColumn:
    """A column: the one with the highest `rank` is dropped first if there is no room (0: never).

    `least` is its minimum width, so that growing numbers do not make the table jump.
    """

    title: str
    cells: Sequence[RenderableType]
    rank: int = 0
    least: int = 0
    right: bool = True

    @property
    def width(self) -> int:
        """Return the width of its widest cell."""
        return max(self.least, len(self.title), *(_width(cell) for cell in self.cells))


def console_for_tables() -> Console:
    """Return a console as wide as the terminal or COLUMNS, or of a usual width in a pipe."""
    console = Console()
    is_known = console.is_terminal or os.environ.get("COLUMNS")
    return console if is_known else Console(width=_PIPE)


def grid(columns: Sequence[GridColumn], width: int) -> Table:
    """Return a table of the columns that fit; the highest rank is dropped first."""
    kept = list(columns)
    while _room(kept, width) < _SMALLEST_GAP:
        least = max(kept, key=lambda each: each.rank)
        if not least.rank:
            break
        kept.remove(least)
    gap = min(_LARGEST_GAP, max(_SMALLEST_GAP, _room(kept, width)))
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim")
    for each in kept:
        table.add_column(
            each.title,
            justify="right" if each.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=each.least,
        )
    for row in zip(*(each.cells for each in kept), strict=True):
        table.add_row(*row)
    return table


def if_any(number: int, style: str) -> Text:
    """Return a number as a cell, styled unless it is zero."""
    return Text(f"{number:,}", style if number else "")


def _room(columns: Sequence[GridColumn], width: int) -> int:
    """Return the available width of each gap between the columns."""
    return (width - sum(each.width for each in columns)) // max(1, len(columns) - 1)


def _width(cell: RenderableType) -> int:
    if isinstance(cell, str):
        return len(cell)
    if isinstance(cell, Text):
        return cell.cell_len
    return BAR if isinstance(cell, ProgressBar) else 1
