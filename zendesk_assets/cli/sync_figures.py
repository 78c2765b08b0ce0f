"""How far a sync has come: the figures of each asset over all of its runs, and what is left.

Pure but for what it is told; how it is shown is `sync_screen`'s and `sync_lines`' business. A first
sync is many runs of days for one asset: figures are of them all, and never begin again at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.cli.plan import PlannedRun
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.progress import Totals
from zendesk_assets.sources import Source
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import LoadResult

__all__ = ["AnalysisFigures", "Course", "HubFigures", "SourceFigures", "Stage", "TableFigures"]

_NEARLY: Final = 0.99  # what is not over is not shown as 100 %


class Stage(Enum):
    """Where an asset is in a sync."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class Course:
    """The runs of one asset: what each is asked for (None where days do not count); those over.

    `spent` are the seconds that the asset itself was at work.
    """

    windows: tuple[Window | None, ...]
    stage: Stage = Stage.WAITING
    over: int = 0
    _spent: float = 0.0
    _since: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Return whether one of the runs is at this asset just now."""
        return self._since is not None

    @property
    def is_over(self) -> bool:
        """Return whether nothing more comes."""
        return self.over >= len(self.windows)

    @property
    def window(self) -> Window | None:
        """Return what the present run is asked for."""
        return None if self.is_over else self.windows[self.over]

    @property
    def seconds_asked(self) -> float:
        """Return the length of all that is asked for; 0.0 where days do not count."""
        return sum(each.seconds for each in self.windows if each)

    @property
    def seconds_over(self) -> float:
        """Return the length of what the runs that are over were asked for."""
        return sum(each.seconds for each in self.windows[: self.over] if each)

    @property
    def share_over(self) -> float:
        """Return what part of it those runs are, from 0 to 1."""
        whole = self.seconds_asked
        return self.seconds_over / whole if whole else self.over / len(self.windows)

    def spent(self, now: datetime) -> float:
        """Return the seconds at work until now."""
        return self._spent + ((now - self._since).total_seconds() if self._since else 0.0)

    def begin(self, now: datetime) -> None:
        """Note that a run is at this asset now."""
        self._since = now
        if self.stage is Stage.WAITING:
            self.stage = Stage.RUNNING

    def end(self, now: datetime, worst: Stage = Stage.DONE) -> None:
        """Note that a run is done with this asset. A failure of one run stays the asset's."""
        self._spent, self._since = self.spent(now), None
        self.over += 1
        if worst is not Stage.DONE:
            self.stage = Stage.FAILED if self.stage is Stage.FAILED else worst
        elif self.is_over and self.stage is Stage.RUNNING:
            self.stage = Stage.DONE


@dataclass
class HubFigures:
    """A hub asset: what it has fetched. `per_minute` is how many pages the account gives it."""

    course: Course
    per_minute: int
    totals: Totals = field(default_factory=Totals)
    _reached: datetime | None = None  # by the present run
    _newest: datetime | None = None  # by any of them
    _from: datetime | None = None
    _waits_until: datetime | None = None
    _is_fetching: bool = False
    _walked: float = 0.0

    def begin(self, now: datetime) -> None:
        """Note that a run begins to fetch."""
        self.course.begin(now)
        self._is_fetching = False

    def end(self, now: datetime, worst: Stage = Stage.DONE) -> None:
        """Note that a run has fetched what it was asked for, or has failed to."""
        self._is_fetching, self._waits_until = False, None
        self.course.end(now, worst)

    def land(self, page: Manifest) -> None:
        """Count a page."""
        self.totals.add(page)
        self._is_fetching, self._waits_until = True, None
        self._walked += page.window.seconds
        if page.window:
            self._from = self._from or (
                page.walk_start if page.walk_start > EPOCH else page.oldest or page.window_end
            )
            self._reached = page.window_end
            self._newest = max(self._newest or page.window_end, page.window_end)

    @property
    def reached(self) -> datetime | None:
        """Return up to where it has come: the newest run goes first, so in the end the newest."""
        return self._newest if self.course.stage is Stage.DONE else self._reached

    def wait(self, until: datetime) -> None:
        """Note that the rate limit is waited for."""
        self._waits_until = until

    def seconds_waiting(self, now: datetime) -> float:
        """Return how much longer the rate limit is waited for; 0.0 if it is not."""
        return max(0.0, (self._waits_until - now).total_seconds()) if self._waits_until else 0.0

    def share(self, now: datetime) -> float | None:
        """Return what part is fetched, from 0 to 1; None where nobody can know."""
        if self.course.stage is Stage.DONE:
            return 1.0 if self._reached or self.course.seconds_asked else None
        whole = self._seconds_whole(now)
        return min(_NEARLY, self._seconds_done() / whole) if whole else None

    def seconds_left(self, now: datetime) -> float | None:
        """Return about how long the rest takes; None where nobody can know.

        As long as what was fetched so far, for each second of the account's history: days that cost
        no page say nothing. Never less than the account's limit makes of that many pages.
        """
        walked = self._seconds_walked()
        if self.course.stage is not Stage.RUNNING or not walked:
            return None
        rest = max(0.0, self._seconds_whole(now) - self._seconds_done()) / walked
        pages = self.totals.pages * rest
        by_limit = pages * 60 / self.per_minute if pages > self.per_minute else 0.0
        return max(self.course.spent(now) * rest, by_limit)

    def _seconds_whole(self, now: datetime) -> float:
        if self.course.seconds_asked:
            return self.course.seconds_asked
        return Window(self._from, now).seconds if self._from else 0.0

    def _seconds_done(self) -> float:
        if self.course.seconds_asked:
            return self.course.seconds_over + self._seconds_of_run()
        return Window(self._from, self._reached).seconds if self._from and self._reached else 0.0

    def _seconds_walked(self) -> float:
        """Return the length of what was fetched, without what the hub had already."""
        return self._walked if self.course.seconds_asked else self._seconds_done()

    def _seconds_of_run(self) -> float:
        window = self.course.window
        if not (window and self._reached and self._is_fetching):
            return 0.0
        return window.intersect(Window(window.start, self._reached)).seconds


