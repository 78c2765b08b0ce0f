"""The sentences of a sync where lines stay: in a pipe, a log, a mail from cron.

A line belongs to a step, and is the same over all runs. `progress` decides when one is due.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta

from zendesk_assets.cli.sync_course import Course, Stage
from zendesk_assets.cli.sync_figures import (
    AnalysisFigures,
    HubFigures,
    SourceFigures,
    TableFigures,
)
from zendesk_assets.orchestration import keys
from zendesk_assets.plain_text import counted

_DAY = 86_400


def percent(share: float | None) -> str:
    """Return `45 %`, or '' if it is unknown."""
    return "" if share is None else f"{share * 100:.0f} %"


def duration(seconds: float | None) -> str:
    """Return `0:04:10`, or '' if it is unknown."""
    return "" if seconds is None else str(timedelta(seconds=round(seconds)))


@dataclass
class ProgressLine(ABC):
    """What is printed about a step: its `name`, and sentences without the name.

    `course` has the runs of the step.
    """

    name: str
    course: Course

    def begin(self, now: datetime) -> None:
        """Record that a run has reached the step."""
        self.course.begin(now)

    def end(self, now: datetime, worst: Stage) -> None:
        """Record that a run is done with it."""
        self.course.end(now, worst)

    def at_first(self) -> str:
        """Return what is going to happen; '' for a step that takes a moment."""
        return ""

    @abstractmethod
    def meanwhile(self, now: datetime) -> str:
        """Return the progress."""

    @abstractmethod
    def at_last(self, now: datetime) -> str:
        """Return what was done, over all runs."""


@dataclass
class HubLine(ProgressLine):
    """The line of a hub asset."""

    figures: HubFigures

    def begin(self, now: datetime) -> None:
        """Record that a run begins to fetch."""
        self.figures.begin(now)

    def end(self, now: datetime, worst: Stage) -> None:
        """Record that a run is done with it."""
        self.figures.end(now, worst)

    def at_first(self) -> str:
        """Return what is going to be fetched."""
        windows = [each for each in self.course.windows if each]
        if not windows:
            return "fetching new data."
        first = min(each.start for each in windows)
        last = max(each.end for each in windows) - timedelta(microseconds=1)
        days = sum(-(-each.seconds // _DAY) for each in windows)
        asked = counted(int(days), "day")
        return f"fetching {asked}, {first:%Y-%m-%d} to {last:%Y-%m-%d}."

    def meanwhile(self, now: datetime) -> str:
        """Return pages, records, date reached, percent, wait for the rate limit, time left."""
        figures, totals = self.figures, self.figures.totals
        parts = [counted(totals.pages, "page"), counted(totals.records, "record")]
        if figures.reached:
            parts.append(f"reached {figures.reached:%Y-%m-%d %H:%M}")
        if (share := figures.share(now)) is not None:
            parts.append(percent(share))
        if (waiting := figures.seconds_waiting(now)) >= 1:
            parts.append(f"waiting {waiting:.0f} s for the rate limit")
        if (left := figures.seconds_left(now)) is not None:
            parts.append(f"about {duration(left)} left")
        return f"{', '.join(parts)}."

    def at_last(self, now: datetime) -> str:
        """Return what was fetched, and how long it took."""
        if self.figures.why_nothing and not self.figures.totals.pages:
            return self.figures.why_nothing
        return self.figures.totals.sentence(self.course.spent(now))


@dataclass
class TableLine(ProgressLine):
    """The line of a table."""

    figures: TableFigures

    def end(self, now: datetime, worst: Stage) -> None:
        """Record that a run is done with it."""
        self.figures.batches_in_work = 0
        self.course.end(now, worst)

    def at_first(self) -> str:
        """Return what is going to happen."""
        runs = len(self.course.windows)
        return f"loading from the hub{f', in {runs} runs' if runs > 1 else ''}."

    def meanwhile(self, now: datetime) -> str:
        """Return the progress."""
        del now
        result, work = self.figures.result, self.figures.batches_in_work
        doing = f"loading, batches: {work:,}" if work else "loading"
        share = percent(self.course.share_over)
        rows = counted(result.total, "row")
        return f"{doing}; {rows} so far, {result.inserted:,} of them new, {share}."

    def at_last(self, now: datetime) -> str:
        """Return what was loaded."""
        del now
        return self.figures.result.sentence


@dataclass
class ChecksLine(ProgressLine):
    """The line of the checks of a table."""

    figures: TableFigures

    def meanwhile(self, now: datetime) -> str:
        """Return that it is in progress."""
        del now
        return "checking the table."

    def at_last(self, now: datetime) -> str:
        """Return how many passed."""
        del now
        every, bad = len(self.figures.verdicts), len(self.figures.bad_checks)
        passed = f"{counted(every, 'check')} passed"
        return f"{bad} of {counted(every, 'check')} did not pass" if bad else passed


@dataclass
class AnalysisLine(ProgressLine):
    """The line of a view, or of the report."""

    figures: AnalysisFigures

    def meanwhile(self, now: datetime) -> str:
        """Return that it is in progress."""
        del now
        return "refreshing."

    def at_last(self, now: datetime) -> str:
        """Return its last message."""
        del now
        return self.figures.said or "done"


def lines_of(source: SourceFigures) -> dict[str, ProgressLine]:
    """Return the lines of a source by the keys of their steps in Dagster."""
    schema = source.source.schema_name
    lines: dict[str, ProgressLine] = {}
    for name, hub in source.hub.items():
        key = keys.hub_key(schema, name)
        lines[key.to_python_identifier()] = HubLine(".".join(key.path), hub.course, hub)
    for name, table in source.tables.items():
        key = keys.table_key(schema, name)
        step, shown = key.to_python_identifier(), ".".join(key.path)
        lines[step] = TableLine(shown, table.course, table)
        lines[keys.checks_step(step)] = ChecksLine(f"{shown}.checks", table.checks, table)
    for name, made in source.analysis.items():
        report = keys.report_key(schema)
        key = report if name == report.path[-1] else keys.table_key(schema, name)
        # The step of the nested views is called as if they were one.
        lines[key.to_python_identifier()] = AnalysisLine(".".join(key.path), made.course, made)
    return lines
