"""What a sync shows on a terminal: a line for each asset, and the current wait below them.

It does not use rich's `Progress`, which has no headings, groups or maximum height, and estimates
the time left from the speed of the last half minute, which jumps wildly under a rate limit. It uses
rich's bar, spinner and live display. Nothing is wider or higher than the terminal: the least
important columns are dropped first, then the lines of finished assets.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.text import Text

from zendesk_assets.cli.sync_course import Course, Stage
from zendesk_assets.cli.sync_figures import (
    MANY,
    AnalysisFigures,
    HubFigures,
    SourceFigures,
    TableFigures,
)
from zendesk_assets.cli.sync_lines import duration, percent
from zendesk_assets.cli.tables import BAR, GridColumn, grid, if_any

_MARKS: Final = {
    Stage.WAITING: Text("·", "dim"),
    Stage.RUNNING: Text("…", "cyan"),
    Stage.DONE: Text("✓", "green"),
    Stage.FAILED: Text("✗", "red"),
    Stage.SKIPPED: Text("-", "yellow"),
}
_SHORTEST: Final = 3  # lines of assets that are shown however small the terminal is
# Which lines are shown if not all fit: failed ones first, waiting ones last, long ones before short
# ones.
_ORDER: Final = (Stage.FAILED, Stage.SKIPPED, Stage.RUNNING, Stage.DONE, Stage.WAITING)


class Screen:
    """The live picture of a sync: the current source, the next ones, and the current wait."""

    def __init__(self, sources: Sequence[SourceFigures], now: Callable[[], datetime]) -> None:
        self._sources, self._now = sources, now
        self._spinner = Spinner("dots", style="cyan")
        self.note = ""  # the last message of the active asset

    @property
    def at_work(self) -> SourceFigures | None:
        """Return the first source that is not finished."""
        return next((each for each in self._sources if not each.is_over), None)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the current state; rich calls this a few times a second."""
        now, at_work = self._now(), self.at_work
        if at_work is None:
            return
        to_come = [each for each in self._sources if not each.is_over and each is not at_work]
        below = [_doing(at_work, self.note, now)]
        if to_come:
            names = ", ".join(each.source.schema_name for each in to_come)
            below.append(Text(f"then {names}", "dim", no_wrap=True, overflow="ellipsis"))
        yield _title(at_work, now)
        room = max(_SHORTEST, console.size.height - 4 - len(below))
        yield from _blocks(at_work, now, options.max_width, room, self._spinner)
        yield from below


def source_table(figures: SourceFigures, now: datetime, width: int) -> RenderableType:
    """Return the final table of a source, which stays on the terminal."""
    return Group(_title(figures, now), *_blocks(figures, now, width))


def _title(figures: SourceFigures, now: datetime) -> Text:
    source = figures.source
    runs = f", run {min(figures.runs_over + 1, figures.runs)} of {figures.runs}"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(source.schema_name, "bold")
    text.append(f" ({source.nickname}){'' if figures.is_over else runs}, ")
    text.append(duration(figures.spent(now)))
    if left := figures.seconds_left(now):
        text.append(f", about {duration(left)} left")
    return text