@dataclass
class TableFigures:
    """A table: what was loaded into it, and what its checks say: nothing where they passed."""

    course: Course
    checks: Course
    result: LoadResult = field(default_factory=LoadResult)
    batches_in_work: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)

    def load(self, result: LoadResult) -> None:
        """Count a load."""
        self.result += result
        self.batches_in_work = 0

    @property
    def bad_checks(self) -> dict[str, str]:
        """Return the checks that did not pass when they were last looked at, with what they say."""
        return {name: sentence for name, sentence in self.verdicts.items() if sentence}


@dataclass
class AnalysisFigures:
    """A view or the report: what it has said last."""

    course: Course
    said: str = ""


class SourceFigures:
    """All assets of a source that a sync is to bring up to date; by name, in the order of its runs.

    `limits` are the requests and the exports a minute that its account gives.
    """

    def __init__(
        self, source: Source, runs: Sequence[PlannedRun], limits: tuple[int, int], now: datetime
    ) -> None:
        self.source, self.runs, self.runs_over = source, len(runs), 0
        self._began: datetime | None = None
        self._ended: datetime | None = None
        self.hub: dict[str, HubFigures] = {}
        self.tables: dict[str, TableFigures] = {}
        self.analysis: dict[str, AnalysisFigures] = {}
        windows: dict[dg.AssetKey, list[Window | None]] = {}
        hub = {key for run in runs for key in run.hub_assets}
        for run in runs:
            for key in run.assets:
                windows.setdefault(key, []).append(_window(run.days, now))
        for key, asked in windows.items():
            name = key.path[-1]
            if key in hub:
                per_minute = limits[declared().streams[name].is_export]
                self.hub[name] = HubFigures(Course(tuple(asked)), per_minute)
            elif name in declared().collections:
                self.tables[name] = TableFigures(Course(tuple(asked)), Course(tuple(asked)))
            else:
                self.analysis[name] = AnalysisFigures(Course(tuple(asked)))

    @property
    def courses(self) -> list[Course]:
        """Return the runs of each asset: the hub's, the tables', and those of analysis."""
        return [
            *(each.course for each in self.hub.values()),
            *(each.course for each in self.tables.values()),
            *(each.course for each in self.analysis.values()),
        ]

    @property
    def is_over(self) -> bool:
        """Return whether all of its runs are."""
        return self.runs_over >= self.runs

    def spent(self, now: datetime) -> float:
        """Return the seconds from the beginning of its first run to the end of its last, or now."""
        return ((self._ended or now) - self._began).total_seconds() if self._began else 0.0

    def begin_run(self, now: datetime) -> None:
        """Note that one of its runs begins."""
        self._began = self._began or now

    def end_run(self, now: datetime) -> None:
        """Note that it is over."""
        self.runs_over += 1
        if self.is_over:
            self._ended = now

    def seconds_left(self, now: datetime) -> float | None:
        """Return about how long the rest takes; None where nobody can know, as at the beginning.

        As long as it took so far, for each day asked for; at least as long as the fetching.
        """
        hub = [each for each in self.hub.values() if each.course.seconds_asked]
        shares = [each.share(now) or 0.0 for each in hub] or [
            each.course.share_over for each in self.tables.values()
        ]
        done = sum(shares) / len(shares) if shares else 0.0
        if not done or self.is_over:
            return None
        fetching = sum(each.seconds_left(now) or 0.0 for each in hub)
        return max(fetching, self.spent(now) * (1 - done) / done)


def _window(days: tuple[str, str] | None, now: datetime) -> Window | None:
    """Return the days of a run, as far as they are past by now."""
    if days is None:
        return None
    first, last = (
        datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) for day in days
    )
    return Window(first, max(first, min(last + timedelta(days=1), now)))
