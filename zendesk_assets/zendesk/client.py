"""The one client: sends a request within the budgets, retries it, and walks streams page by page.

What an answer means is decided in `responses`, what the next request is in `pagination`. Nothing
here knows about the hub or about Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self, TypeVar

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import ConnectionFailedError, StalledStreamError
from zendesk_assets.spec import Pagination, Stream
from zendesk_assets.zendesk import transport
from zendesk_assets.zendesk.authentication import Credentials
from zendesk_assets.zendesk.pages import (
    Cost,
    Page,
    PageError,
    RecordTimes,
    count_by_day,
    cut_records,
    decode_envelope,
)
from zendesk_assets.zendesk.pagination import Paginator, Position, paginator_for
from zendesk_assets.zendesk.rate_limit import (
    RateLimiter,
    account_limit,
    seconds_until_allowed,
)
from zendesk_assets.zendesk.responses import RETRIED, TryAgainError, retry_after, to_error

__all__ = ["ZendeskClient"]

_Result = TypeVar("_Result")
_TIMEOUT: Final = (10.0, 180.0)  # seconds to connect, seconds between two bytes
_FIRST_ATTEMPTS: Final = 3
_HOLD_BACK_SECONDS: Final = 60
_EXPORTS: Final = "/incremental/"
_TOO_BIG: Final = 504  # a page that takes Zendesk too long to make (trap T25)


class ZendeskClient:
    """Talks to one account. Not shared between threads.

    `base_url` is the address in front of `/api/v2`. `log` gets a line for each thing worth knowing:
    a retry, a smaller page. `attempts` is how often one request is tried before it is given up.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        limiter: RateLimiter,
        *,
        clock: Clock | None = None,
        log: Callable[[str], None] = lambda _line: None,
        attempts: int = 8,
    ) -> None:
        self._base_url = base_url
        self._credentials = credentials
        self._limiter = limiter
        self._clock = clock or SystemClock()
        self._log = log
        self._attempts = attempts
        self._session = transport.own_credentials_only(requests.Session(), base_url)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "zendesk-assets"})
        self._answered = False
        self.cost = Cost()
        self.account_limit: int | None = None  # requests a minute, as Zendesk's headers tell

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

        Raises one of errors.ZendeskError: see there for which.
        """

        def parse(response: requests.Response) -> dict[str, object]:
            return msgspec.json.decode(response.content, type=dict[str, object])

        return self._retrying(path, lambda: dict(parameters or {}), parse)

    def walk(self, stream: Stream, position: Position) -> Iterator[Page]:
        """Yield the pages of `stream` from `position` to its end, or to the last minute.

        Raises StalledStreamError when a time-paged stream does not move (trap T6), else as `get`.
        """
        paginator, times = paginator_for(stream), RecordTimes(stream)
        size = _PageSize(stream.page_size, self._log)
        while True:
            page = self._page(stream, paginator, times, position, size)
            yield page
            if page.end or _is_too_recent(stream, page):
                return
            _refuse_standstill(stream, position, page)
            position = Position(cursor=page.cursor, start=position.start)
            size.grow()

    def _page(
        self,
        stream: Stream,
        paginator: Paginator,
        times: RecordTimes,
        position: Position,
        size: _PageSize,
    ) -> Page:
        """Get the page at `position`, with what it cost, retries included."""

        def parameters() -> dict[str, str]:
            return paginator.parameters(stream, position, size.now)

        def parse(response: requests.Response) -> Page:
            envelope = decode_envelope(response.content, stream)
            records = cut_records(envelope, stream)
            cursor, end = paginator.advance(envelope, len(records), size.now)
            read = times.read(records)
            return Page(
                records=records,
                oldest=min(read, default=None),
                newest=max(read, default=None),
                records_by_day=count_by_day(read),
                cursor=cursor,
                end=end,
                served_at=self._served_at(response),
            )

        before = self.cost
        page = self._retrying(stream.path, parameters, parse, on_too_big=size.halve)
        return replace(page, cost=self.cost - before)

    def _retrying(
        self,
        path: str,
        parameters: Callable[[], dict[str, str]],
        parse: Callable[[requests.Response], _Result],
        on_too_big: Callable[[], None] = lambda: None,
    ) -> _Result:
        """Send until there is an answer to use; the parameters are asked for at each attempt."""
        retrying = Retrying(
            retry=retry_if_exception_type(TryAgainError),
            stop=self._is_enough,
            wait=_wait,
            sleep=self._clock.sleep,
            before_sleep=self._log_retry(path),
            reraise=True,
        )

        def attempt() -> _Result:
            try:
                return self._attempt(path, parameters(), parse)
            except TryAgainError as error:
                if error.status == _TOO_BIG:
                    on_too_big()
                raise

        try:
            return retrying(attempt)
        except TryAgainError as error:
            raise ConnectionFailedError(
                f"{self._base_url} gave no usable answer for {path} ({error}): check the subdomain "
                "and the network, or try again later."
            ) from None

    def _is_enough(self, state: RetryCallState) -> bool:
        """Return whether to give up: soon for a host that has never answered."""
        return state.attempt_number >= (
            self._attempts if self._answered else min(_FIRST_ATTEMPTS, self._attempts)
        )

    def _attempt(
        self,
        path: str,
        parameters: dict[str, str],
        parse: Callable[[requests.Response], _Result],
    ) -> _Result:
        response = self._send(path, parameters)
        if response.status_code in RETRIED:
            what = f"status {response.status_code}"
            raise TryAgainError(what, wait=retry_after(response), status=response.status_code)
        if response.status_code != requests.codes.ok:
            raise to_error(response, path)
        if "json" not in response.headers.get("Content-Type", ""):
            raise TryAgainError("status 200 without JSON")
        try:
            return parse(response)
        except (PageError, msgspec.DecodeError) as error:
            raise TryAgainError(str(error)) from None

    def _send(self, path: str, parameters: dict[str, str]) -> requests.Response:
        """Send one request, renewing refused credentials once."""
        response, header = self._send_once(path, parameters)
        if response.status_code == requests.codes.unauthorized and self._credentials.renew(header):
            self._log("The access token was refused; a new one was fetched.")
            response, _header = self._send_once(path, parameters)
        return response

    def _send_once(self, path: str, parameters: dict[str, str]) -> tuple[requests.Response, str]:
        """Send one request; return the answer and the Authorization header it was sent with."""
        export = path.startswith(_EXPORTS)
        waited = self._limiter.acquire(export=export)
        header = self._credentials.authorization()  # after the wait: a token may end during it
        try:
            response = self._session.get(
                f"{self._base_url}/api/v2{path}",
                params=parameters,
                auth=transport.Authorization(header),
                timeout=_TIMEOUT,
                allow_redirects=False,  # credentials go to the account's own host only (trap T31)
            )
        except transport.NETWORK_ERRORS as error:
            self.cost += Cost(1, 0, waited)
            raise TryAgainError(transport.network_problem(error)) from None
        self._answered = True
        self.cost += Cost(1, len(response.content), waited)
        self.account_limit = account_limit(response.headers) or self.account_limit
        if response.ok:
            wait = seconds_until_allowed(response.headers, export=export)
            self.cost += Cost(0, 0, self._limiter.pause(wait))
        return response, header

    def _served_at(self, response: requests.Response) -> datetime:
        """Return Zendesk's own time: what it has handed out is judged by its clock, not ours."""
        try:
            return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError):
            return self._clock.now()

    def _log_retry(self, path: str) -> Callable[[RetryCallState], None]:
        def log(state: RetryCallState) -> None:
            why = state.outcome.exception() if state.outcome else None
            seconds = state.next_action.sleep if state.next_action else 0.0
            self._log(f"{path}: {why} at attempt {state.attempt_number}; again in {seconds:.0f} s")

        return log