def _doing(figures: SourceFigures, note: str, now: datetime) -> Text:
    """Return the current wait, or else the last message of the active asset."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for name, hub in figures.hub.items():
        if seconds := hub.seconds_waiting(now):
            limit = f"{hub.per_minute:,} pages a minute"
            return Text(
                f"{name}: waiting {seconds:.0f} s for the rate limit ({limit})",
                "yellow",
                no_wrap=True,
                overflow="ellipsis",
            )
    steps = [*figures.courses, *(each.checks for each in figures.tables.values())]
    is_at_work = any(each.is_active for each in steps)
    return text.append(note or " " if is_at_work else "Dagster is preparing a run.", "dim")


def _blocks(
    figures: SourceFigures,
    now: datetime,
    width: int,
    room: int | None = None,
    spinner: Spinner | None = None,
) -> Iterator[RenderableType]:
    """Yield the lines of hub, tables and analysis; at most `room`, not counting headings."""
    courses = figures.courses
    shown = _chosen(courses, room) if room is not None else _told(figures)
    names = (*figures.hub, *figures.tables, *figures.analysis)
    longest = max((len(name) for name in names), default=0)
    if hub := [pair for pair in figures.hub.items() if id(pair[1].course) in shown]:
        yield grid(_hub_columns(hub, now, longest, spinner), width)
    if tables := [pair for pair in figures.tables.items() if id(pair[1].course) in shown]:
        yield grid(_table_columns(tables, longest, spinner), width)
    if analysis := [pair for pair in figures.analysis.items() if id(pair[1].course) in shown]:
        yield grid(_analysis_columns(analysis, longest, spinner), width)
    if left_out := len(courses) - len(shown):
        what = "" if room is not None else ", with one page or nothing new"
        yield Text(f"  and {left_out} more{what}", "dim")


def _told(figures: SourceFigures) -> set[int]:
    """Return the ids of the courses that get a line in the end: of many, not those with no news."""
    quiet = [each.course for each in figures.hub.values() if each.is_short]
    same = [each.course for each in figures.tables.values() if each.is_unchanged]
    left_out = {
        *(id(each) for each in quiet if len(figures.hub) > MANY),
        *(id(each) for each in same if len(figures.tables) > MANY),
    }
    return {id(each) for each in figures.courses} - left_out


def _chosen(courses: Sequence[Course], room: int) -> set[int]:
    """Return the ids of the courses that get a line."""
    if len(courses) <= room:
        return {id(each) for each in courses}

    def importance(course: Course) -> tuple[bool, int, int]:
        return not course.is_active, _ORDER.index(course.stage), -len(course.windows)

    wanted = sorted(courses, key=importance)
    return {id(each) for each in wanted[: max(1, room - 1)]}


def _names(
    heading: str, pairs: Iterable[tuple[str, Course]], longest: int, spinner: Spinner | None
) -> GridColumn:
    cells = []
    for name, course in pairs:
        mark = spinner.render(monotonic()) if spinner and course.is_active else _MARKS[course.stage]
        style = "dim" if course.stage is Stage.WAITING else ""
        cells.append(Text.assemble(mark, " ", (name.ljust(longest), style)))  # type: ignore[arg-type]
    return GridColumn(f"  {heading}", cells, right=False)


def _hub_columns(
    rows: Sequence[tuple[str, HubFigures]], now: datetime, longest: int, spinner: Spinner | None
) -> list[GridColumn]:
    figures = [each for _, each in rows]
    shares = [each.share(now) for each in figures]
    live = spinner is not None
    columns = [
        _names("hub", ((name, each.course) for name, each in rows), longest, spinner),
        GridColumn("pages", [_number(each, each.totals.pages) for each in figures], 2, 6),
        GridColumn("records", [_number(each, each.totals.records) for each in figures], 0, 9),
        GridColumn(
            "reached", [f"{each.reached:%Y-%m-%d}" if each.reached else "" for each in figures], 3
        ),
        GridColumn("", [_bar(share) if live else "" for share in shares], 5),
        GridColumn("done", [percent(share) for share in shares], 0, 5),
    ]
    if live:
        waits = [_wait(each.seconds_waiting(now)) for each in figures]
        left = [duration(each.seconds_left(now)) for each in figures]
        return [*columns, GridColumn("waits", waits, 1, 5), GridColumn("left", left, 0, 7)]
    waited = [_seconds(each.totals.seconds_waited) for each in figures]
    taken = [duration(each.course.spent(now)) for each in figures]
    return [*columns, GridColumn("waited", waited, 4), GridColumn("time", taken, 1)]


def _table_columns(
    rows: Sequence[tuple[str, TableFigures]], longest: int, spinner: Spinner | None
) -> list[GridColumn]:
    figures = [each for _, each in rows]
    columns = [
        _names("tables", ((name, each.course) for name, each in rows), longest, spinner),
        GridColumn("rows", [_number(each, each.result.total) for each in figures], 0, 9),
        GridColumn("new", [_number(each, each.result.inserted) for each in figures], 1, 9),
        GridColumn("changed", [_number(each, each.result.updated) for each in figures], 2),
        GridColumn("same", [_number(each, each.result.unchanged) for each in figures], 4, 9),
    ]
    if any(each.result.quarantined for each in figures):
        bad = [if_any(each.result.quarantined, "red") for each in figures]
        columns.append(GridColumn("quarantined", bad))
    if any(each.result.warnings for each in figures):
        odd = [if_any(each.result.warnings, "yellow") for each in figures]
        columns.append(GridColumn("odd values", odd))
    if spinner is not None:
        columns.append(GridColumn("done", [_share_of_table(each) for each in figures], 3, 5))
    return [*columns, GridColumn("checks", [_checks(each) for each in figures], 1)]


def _analysis_columns(
    rows: Sequence[tuple[str, AnalysisFigures]], longest: int, spinner: Spinner | None
) -> list[GridColumn]:
    names = _names("analysis", ((name, each.course) for name, each in rows), longest, spinner)
    said = [Text(each.said, no_wrap=True, overflow="ellipsis") for _, each in rows]
    return [names, GridColumn("", said, right=False)]


def _number(figures: HubFigures | TableFigures, number: int) -> str:
    return "" if figures.course.stage is Stage.WAITING else f"{number:,}"


def _bar(share: float | None) -> RenderableType:
    return ProgressBar(total=1.0, completed=share, width=BAR) if share is not None else ""


def _wait(seconds: float) -> Text:
    return Text(f"{seconds:.0f} s" if seconds else "", "yellow")


def _seconds(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else ""


def _share_of_table(figures: TableFigures) -> str:
    course = figures.course
    return "" if course.stage is Stage.WAITING else percent(course.share_over)


def _checks(figures: TableFigures) -> Text:
    bad = len(figures.bad_checks)
    return Text(f"{bad} bad", "yellow") if bad else Text("ok" if figures.verdicts else "")
