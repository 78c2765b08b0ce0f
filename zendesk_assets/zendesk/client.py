"""The client: walks streams page by page.

`sender` sends requests within the budgets and retries them, `pagination` decides what the next
request is. Nothing here knows about the hub or Dagster.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Self

import requests

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import CursorRejectedError, RequestRejectedError, TooRecentError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Stream
from zendesk_assets.zendesk.authentication import Credentials
from zendesk_assets.zendesk.beside import join_beside
from zendesk_assets.zendesk.children import walk_children
from zendesk_assets.zendesk.full_second import FullSecond
from zendesk_assets.zendesk.pages import (
    Page,
    PageCost,
    RecordTimes,
    count_by_day,
    cut_records,
    decode_envelope,
)
from zendesk_assets.zendesk.pagination import Paginator, Parameters, Position, paginator_for
from zendesk_assets.zendesk.rate_limit import RateLimiter
from zendesk_assets.zendesk.sender import Endpoint, Sender
from zendesk_assets.zendesk.walking import PageSize, StallDetector, is_too_recent


class ZendeskClient:
    """Sends requests to one account. Not shared between threads.

    `base_url` is the address before `/api/v2`. `log` receives a line for notable events, such as a
    retry or a smaller page; `warn` (default: `log`) receives warnings. `attempts` is how often one
    request may fail before it is given up, not counting refusals for the rate limit.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        limiter: RateLimiter,
        *,
        clock: Clock | None = None,
        log: Callable[[str], None] = lambda _line: None,
        warn: Callable[[str], None] | None = None,
        attempts: int = 8,
    ) -> None:
        self._clock = clock or SystemClock()
        self._log, self._warn = log, warn or log
        self._sender = Sender(base_url, credentials, limiter, self._clock, log, attempts)
        self._charged = PageCost()  # what pages or `get` have accounted for

    @property
    def cost(self) -> PageCost:
        """Return what all requests of this client have cost so far."""
        return self._sender.cost

    @property
    def account_limit(self) -> int | None:
        """Return the requests a minute that Zendesk's headers have named, if they have."""
        return self._sender.account_limit

    @property
    def served_at(self) -> datetime | None:
        """Return Zendesk's own time, from its last response."""
        return self._sender.served_at

    def close(self) -> None:
        """Close connections and the bucket file."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, object]:
        """Return the JSON object at `path` (relative to `/api/v2`).

        Raises:
            ZendeskError: if the request fails; its subclasses say why.
        """

        def parse(response: requests.Response) -> dict[str, object]:
            return decode_leniently(response.content, dict[str, object])

        answer = self._sender.send(Endpoint(path), lambda: dict(parameters or {}), parse)
        self._charged = self.cost
        return answer

    def walk(self, stream: Stream, position: Position) -> Iterator[Page]:
        """Yield the pages of `stream` from `position` to its end, or to the last minute.

        A second with more records than fit on a page is read by other routes (trap T6); a page says
        if it may be `incomplete`.

        Raises:
            StalledStreamError: if pages lead to themselves.
            CursorRejectedError: if a page after the first is refused.
            TooRecentError: if the first would begin in Zendesk's last minute.
            ZendeskError: as `get`.
        """
        has_begun = False
        try:
            for page in self._walk(stream, position):
                has_begun = True
                yield page
        except TooRecentError:
            # The clock that excluded this (see `is_too_recent`) was wrong.
            if not has_begun:
                raise

    def _walk(self, stream: Stream, position: Position) -> Iterator[Page]:
        if stream.parent:
            yield from walk_children(self.walk, stream, stream.parent, position, self._log)
            return
        paginator, times = paginator_for(stream), RecordTimes(stream)
        size, stall = PageSize(stream.page_size, self._log), StallDetector(stream)

        def fetch(at: Position, size: PageSize) -> Page:
            return self._page(stream, paginator, times, at, size)

        while True:
            page = fetch(position, size)
            while stall.is_doubtful(position, page):
                yield replace(page, end=False)
                page = fetch(position, size)
            yield page
            while again := stall.skips(position, page, size):
                position, page = again, fetch(again, size)
                yield page
                if stall.is_all_of(again, page, size):
                    page = replace(page, cursor=again.cursor, end=False)
                    page = yield from self._rest_of_second(stream, page, fetch)
            is_last = page.end or is_too_recent(stream, page)
            if not is_last and stall.is_full_second(position, page, size):
                page = yield from self._rest_of_second(stream, page, fetch)
                is_last = page.end or is_too_recent(stream, page)
            if is_last:
                return
            position = replace(position, cursor=page.cursor)
            size.grow()

    def _rest_of_second(
        self, stream: Stream, page: Page, fetch: Callable[[Position, PageSize], Page]
    ) -> Generator[Page, None, Page]:
        """Yield the rest of the second that fills `page`; return the last page."""

        def fetch_tiny(at: Position, count: int) -> Page:
            return fetch(at, PageSize(count, self._log))

        last = page
        second = FullSecond(stream, page, fetch_tiny, self.walk, self._warn, self._log)
        for last in second.pages():
            yield last
        return last

    def _page(
        self,
        stream: Stream,
        paginator: Paginator,
        times: RecordTimes,
        position: Position,
        size: PageSize,
    ) -> Page:
        """Get the page at `position`, with its cost, including retries."""

        def parameters() -> Parameters:
            return paginator.parameters(stream, position, size.now)

        def parse(response: requests.Response) -> Page:
            envelope = decode_envelope(response.content, stream)
            records = cut_records(envelope, stream)
            cursor, end = paginator.advance(envelope, len(records), size.now)
            if stream.beside:
                records = join_beside(envelope, records, stream.beside)
            read, served_at = times.read(records), self._sender.time_of(response)
            return Page(
                records=records,
                oldest=min(read, default=None),
                newest=max(read, default=None),
                records_by_day=count_by_day(read),
                cursor=cursor,
                end=end,
                served_at=served_at,
                as_of=min(served_at, self._clock.now()),
            )

        try:
            endpoint = Endpoint(stream.path, stream.budget, stream.subdomain)
            page = self._sender.send(endpoint, parameters, parse, size.halve)
        except TooRecentError:
            raise
        except RequestRejectedError as error:
            if position.cursor is None:
                raise
            raise CursorRejectedError(str(error)) from None
        cost, self._charged = self.cost - self._charged, self.cost
        return replace(page, cost=cost)
