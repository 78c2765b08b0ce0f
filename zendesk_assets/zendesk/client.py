"""The client: sends requests within the budgets, retries them, and walks streams page by page.

`responses` decides what a response means, `pagination` what the next request is. Nothing here knows
about the hub or Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, Self, TypeVar

import msgspec
import requests

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import CursorRejectedError, RequestRejectedError, TooRecentError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Budget, Stream
from zendesk_assets.zendesk import transport
from zendesk_assets.zendesk.authentication import Credentials
from zendesk_assets.zendesk.beside import join_beside
from zendesk_assets.zendesk.budgets import BudgetName
from zendesk_assets.zendesk.children import walk_children
from zendesk_assets.zendesk.full_second import FullSecond
from zendesk_assets.zendesk.pages import (
    Page,
    PageCost,
    PageError,
    RecordTimes,
    count_by_day,
    cut_list,
    decode_envelope,
)
from zendesk_assets.zendesk.pagination import Paginator, Position, paginator_for
from zendesk_assets.zendesk.rate_limit import (
    RateLimiter,
    account_limit,
    seconds_until_allowed,
)
from zendesk_assets.zendesk.responses import (
    TryAgainError,
    raise_if_not_json,
    raise_if_passing,
    to_error,
)
from zendesk_assets.zendesk.retry import Attempts, Wait
from zendesk_assets.zendesk.retry_after import date_of
from zendesk_assets.zendesk.walking import PageSize, StallDetector, is_too_recent

__all__ = ["ZendeskClient"]

_Result = TypeVar("_Result")
_TIMEOUT: Final = (10.0, 180.0)  # seconds to connect, seconds between two bytes
_FIRST_ATTEMPTS: Final = 3
_BUDGETS: Final[Mapping[Budget, BudgetName]] = {
    Budget.ACCOUNT: "core",
    Budget.EXPORTS: "exports",
    Budget.USERS_EXPORT: "users",
}
_TOO_BIG: Final = 504  # Zendesk took too long for the page (trap T25)


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
        self._base_url = base_url
        self._credentials = credentials
        self._limiter = limiter
        self._clock = clock or SystemClock()
        self._log, self._warn = log, warn or log
        self._attempts = attempts
        self._session = transport.own_credentials_only(requests.Session(), base_url)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "zendesk-assets"})
        self._answered = False
        self.cost = PageCost()
        self._charged = PageCost()  # what pages or `get` have accounted for
        self.account_limit: int | None = None  # requests a minute, from Zendesk's headers
        self.served_at: datetime | None = None  # Zendesk's own time, from its last response

    def close(self) -> None:
        """Close connections and the bucket file."""
        self._session.close()
        self._limiter.close()

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

        answer = self._retrying(path, lambda: dict(parameters or {}), parse)
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
            yield from walk_children(self.walk, stream, stream.parent)
            return
        paginator, times = paginator_for(stream), RecordTimes(stream)
        size, stall = PageSize(stream.page_size, self._log), StallDetector(stream)

        def fetch(at: Position, size: PageSize) -> Page:
            return self._page(stream, paginator, times, at, size)

        while True:
            page = fetch(position, size)
            yield page
            while again := stall.skips(page, size):
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
            position = Position(cursor=page.cursor, start=position.start)
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

        def parameters() -> dict[str, str]:
            return paginator.parameters(stream, position, size.now)

        def parse(response: requests.Response) -> Page:
            envelope = decode_envelope(response.content, stream)
            records = cut_list(envelope, stream.records_key)
            cursor, end = paginator.advance(envelope, len(records), size.now)
            if stream.beside:
                records = join_beside(envelope, records, stream.beside)
            read, served_at = times.read(records), self._served_at(response)
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
            page = self._retrying(
                stream.path, parameters, parse, size.halve, _BUDGETS[stream.budget]
            )
        except TooRecentError:
            raise
        except RequestRejectedError as error:
            if position.cursor is None:
                raise
            raise CursorRejectedError(str(error)) from None
        cost, self._charged = self.cost - self._charged, self.cost
        return replace(page, cost=cost)

    def _retrying(
        self,
        path: str,
        parameters: Callable[[], dict[str, str]],
        parse: Callable[[requests.Response], _Result],
        on_too_big: Callable[[], None] = lambda: None,
        budget: BudgetName = "core",
    ) -> _Result:
        """Send until there is a usable response; the parameters are computed for each attempt."""

        def attempt() -> _Result:
            try:
                return self._attempt(path, parameters(), parse, budget)
            except TryAgainError as error:
                if error.status == _TOO_BIG:
                    on_too_big()
                raise

        attempts = Attempts(self._clock, self._base_url, path, self._most_attempts, self._pause)
        return attempts.of(attempt)

    def _most_attempts(self) -> int:
        """Return how often a request may fail: less for a host that has never responded."""
        return self._attempts if self._answered else min(_FIRST_ATTEMPTS, self._attempts)

    def _pause(self, wait: Wait) -> None:
        """Wait before the next attempt; those for Zendesk's limit count like ours."""
        self._log(wait.why)
        if wait.is_for_limit:
            self.cost += PageCost(waited=self._limiter.pause(wait.seconds), refused=1)
        else:
            self._clock.sleep(wait.seconds)

    def _attempt(
        self,
        path: str,
        parameters: dict[str, str],
        parse: Callable[[requests.Response], _Result],
        budget: BudgetName,
    ) -> _Result:
        response = self._send(path, parameters, budget)
        raise_if_passing(response, self._clock.now())
        if response.status_code != requests.codes.ok:
            raise to_error(response, path)
        raise_if_not_json(response)
        try:
            return parse(response)
        except (PageError, msgspec.DecodeError) as error:
            raise TryAgainError(str(error)) from None

    def _send(self, path: str, parameters: dict[str, str], budget: BudgetName) -> requests.Response:
        """Send one request, renewing refused credentials once."""
        response, header = self._send_once(path, parameters, budget)
        if response.status_code == requests.codes.unauthorized and self._credentials.renew(header):
            self._log("The access token was refused; a new one was fetched.")
            response, _header = self._send_once(path, parameters, budget)
        return response

    def _send_once(
        self, path: str, parameters: dict[str, str], budget: BudgetName
    ) -> tuple[requests.Response, str]:
        """Send one request; return the response and the Authorization header that was sent."""
        waited = self._limiter.acquire(budget)
        header = self._credentials.authorization()  # after the wait: a token may expire meanwhile
        try:
            response = self._session.get(
                f"{self._base_url}/api/v2{path}",
                params=parameters,
                auth=transport.Authorization(header),
                timeout=_TIMEOUT,
                allow_redirects=False,  # credentials go to the account's own host only (trap T31)
            )
        except transport.NETWORK_ERRORS as error:
            self.cost += PageCost(1, 0, waited)
            raise TryAgainError.of_network(error) from None
        self._answered, self.served_at = True, self._served_at(response)
        self.cost += PageCost(1, len(response.content), waited)
        self.account_limit = account_limit(response.headers) or self.account_limit
        if response.ok:
            wait = seconds_until_allowed(response.headers, self._clock.now(), budget)
            self.cost += PageCost(0, 0, self._limiter.pause(wait))
        return response, header

    def _served_at(self, response: requests.Response) -> datetime:
        """Return Zendesk's own time, which decides which requests it refuses."""
        return date_of(response.headers) or self._clock.now()
