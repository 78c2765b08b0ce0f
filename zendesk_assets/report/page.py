"""One self-contained page of a source's views: no scripts, no network.

What is on it is declared in `charts` and `this_week`; the caller asks the warehouse.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import sqrt
from typing import Any, Final

from zendesk_assets.report.charts import CHARTS
from zendesk_assets.report.drawing import Rows, describe, draw, say, table_of
from zendesk_assets.report.parts import Chart, Split, Table, Tile
from zendesk_assets.report.period import Period
from zendesk_assets.report.this_week import SPLITS, TABLES, TILES
from zendesk_assets.templates import fill

# Runs a query on the view of that name; returns no rows if there is no such view.
Ask = Callable[[str, str], Rows]
Part = Tile | Chart | Table | Split

_MOST_CHANGES: Final = 8
_MOST_PEOPLE: Final = 30
# In standard deviations: dozens of counts are compared, and of a thousand that have not changed,
# three differ as much by chance. Of fewer tickets than these, nothing can be said.
_NOTABLE: Final = 3.0
_FEWEST: Final = 20


@dataclass(frozen=True)
class Subject:
    """What a report is about: a source, and the views that exist, with their definitions.

    `compared` says what a comparison of the tables with Zendesk has proved.
    """

    nickname: str
    schema: str
    views: Mapping[str, str]
    period: Period
    at: datetime
    compared: str = ""

    @property
    def loaded_by(self) -> str:
        """Return until when what the page shows was loaded, as it says so."""
        return f"as loaded by {self.at:%Y-%m-%d %H:%M} UTC"

    def parts(self) -> Iterable[Part]:
        """Yield everything that can be shown of these views."""
        parts: tuple[Part, ...] = (*TILES, *CHARTS, *TABLES, *SPLITS)
        return (each for each in parts if each.view in self.views)

    def query(self, part: Part) -> str:
        """Return a part's query, complete but for the name of its view."""
        return self.period.fill(part.query)


@dataclass(frozen=True)
class Report:
    """The page; for the UI its numbers and some charts in Markdown.

    `charts` counts those that have data.
    """

    html: str
    summary: str
    pictures: str
    charts: int


@dataclass(frozen=True)
class _Number:
    """A tile with its figures."""

    tile: Tile
    now: str
    change: str


@dataclass(frozen=True)
class _Drawn:
    """A chart or table as the page shows it: its definition, SQL, words and figures."""

    part: Chart | Table
    definition: str
    sql: str
    headings: tuple[str, ...]
    figures: list[list[str]]
    svg: str = ""
    words: str = ""


@dataclass(frozen=True)
class _Change:
    """How many tickets of a kind were created in the last seven days, and in those before."""

    what: str
    name: str
    now: int
    before: int

    @property
    def weight(self) -> float:
        """Return how unlikely the difference is by chance: in standard deviations, about."""
        return abs(self.now - self.before) / sqrt(max(1, self.now + self.before))

    @property
    def said(self) -> str:
        """Return the difference with its sign."""
        return f"{self.now - self.before:+,}"


@dataclass(frozen=True)
class _Contents:
    """Everything on the page."""

    numbers: list[_Number] = field(default_factory=list)
    charts: list[_Drawn] = field(default_factory=list)
    tables: list[_Drawn] = field(default_factory=list)
    changes: list[_Change] = field(default_factory=list)


def build_report(subject: Subject, ask: Ask) -> Report:
    """Return the report on a source.

    Args:
        subject: The source, its views and the period.
        ask: Returns the rows of a view's query, as `Subject.query` gives it.
    """
    answers = {part: ask(part.view, subject.query(part)) for part in subject.parts()}
    points = {
        chart: _points(chart, answers[chart], subject.period)
        for chart in CHARTS
        if chart in answers
    }
    contents = _Contents(
        [_number(tile, answers[tile]) for tile in TILES if tile in answers],
        [_drawn(subject, chart, points[chart]) for chart in CHARTS if chart in points],
        [_listed(subject, table, answers[table]) for table in TABLES if table in answers],
        _changes([(split, answers[split]) for split in SPLITS if split in answers]),
    )
    pictures = "\n\n".join(
        _picture(chart, points[chart]) for chart in CHARTS if chart.pictured and points.get(chart)
    )
    charts = sum(bool(each.svg) for each in contents.charts)
    return Report(_page(subject, contents), _summary(contents.numbers), pictures, charts)


