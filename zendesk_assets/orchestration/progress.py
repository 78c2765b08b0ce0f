"""The progress of a source sync: lines for the log, and figures for each month.

It adds up manifests; Dagster is only where the lines go.
https://docs.dagster.io/guides/log-debug/logging
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from zendesk_assets.clock import Clock
from zendesk_assets.hub import Manifest
from zendesk_assets.plain_text import counted
from zendesk_assets.spec import Window, month_of

_LINE_EVERY: Final = timedelta(seconds=10)


@dataclass
class Totals:
    """Sums over batches."""

    records: int = 0
    pages: int = 0
    requests: int = 0
    bytes: int = 0
    seconds_waited: float = 0.0
    refused: int = 0
    incomplete_seconds: int = 0
    seconds_from_audits: int = 0

    def add(self, manifest: Manifest) -> None:
        """Add a batch."""
        self.records += manifest.records
        self.add_cost(manifest)

    def add_cost(self, manifest: Manifest) -> None:
        """Add what a batch cost, and its unusual seconds, without its records."""
        self.pages += manifest.pages
        self.requests += manifest.requests
        self.bytes += manifest.bytes
        self.seconds_waited += manifest.seconds_waited
        self.refused += manifest.refused
        self.incomplete_seconds += len(manifest.incomplete_seconds)
        self.seconds_from_audits += len(manifest.seconds_from_audits)

    def sentence(self, seconds: float) -> str:
        """Return what was fetched in `seconds`, and how many of them the rate limit took."""
        slow = self.seconds_waited >= 1
        waited = f" ({self.seconds_waited:.0f} s of it for the rate limit)" if slow else ""
        refused = f" ({self.refused:,} refused for the rate limit)" if self.refused else ""
        return (
            f"{counted(self.records, 'record')}, {counted(self.pages, 'page')}, "
            f"{counted(self.requests, 'request')}{refused}, {self.bytes / 1e6:.1f} MB, "
            f"{seconds:.1f} s{waited}"
        )

    def as_metadata(self) -> dict[str, int | float]:
        """Return the sums under their names in Dagster; unusual ones only if they are not zero."""
        unusual = {
            "incomplete_seconds": self.incomplete_seconds,
            "seconds_from_audits": self.seconds_from_audits,
            "requests_refused": self.refused,
        }
        return {name: number for name, number in unusual.items() if number} | {
            "records": self.records,
            "pages": self.pages,
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds_waited": round(self.seconds_waited, 3),
        }


@dataclass
class MonthLedger:
    """The figures of each of the requested months.

    Records count for the month of their own time; pages, requests and bytes for the month in which
    their page ended. The sum over the months is the total, as far as it fell on them.
    """

    months: tuple[str, ...]
    _figures: dict[str, Totals] = field(default_factory=dict)

    def add(self, manifest: Manifest) -> None:
        """Add a batch."""
        for day, records in manifest.records_by_day.items():
            self._of(month_of(date.fromisoformat(day))).records += records
        ended_in = month_of(manifest.window_end - timedelta(seconds=1))
        self._of(min(max(ended_in, self.months[0]), self.months[-1])).add_cost(manifest)

    def metadata(self, month: str) -> dict[str, int | float]:
        """Return the figures of one month."""
        return self._of(month).as_metadata()

    def _of(self, month: str) -> Totals:
        return self._figures.setdefault(month, Totals())


@dataclass
class Progress:
    """Writes a line every ten seconds: pages, records, date reached, percent, time left."""

    window: Window
    clock: Clock
    log: Callable[[str], None]
    totals: Totals = field(default_factory=Totals)
    _started: datetime | None = None
    _last_line: datetime | None = None

    def add(self, manifest: Manifest) -> None:
        """Add a batch, and write a line if one is due."""
        now = self.clock.now()
        self._started = self._started or manifest.started
        self._last_line = self._last_line or manifest.started
        self.totals.add(manifest)
        if now - self._last_line >= _LINE_EVERY:
            self._last_line = now
            self.log(self.line(manifest, now))

    def line(self, manifest: Manifest, now: datetime) -> str:
        """Return one line about the progress of the walk."""
        totals = self.totals
        counts = f"{counted(totals.pages, 'page')}, {counted(totals.records, 'record')}"
        if not manifest.window:
            return counts
        share = self._share(manifest.window_end, now)
        left = self._time_left(share, now)
        return f"{counts}, reached {manifest.window_end:%Y-%m-%d %H:%M}, {share:.0%}{left}"

    def _share(self, reached: datetime, now: datetime) -> float:
        end = min(self.window.end, now)
        whole = Window(self.window.start, end).seconds
        return min(1.0, Window(self.window.start, reached).seconds / whole) if whole else 1.0

    def _time_left(self, share: float, now: datetime) -> str:
        if not self._started or not 0 < share < 1:
            return ""
        spent = (now - self._started).total_seconds()
        return f", about {timedelta(seconds=round(spent * (1 - share) / share))} left"
