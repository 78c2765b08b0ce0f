"""What a hub asset reports to Dagster: each day as it lands, and figures of each day or walk.

It deals with events and metadata, not with how batches are made.
https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import dagster as dg

from zendesk_assets.clock import Clock
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.partitions import RunScope
from zendesk_assets.orchestration.progress import DayLedger, Progress
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.sync_check import passed
from zendesk_assets.spec import Stream

__all__ = ["HubReport"]


class HubReport:
    """Follows one sync of one stream and emits its events.

    After the sync, `incomplete` returns the seconds of the whole stream that may be incomplete
    (trap T6). `landed` is called for each page, more often than the log.
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
        self._reached: datetime | None = None

    def of(self, batches: Iterable[Manifest]) -> dg.MaterializeResult[None]:
        """Report all batches and return the result of the step."""
        started = self._clock.now()
        ledger = DayLedger(self._scope.days)
        for manifest in batches:
            self._report_page(manifest, ledger)
        seconds = (self._clock.now() - started).total_seconds()
        summary = self._summary(seconds)
        self._context.log.info(summary)
        checks = [passed(f"{summary}.{self._reach()}")]
        if not self._scope.days:
            return dg.MaterializeResult(metadata=self._figures(seconds), check_results=checks)
        for day in self._scope.days:
            self._context.add_asset_metadata(ledger.metadata(day), partition_key=day)
        self._context.add_asset_metadata(self._pace(seconds), partition_key=self._scope.days[-1])
        return dg.MaterializeResult(check_results=checks)

    def _report_page(self, manifest: Manifest, ledger: DayLedger) -> None:
        self._progress.add(manifest)
        self._landed(manifest)
        if manifest.window:
            self._reached = manifest.window_end
        for day in ledger.add(manifest) if self._scope.days else []:
            # Reported during the walk: if it is killed, this day is not requested again.
            self._context.log_event(
                dg.AssetMaterialization(
                    self._context.asset_key, partition=day, metadata=ledger.metadata(day)
                )
            )

    @property
    def has_pages(self) -> bool:
        """Return whether the sync has brought anything."""
        return self._progress.totals.pages > 0

    def _figures(self, seconds: float) -> dict[str, Any]:
        return {**self._progress.totals.as_metadata(), **self._pace(seconds)}

    def _pace(self, seconds: float) -> dict[str, Any]:
        """Return the walk's duration, the share of the minute's budget it used, and its lag."""
        limit = (
            self._resource.export_requests_per_minute
            if self._stream.is_export
            else self._resource.requests_per_minute
        )
        minutes = max(1.0, seconds / 60)
        figures: dict[str, Any] = {
            "seconds": round(seconds, 3),
            "budget_used": round(self._progress.totals.requests / (limit * minutes), 4),
        }
        if self._reached:
            behind = (self._clock.now() - self._reached).total_seconds()
            figures["lag_minutes"] = round(max(0.0, behind) / 60, 1)
        if incomplete := self._incomplete():
            shown = [f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in incomplete]
            figures["all_incomplete_seconds"] = shown
        return figures

    def _reach(self) -> str:
        return f" Complete up to {self._reached:%Y-%m-%d %H:%M} UTC." if self._reached else ""

    def _summary(self, seconds: float) -> str:
        return self._progress.totals.sentence(seconds)