def _number(tile: Tile, rows: Rows) -> _Number:
    now, before = (None if value is None else float(value) for value in (*rows, (None, None))[0])
    return _Number(tile, say(now, tile.unit) or "-", _compare(now, before, tile.unit))


def _compare(now: float | None, before: float | None, unit: str) -> str:
    """Return how a figure differs from that of the week before, in words."""
    if now is None or before is None:
        return "not known for the week before" if now is not None else ""
    if round(now, 1) == round(before, 1):
        return "unchanged"
    way, difference = "up" if now > before else "down", abs(now - before)
    if unit == "%":
        return f"{way} {say(difference)} points, from {say(before, unit)}"
    share = f" {difference / before * 100:.0f} %," if before else ""
    return f"{way}{share} from {say(before, unit)}"


def _points(chart: Chart, rows: Rows, period: Period) -> Rows:
    """Return a chart's rows as floats; of a week or month, None where it was not fetched.

    It begins with the first week or month that has anything.
    """
    plain = [(row[0], *(None if v is None else float(v) for v in row[1:])) for row in rows]
    if not any(value for row in plain for value in row[1:]):
        return []
    if chart.step is None:
        return [row for row in plain if any(value is not None for value in row[1:])]
    by_step = {_as_date(row[0]): row[1:] for row in plain}
    began = min(first for first, values in by_step.items() if any(values))
    unknown = (None,) * len(chart.series)
    fetched = {
        first: values
        for first, values in by_step.items()
        if period.is_fetched(first, chart.step.following(first))
    }
    steps = [first for first in period.steps(chart.step) if first >= began]
    return [(first, *fetched.get(first, unknown)) for first in steps]


def _as_date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _drawn(subject: Subject, chart: Chart, rows: Rows) -> _Drawn:
    return _Drawn(
        chart,
        subject.views[chart.view],
        _sql(subject, chart),
        (chart.step.value if chart.step else "", *chart.series),
        table_of(chart, rows),
        draw(chart, rows) if rows else "",
        describe(chart, rows),
    )


def _listed(subject: Subject, table: Table, rows: Rows) -> _Drawn:
    figures = [
        [str(row[0]), *(say(None if value is None else float(value)) for value in row[1:])]
        for row in rows[:_MOST_PEOPLE]
    ]
    return _Drawn(table, subject.views[table.view], _sql(subject, table), table.headings, figures)


def _sql(subject: Subject, part: Part) -> str:
    return subject.query(part).replace("{view}", f"{subject.schema}.{part.view}") + ";"


def _changes(answers: Sequence[tuple[Split, Rows]]) -> list[_Change]:
    """Return what differs most from the week before, by more than chance, most first."""
    all_ = [
        _Change(split.what, str(row[0]), row[1], row[2]) for split, rows in answers for row in rows
    ]
    notable = [
        each for each in all_ if each.weight >= _NOTABLE and each.now + each.before >= _FEWEST
    ]
    return sorted(notable, key=lambda each: -each.weight)[:_MOST_CHANGES]


def _picture(chart: Chart, rows: Rows) -> str:
    """Return the chart as an image embedded in Markdown."""
    data = base64.b64encode(draw(chart, rows, alone=True).encode()).decode()
    return f"**{chart.title}.** {chart.note}\n\n![{chart.title}](data:image/svg+xml;base64,{data})"


def _summary(numbers: Sequence[_Number]) -> str:
    """Return the numbers as a Markdown table."""
    lines = [
        f"| **{each.tile.title}**, {each.tile.note} | {each.now} | {each.change} |"
        for each in numbers
    ]
    return "\n".join(["| last seven days | | |", "|---|---|---|", *lines])


def _page(subject: Subject, contents: _Contents) -> str:
    known = {"subject": subject, "period": subject.period, "gaps": _gaps(subject.period)}
    return fill("zendesk_assets.report", "report.html.j2", contents=contents, **known)


def _gaps(period: Period) -> str:
    """Return which days are not known, as a sentence; empty if all are."""
    spans = [f"{gap.start:%Y-%m-%d} to {gap.end:%Y-%m-%d}" for gap in period.gaps]
    if not spans:
        return ""
    return (
        f"Not fetched, and left open in the charts: {', '.join(spans)}. Backfill them to see them."
    )
