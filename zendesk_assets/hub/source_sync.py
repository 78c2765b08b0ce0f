"""Bring a stream's window up to date: walk what is not covered yet, commit page by page.

Here: what a page covers, and when a walk is over. Not here: where a walk begins (`walk_starts`,
`rereading`), how pages are fetched (`zendesk`), how batches are stored (`batches`), or who asks
(Dagster).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from zendesk_assets.clock import Clock
from zendesk_assets.errors import CursorRejectedError, HubError, TooRecentError, UnavailableError
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.coverage import covers, gaps, merge
from zendesk_assets.hub.integrity import is_list_lost, lost_windows
from zendesk_assets.hub.known import Known
from zendesk_assets.hub.manifest import Batch, BatchId, Manifest
from zendesk_assets.hub.rereading import reread_from
from zendesk_assets.hub.row_keys import RowKeys
from zendesk_assets.hub.walk_starts import open_windows
from zendesk_assets.records.property_filter import PropertyFilter
from zendesk_assets.spec import EPOCH, Completion, Pagination, Stream, Window, due_after
from zendesk_assets.zendesk import Page, Position, ZendeskClient

# A cursor of an interrupted list walk is used again only while it is surely still good.
_CURSOR_LIFE: Final = timedelta(minutes=30)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_REFUSED_FOR: Final = _DAY  # how often what the plan does not include is asked for


@dataclass(frozen=True)
class SourceSync:
    """Syncs one stream of one source.

    `settle` is how old a record's time must be before its second counts as covered: Zendesk holds
    back 60 seconds and shows some rows minutes late (trap T7); of some streams, later than that.
    `keys` reads what manifests keep checksums of. `admit` is called before a page is landed, and
    raises if it may not be.
    """

    client: ZendeskClient
    hub: SourceHub
    stream: Stream
    clock: Clock
    settle: timedelta = timedelta(minutes=10)
    properties: PropertyFilter = field(default_factory=PropertyFilter)
    keys: RowKeys = field(default_factory=RowKeys)
    admit: Callable[[], None] = lambda: None

    def run(
        self, window: Window, *, refetch: bool = False, claimed: Iterable[Window] = ()
    ) -> Iterator[Manifest]:
        """Cover `window`, yielding each batch when it is durable.

        A covered window costs no request unless `refetch`; a window that reaches past now costs at
        least one, and reads again what damaged batches held, whatever their days, and what of the
        `claimed` windows (those that others believe covered) an older hub does not have. Raises
        errors.ZendeskError and HubError; what was yielded stays. That Zendesk refuses the stream is
        written down in the hub until a page of it comes again; one that not every account has is
        then asked for once in each day of UTC, as a list is read once in each `cadence`.
        """
        if not refetch:
            self._raise_recent_refusal()
        ascending = self.stream.completion is Completion.CONTINUE
        walk = (
            self._continue(window, refetch=refetch, claimed=claimed)
            if ascending
            else self._whole(refetch=refetch)
        )
        try:
            for number, manifest in enumerate(walk):
                if not number:
                    self._note(None)
                yield manifest
        except UnavailableError as error:
            self._note(error)
            raise

    @property
    def _settle(self) -> timedelta:
        return max(self.settle, self.stream.settles)

    def _raise_recent_refusal(self) -> None:
        """Raise a recent refusal again, without a request, if not every account has the stream."""
        refusal = self.hub.refusals.of(self.stream.name) if self.stream.needs else None
        if refusal and self._rests(refusal.tried, _REFUSED_FOR):
            raise UnavailableError(refusal.message, refusal.reason, refusal.missing)

    def _note(self, error: UnavailableError | None) -> None:
        # A note that cannot be written must neither hide the refusal nor stop the walk.
        with suppress(HubError):
            if error is None:
                self.hub.refusals.clear(self.stream.name)
            else:
                self.hub.refusals.add(self.stream.name, error, self.clock.now())

    # Streams in ascending time: every page extends the coverage.

    def _continue(
        self, window: Window, *, refetch: bool, claimed: Iterable[Window]
    ) -> Iterator[Manifest]:
        known = None if refetch else self.hub.look(self.stream.name)
        for gap in open_windows(window, known.coverage if known else [], self._settle):
            before = known.ending_at(gap.start) if known else []
            start = reread_from(self.hub, self.stream, self._settle, gap.start, before)
            yield from self._walk_window(gap, start)
        if window.end > self.clock.now():
            for gap in lost_windows(self.hub, self.stream):
                yield from self._walk_window(gap, gap.start)
            for gap in self._holes(merge(claimed), known):
                yield from self._walk_window(gap, gap.start)

    def _holes(self, claimed: Sequence[Window], known: Known | None) -> list[Window]:
        """Return what is not covered. What was `known` is enough, unless it lacks something."""
        if known and all(covers(known.coverage, each) for each in claimed):
            return []
        covered = self.hub.coverage(self.stream.name) if claimed else []
        return [gap for each in claimed for gap in gaps(each, covered)]

    def _walk_window(self, gap: Window, start: datetime) -> Iterator[Manifest]:
        walk_started, covered_to = self.clock.now(), gap.start
        # Zendesk refuses a start within the last minute: that of a day which has just begun.
        start = min(start, walk_started - self._settle)
        for number, page, read_to in self._pages_from(start):
            reached = max(covered_to, read_to)
            has_content = page.records or page.incomplete or page.from_audits
            if has_content or reached > covered_to:
                covers = Window(covered_to, reached)
                yield self._land(page, covers, start, walk_started, ends=page.end, number=number)
            covered_to = reached
            if covered_to >= gap.end:
                return

    def _pages_from(self, start: datetime) -> Iterator[tuple[int, Page, datetime]]:
        """Yield pages, numbered, and up to where (exclusive) everything from `start` on was read.

        Where a cursor is refused, the walk begins again from there, with page 1; once more without
        progress in between, and the error is raised.
        """
        read_to, restarted_at = start, None
        while True:
            try:
                pages = self.client.walk(self.stream, self._position(read_to))
                for number, page in enumerate(pages, 1):
                    read_to = max(read_to, self._reached(page, read_to))
                    yield number, page, read_to
            except CursorRejectedError:
                if read_to == restarted_at:
                    raise
                restarted_at = read_to
            except TooRecentError:
                # Our clock is ahead of Zendesk's, so that the days asked for have not begun there.
                latest = self.client.served_at or self.clock.now()
                latest -= self._settle + self.stream.overlap
                if latest >= read_to:
                    raise
                read_to = latest
            else:
                return

    def _position(self, start: datetime) -> Position:
        """Return where a walk begins; where Zendesk wants to know its end, that is later than now.

        Whether a range includes its first second is not documented: it begins one earlier.
        """
        if self.stream.until is None:
            return Position(start)
        return Position(max(EPOCH, start - _SECOND), end=self.clock.now() + _DAY)

    def _reached(self, page: Page, before: datetime) -> datetime:
        """Return up to where (exclusive) nothing is missing after this page.

        The second of the newest record may continue on the next page, so it is left out; at the end
        of the stream everything that has settled is there, past the end of the window too. A record
        may be from the future: a time export continues where it says, and not after that.
        """
        reached = page.as_of - self._settle
        if page.end:
            return reached
        if self.stream.pagination is Pagination.TIME_EXPORT and page.cursor:
            reached = min(reached, datetime.fromtimestamp(int(page.cursor), UTC))
        return min(page.newest, reached) if page.newest else before

    # Lists that only count when they were read to their end.

    def _whole(self, *, refetch: bool) -> Iterator[Manifest]:
        known = self.hub.look(self.stream.name)
        anew = refetch or is_list_lost(self.hub, self.stream)
        if not anew and self._rests(known.newest_whole or EPOCH, self.stream.cadence):
            return
        start = None if anew else self._list_start(known.coverage)
        resumed = None if anew else self._interrupted(known.recent)
        walk_started = resumed.started if resumed else None
        lower = start or EPOCH
        for number, page in self._list_pages(start, resumed):
            walk_started = walk_started or page.as_of
            upper = lower
            if page.end and (self.stream.is_whole or not page.unread):
                # A list that was refused is asked for again from where this walk began.
                upper = max(lower, walk_started - self._settle)
            covers = Window(lower, upper)
            yield self._land(page, covers, lower, walk_started, ends=page.end, number=number)

    def _list_pages(
        self, start: datetime | None, resumed: Manifest | None
    ) -> Iterator[tuple[int, Page]]:
        """Yield the pages of a list, each with its place in it.

        Where the cursor is refused, they begin once more.
        """
        cursor, before = (resumed.cursor, resumed.page) if resumed else (None, 0)
        try:
            yield from enumerate(self.client.walk(self.stream, Position(start, cursor)), before + 1)
        except CursorRejectedError:
            yield from enumerate(self.client.walk(self.stream, Position(start)), 1)

    def _list_start(self, covered: Sequence[Window]) -> datetime | None:
        """Return the lower bound to ask for, None for everything."""
        if self.stream.completion is Completion.WHOLE or not covered:
            return None
        return covered[-1].end - self.stream.overlap

    def _interrupted(self, batches: Sequence[Batch]) -> Manifest | None:
        """Return the last page if its walk was cut short a short while ago."""
        if not batches or batches[-1].window:
            return None
        # Pages of one second are not in the order of their batches' ids.
        same = [each for each in batches if each.id.landed == batches[-1].id.landed]
        last = max(map(self.hub.manifest, same), key=lambda each: (each.started, each.page))
        young = self._is_within(last.ended, _CURSOR_LIFE)
        return last if young and not last.ends_walk and last.cursor else None

    def _rests(self, done: datetime, cadence: timedelta) -> bool:
        """Return whether what was done is not due yet; False if the clock was set back since."""
        return done <= self.clock.now() < due_after(done, cadence)

    def _is_within(self, moment: datetime, age: timedelta) -> bool:
        """Return whether a moment is less than `age` ago; False if the clock was set back since."""
        return timedelta() <= self.clock.now() - moment < age

    def _land(
        self,
        page: Page,
        covers: Window,
        walk_start: datetime,
        started: datetime,
        *,
        ends: bool,
        number: int,
    ) -> Manifest:
        self.admit()
        now, records = self.clock.now(), self.properties.apply(page.records)
        batch_id = BatchId.new(now, covers)
        manifest = Manifest(
            batch_id=str(batch_id),
            schema=self.hub.schema,
            stream=self.stream.name,
            window_start=batch_id.window.start,
            window_end=batch_id.window.end,
            records=len(page.records),
            pages=1,
            requests=page.cost.requests,
            bytes=page.cost.bytes,
            seconds_waited=round(page.cost.waited, 3),
            parts=(),
            oldest=page.oldest,
            newest=page.newest,
            records_by_day=page.records_by_day,
            cursor=page.cursor,
            ends_walk=ends,
            parameters=dict(self.stream.parameters) | {"include": ",".join(self.stream.include)},
            walk_start=walk_start,
            started=started,
            ended=now,
            incomplete_seconds=page.incomplete,
            seconds_from_audits=page.from_audits,
            refused=page.cost.refused,
            as_of=page.as_of,
            page=number,
            unread_parents=page.unread,
            keys=self.keys.sums(records),
        )
        return self.hub.land(manifest, records)