class _PageSize:
    """How many records to ask for: halved when a page takes too long, then doubled again."""

    def __init__(self, largest: int, log: Callable[[str], None]) -> None:
        self.now, self._largest, self._log = largest, largest, log

    def halve(self) -> None:
        """Ask for half as many, at least one."""
        self.now = max(1, self.now // 2)
        self._log(f"Zendesk took too long for a page: asking for {self.now} records at a time.")

    def grow(self) -> None:
        """Ask for twice as many, at most as many as Zendesk gives."""
        self.now = min(self._largest, self.now * 2)


_backoff = wait_random_exponential(multiplier=0.5, max=60)


def _wait(state: RetryCallState) -> float:
    """Return what Zendesk asked for, or else a growing time with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, TryAgainError) else None
    return asked if asked is not None else float(_backoff(state))


def _is_too_recent(stream: Stream, page: Page) -> bool:
    """Return whether Zendesk would refuse the next page: a start_time of the last minute (T7)."""
    if stream.pagination is not Pagination.TIME_EXPORT or page.cursor is None:
        return False
    return page.served_at.timestamp() - int(page.cursor) <= _HOLD_BACK_SECONDS


def _refuse_standstill(stream: Stream, before: Position, page: Page) -> None:
    """Raise if the next request of a time-paged stream would be the one that was just sent."""
    if stream.pagination is not Pagination.TIME_EXPORT or page.cursor is None:
        return
    asked = before.cursor or str(int(before.start.timestamp()) if before.start else 0)
    if page.cursor == asked:
        raise StalledStreamError(
            f"{stream.path} returns the same {len(page.records)} records for second {asked} again "
            "and again: more records share that second than Zendesk puts on a page. Nothing before "
            "it is lost; please report this."
        )
