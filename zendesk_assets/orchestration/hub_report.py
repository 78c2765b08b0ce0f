"""What a hub asset reports to Dagster: figures of each month, or of the walk.

It deals with events and metadata, not with how batches are made.
https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import dagster as dg

from zendesk_assets.clock import Clock
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.data_versions import UNCOMPARED
from zendesk_assets.orchestration.partitions import RunScope, materialized, report_apart
from zendesk_assets.orchestration.progress import MonthLedger, Progress
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.sync_check import passed
from zendesk_assets.spec import Stream, Window

_SHOWN: Final = 10  # of the parents whose lists were refused


class HubReport:
    """Follows one sync of one stream and emits its events.

    After the sync, `incomplete` returns the seconds of the whole stream that may be incomplete
    (trap T6). `landed` is called for each page, more often than the log. `walked` are the windows
    of the pages.
    """

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        stream: Stream,
        scope: RunScope,
        clock: Clock,
        resource: ZendeskResource,
        incomplete: Callable[[], list[datetime]] = list,
        landed: Callable[[Manifest], None] = lambda _page: None,
    ) -> None:
        self._incomplete, self._landed = incomplete, landed
        self._context, self._stream, self._scope = context, stream, scope
        self._clock, self._resource = clock, resource
        self._progress = Progress(scope.window, clock, context.log.info)
        self._ledger = MonthLedger(scope.months)
        self._reached: datetime | None = None
        self._unread: tuple[str, ...] = ()
        self.walked: list[Window] = []
        self._seconds = 0.0

    def follow(self, batches: Iterable[Manifest]) -> None:
        """Walk all batches, and log how far the walk is."""
        started = self._clock.now()
        for manifest in batches:
            self._progress.add(manifest)
            self._landed(manifest)
            self._unread = manifest.unread_parents
            if manifest.window:
                self._reached = manifest.window_end
                self.walked.append(manifest.window)
            if self._scope.months:
                self._ledger.add(manifest)
        self._seconds = (self._clock.now() - started).total_seconds()

    def result(
        self, whole: Collection[str], beside: Iterable[str] = ()
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        """Yield the result of the step; months that are not `whole` are observed only.

        Other months that the walk has completed, which nobody asked for, are reported `beside`.
        """
        for month in beside:
            figures = self._ledger.metadata(month)
            self._context.log_event(materialized(self._context.asset_key, month, figures))
        summary = self._progress.totals.sentence(self._seconds)
        self._context.log.info(summary)
        check = passed(f"{summary}.{self._reach()}")
        if not self._scope.months:
            figures = {**self._progress.totals.as_metadata(), **self._pace()}
            yield dg.MaterializeResult(
                metadata=figures, check_results=[check], data_version=UNCOMPARED
            )
        elif set(self._scope.months) <= set(whole):
            self._attach_figures()
            yield dg.MaterializeResult(check_results=[check], data_version=UNCOMPARED)
        else:
            report_apart(
                self._context,
                whole,
                {each: self._ledger.metadata(each) for each in self._scope.months},
            )
            yield check

    def _attach_figures(self) -> None:
        for month in self._scope.months:
            figures = self._ledger.metadata(month)
            self._context.add_asset_metadata(figures, partition_key=month)
        self._context.add_asset_metadata(self._pace(), partition_key=self._scope.months[-1])

    @property
    def has_pages(self) -> bool:
        """Return whether the sync has brought anything."""
        return self._progress.totals.pages > 0

    def _pace(self) -> dict[str, Any]:
        """Return the walk's duration, the share of the minute's budget it used, and its lag."""
        limit = self._resource.limits.of(self._stream.budget)
        minutes = max(1.0, self._seconds / 60)
        used = self._progress.totals.requests / (limit * minutes)
        figures: dict[str, Any] = {
            "seconds": round(self._seconds, 3),
            "budget_used_percent": round(100 * used, 2),
        }
        if self._reached:
            behind = (self._clock.now() - self._reached).total_seconds()
            figures["lag_minutes"] = round(max(0.0, behind) / 60, 1)
        if self._unread:
            figures["not_read"] = list(self._unread)
        if incomplete := self._incomplete():
            shown = [f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in incomplete]
            figures["all_incomplete_seconds"] = shown
        return figures

    def _reach(self) -> str:
        parent = self._stream.parent
        if parent and self._unread:
            which = ", ".join(map(parent.describe, self._unread[:_SHOWN]))
            which += ", …" if len(self._unread) > _SHOWN else ""
            return f" Zendesk refused a part ({which}), the rows of which stay as they were."
        return f" Complete up to {self._reached:%Y-%m-%d %H:%M} UTC." if self._reached else ""
