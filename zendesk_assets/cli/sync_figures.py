"""The progress of a sync in figures: each asset over all of its runs, and the time left.

It has no input but its method calls; `sync_screen` and `sync_lines` show it. A first sync has many
runs for one asset: figures add up over all of them, and never restart at 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.cli.planned_run import PlannedRun, views_of_step
from zendesk_assets.cli.sync_course import Course, Stage
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.progress import Totals
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import LoadResult
from zendesk_assets.zendesk import Limits

MANY: Final = 20  # from here on, assets with no news get no line of their own
_NEARLY: Final = 0.99  # what is not over is not shown as 100 %


@dataclass
class HubFigures:
    """A hub asset: what it has fetched. `per_minute` is the account's limit in pages.

    `why_nothing` says why Zendesk was not asked, if it was not, `is_skipped` that it was due.
    """

    course: Course
    per_minute: int
    totals: Totals = field(default_factory=Totals)
    why_nothing: str = ""
    is_skipped: bool = False
    _reached: datetime | None = None  # by the present run
    _newest: datetime | None = None  # by any of them
    _from: datetime | None = None
    _waits_until: datetime | None = None
    _is_fetching: bool = False
    _walked: float = 0.0

    def begin(self, now: datetime) -> None:
        """Record that a run begins to fetch."""
        self.course.begin(now)
        self._is_fetching = False

    def end(self, now: datetime, worst: Stage = Stage.DONE) -> None:
        """Record that a run has finished fetching, or failed."""
        self._is_fetching, self._waits_until = False, None
        is_skipped = self.is_skipped and worst is Stage.DONE
        self.course.end(now, Stage.SKIPPED if is_skipped else worst)

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
        """Return the time reached: in the end the newest, because the newest run comes first."""
        return self._newest if self.course.stage is Stage.DONE else self._reached

    @property
    def is_short(self) -> bool:
        """Return whether it is done and took no more than a page, without a wait."""
        is_done = self.course.stage is Stage.DONE
        return is_done and self.totals.pages <= 1 and self.totals.seconds_waited < 1

    def wait(self, until: datetime) -> None:
        """Record a wait for the rate limit."""
        self._waits_until = until

    def seconds_waiting(self, now: datetime) -> float:
        """Return how much longer it waits for the rate limit; 0.0 if it does not."""
        return max(0.0, (self._waits_until - now).total_seconds()) if self._waits_until else 0.0

    def share(self, now: datetime) -> float | None:
        """Return the fetched share, from 0 to 1; None if it is unknown."""
        if self.course.stage is Stage.DONE:
            return 1.0 if self._reached or self.course.seconds_requested else None
        whole = self._seconds_whole(now)
        return min(_NEARLY, self._seconds_done() / whole) if whole else None

    def seconds_left(self, now: datetime) -> float | None:
        """Return about how long the rest takes; None if it is unknown.

        It extrapolates from what was fetched so far, per second of the account's history, ignoring
        days that cost no page. It is never less than what the account's limit allows.
        """
        # Without what the hub already had.
        walked = self._walked if self.course.seconds_requested else self._seconds_done()
        if self.course.stage is not Stage.RUNNING or not walked:
            return None
        rest = max(0.0, self._seconds_whole(now) - self._seconds_done()) / walked
        pages = self.totals.pages * rest
        by_limit = pages * 60 / self.per_minute if pages > self.per_minute else 0.0
        return max(self.course.spent(now) * rest, by_limit)

    def _seconds_whole(self, now: datetime) -> float:
        if self.course.seconds_requested:
            return self.course.seconds_requested
        return Window(self._from, now).seconds if self._from else 0.0

    def _seconds_done(self) -> float:
        if self.course.seconds_requested:
            return self.course.seconds_over + self._seconds_of_run()
        return Window(self._from, self._reached).seconds if self._from and self._reached else 0.0

    def _seconds_of_run(self) -> float:
        window = self.course.window
        if not (window and self._reached and self._is_fetching):
            return 0.0
        return window.intersect(Window(window.start, self._reached)).seconds


@dataclass
class TableFigures:
    """A table: what was loaded, and the sentences of its checks: '' for passed ones."""

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
    def is_unchanged(self) -> bool:
        """Return whether it is done, as it was before, and nothing is wrong with it."""
        result = self.result
        numbers = (result.inserted, result.updated, result.deleted, result.quarantined,
                   result.warnings, result.withheld)  # fmt: skip
        return self.course.stage is Stage.DONE and not any(numbers) and not self.bad_checks

    @property
    def bad_checks(self) -> dict[str, str]:
        """Return the checks that did not pass the last time, with their sentences."""
        return {name: sentence for name, sentence in self.verdicts.items() if sentence}


@dataclass
class AnalysisFigures:
    """A view or the report: its last message."""

    course: Course
    said: str = ""


class SourceFigures:
    """All assets of a source in a sync, by name, in the order of its runs.

    `limits` are the account's requests and exports a minute; the sync began at `now`.
    """

    def __init__(
        self, source: Source, runs: Sequence[PlannedRun], limits: Limits, now: datetime
    ) -> None:
        self.source, self.runs, self.runs_over = source, len(runs), 0
        self.asked_at = now
        self._began: datetime | None = None
        self._ended: datetime | None = None
        self.hub: dict[str, HubFigures] = {}
        self.tables: dict[str, TableFigures] = {}
        self.analysis: dict[str, AnalysisFigures] = {}
        windows: dict[dg.AssetKey, list[Window | None]] = {}
        checked: dict[dg.AssetKey, list[Window | None]] = {}
        hub = {key for run in runs for key in run.hub_assets}
        for run in runs:
            for key in run.assets:
                windows.setdefault(key, []).append(_until(run.window, now))
            for key in run.checked:
                checked.setdefault(key, []).append(_until(run.window, now))
        for key, asked in windows.items():
            name, views = key.path[-1], views_of_step(source, key)
            if key in hub:
                per_minute = limits.of(declared().streams[name].budget)
                self.hub[name] = HubFigures(Course(tuple(asked)), per_minute)
            elif name in declared().collections and not views:
                self.tables[name] = TableFigures(
                    Course(tuple(asked)), Course(tuple(checked.get(key, ())))
                )
            else:
                self.analysis[views or name] = AnalysisFigures(Course(tuple(asked)))

    @property
    def courses(self) -> list[Course]:
        """Return the runs of each asset: the hub's, the tables', and those of analysis."""
        return [
            *(each.course for each in self.hub.values()),
            *(each.course for each in self.tables.values()),
            *(each.course for each in self.analysis.values()),
        ]

    @property
    def has_many(self) -> bool:
        """Return whether it has so many tables that those with no news need no line."""
        return len(self.tables) > MANY

    @property
    def is_over(self) -> bool:
        """Return whether all of its runs are over."""
        return self.runs_over >= self.runs

    def spent(self, now: datetime) -> float:
        """Return the seconds from the beginning of its first run to the end of its last, or now."""
        return ((self._ended or now) - self._began).total_seconds() if self._began else 0.0

    def begin_run(self, now: datetime) -> None:
        """Record that one of its runs begins."""
        self._began = self._began or now

    def end_run(self, now: datetime) -> None:
        """Record that one of its runs is over."""
        self.runs_over += 1
        if self.is_over:
            self._ended = now

    def seconds_left(self, now: datetime) -> float | None:
        """Return about how long the rest takes; None if it is unknown, as at the beginning.

        It extrapolates from the requested time so far; it is at least as long as the fetching.
        """
        hub = [each for each in self.hub.values() if each.course.seconds_requested]
        shares = [each.share(now) or 0.0 for each in hub] or [
            each.course.share_over for each in self.tables.values()
        ]
        done = sum(shares) / len(shares) if shares else 0.0
        if not done or self.is_over:
            return None
        fetching = sum(each.seconds_left(now) or 0.0 for each in hub)
        return max(fetching, self.spent(now) * (1 - done) / done)


def _until(window: Window | None, now: datetime) -> Window | None:
    """Return the window of a run, up to now."""
    return window and Window(window.start, max(window.start, min(window.end, now)))
