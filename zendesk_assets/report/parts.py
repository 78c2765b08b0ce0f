"""What a report is made of: the kinds of its parts. Which there are is in `charts` and `this_week`.

`{view}` in a query is the view's name, and `period` has the dates that stand for the other marks.
"""

from dataclasses import dataclass
from enum import Enum

from zendesk_assets.report.period import Step


class Kind(Enum):
    """How a chart is drawn."""

    STACKED = "stacked"  # upright bars, the series on top of each other
    LINES = "lines"
    BARS = "bars"  # horizontal, one for each name


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, from which view, and how; with `pictured`, also in Dagster's UI.

    The first column of its result names the points, which are weeks or months if there is a `step`;
    the others are `series`, all in `unit`.
    """

    title: str
    note: str
    view: str
    kind: Kind
    query: str
    series: tuple[str, ...]
    step: Step | None = None
    unit: str = ""
    pictured: bool = False


@dataclass(frozen=True)
class Tile:
    """One number in `unit`. Its query returns it for the last seven days, and those before."""

    title: str
    note: str
    view: str
    query: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of names and figures; `headings` are those of its query's columns."""

    title: str
    note: str
    view: str
    query: str
    headings: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """What tickets are counted by, to find what changed: a name, this week's and last week's."""

    what: str
    view: str
    query: str
