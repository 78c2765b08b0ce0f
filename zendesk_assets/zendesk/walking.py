"""Decisions between two pages of a walk: the page size, stalls, and when to stop.

Nothing is sent from here; `full_second` handles a second that is too full.
"""

from collections.abc import Callable
from typing import Final

from zendesk_assets.errors import StalledStreamError
from zendesk_assets.spec import EPOCH, Pagination, Stream
from zendesk_assets.zendesk.pages import Page
from zendesk_assets.zendesk.pagination import Position, is_offset

_HOLD_BACK_SECONDS: Final = 60
# A page may lead to itself by mistake; without a limit, it would be requested forever.
_PATIENCE: Final = 3


class PageSize:
    """How many records to request: halved if a page takes too long, then doubled again."""

    def __init__(self, largest: int, log: Callable[[str], None]) -> None:
        self.now, self.largest, self._log = largest, largest, log

    def halve(self) -> None:
        """Halve the size, to at least one."""
        self.now = max(1, self.now // 2)
        self._log(f"Zendesk took too long for a page: requesting {self.now} records at a time.")

    def grow(self) -> None:
        """Double the size, up to Zendesk's maximum."""
        self.now = min(self.largest, self.now * 2)


class StallDetector:
    """Detects that a page leads to itself (trap T6), and that a second is too full to pass."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._repeats = stream, 0
        self._doubted: Position | None = None

    def is_doubtful(self, before: Position, page: Page) -> bool:
        """Return whether to request an empty page again, once, before it counts.

        It may be a mistake (trap T2) where nothing says which page is the last, and where pages are
        counted, as the next one has other records.
        """
        if page.records or not (self._may_be_cut_short(before, page) or _is_gap(before, page)):
            return False
        is_new, self._doubted = self._doubted != before, before
        return is_new

    def _may_be_cut_short(self, before: Position, page: Page) -> bool:
        """Return whether an empty page that counts as the last one surprises.

        It does not where a walk continues one that had read everything (the next walk looks again:
        `hub.rereading`), unless that was a day ago.
        """
        continues = before.cursor is None and before.start not in {None, EPOCH}
        is_expected = continues and not self._stream.cadence
        return self._stream.is_open_ended and page.end and not is_expected

    def is_full_second(self, before: Position, page: Page, size: PageSize) -> bool:
        """Return whether the page is full of one second and the next would be the same page.

        Where nothing says that a page is the last, one with many records that leads to itself is.

        Raises:
            StalledStreamError: if other pages keep leading to themselves.
        """
        asked = _asked(self._stream, before)
        if page.cursor != asked or page.end:
            self._repeats = 0
            return False
        self._repeats += 1
        if self._stream.ends_below:  # the page may be one that was asked for twice by mistake
            return self._repeats > 1
        if self._is_one_second(page) and len(page.records) >= size.now:
            # A page of reduced size may hold the whole second once it has grown again.
            return size.now == size.largest or self._repeats > _PATIENCE
        if self._repeats > _PATIENCE:
            raise StalledStreamError(
                f"{self._stream.path} returned {len(page.records)} records {self._repeats} times "
                f"and led back to {asked} each time: sync again later; nothing before it is lost."
            )
        return False

    def skips(self, before: Position, page: Page, size: PageSize) -> Position | None:
        """Return where to request again if a full page continues after its last second, else None.

        If the page was cut within that second, its rest would be lost; a page that overflows has
        more records than were requested. Where a page may have records that changed long after
        their time, it never leads back.
        """
        is_other = self._stream.pagination is not Pagination.TIME_EXPORT
        if is_other or page.newest is None or page.end:
            return None
        last = int(page.newest.timestamp())
        if self._stream.ends_below and last <= int(_asked(self._stream, before) or 0):
            return None
        is_cut = len(page.records) == size.now and page.cursor is not None
        return Position(cursor=str(last)) if is_cut and int(page.cursor or 0) > last else None

    def is_all_of(self, second: Position, page: Page, size: PageSize) -> bool:
        """Return whether the page at a second is full of it, so that more may follow."""
        times = {str(int(each.timestamp())) for each in (page.oldest, page.newest) if each}
        return times == {second.cursor} and len(page.records) == size.now

    def _is_one_second(self, page: Page) -> bool:
        if self._stream.pagination is not Pagination.TIME_EXPORT:
            return False
        times = [each for each in (page.oldest, page.newest) if each]  # may have milliseconds
        return {str(int(each.timestamp())) for each in times} == {page.cursor}


def is_too_recent(stream: Stream, page: Page) -> bool:
    """Return whether Zendesk would refuse the next page: a start_time of the last minute (T7)."""
    if stream.pagination is not Pagination.TIME_EXPORT or page.cursor is None:
        return False
    return page.served_at.timestamp() - int(page.cursor) <= _HOLD_BACK_SECONDS


def _asked(stream: Stream, position: Position) -> str | None:
    """Return the requested position in the form of a page's cursor."""
    if position.cursor is not None or stream.pagination is not Pagination.TIME_EXPORT:
        return position.cursor
    return str(int(position.start.timestamp()) if position.start else 0)


def _is_gap(before: Position, page: Page) -> bool:
    """Return whether an empty page is among pages by offset, or where one of them led to."""
    return any(is_offset(each) for each in (before.cursor, page.cursor))
