"""Sends requests to one account within the budgets, and sends them again where that may help.

`responses` decides what a response means, `retry` how long to wait, and `client` what to ask for.
A refusal for the rate limit goes from `responses.raise_if_passing` through `retry.Attempts` and
`Sender._pause` to `RateLimiter.pause`, which waits.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import msgspec
import requests

from zendesk_assets.clock import Clock
from zendesk_assets.zendesk import transport
from zendesk_assets.zendesk.authentication import Credentials
from zendesk_assets.zendesk.budgets import BudgetName
from zendesk_assets.zendesk.pages import PageCost, PageError
from zendesk_assets.zendesk.pagination import Parameters
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

_Result = TypeVar("_Result")
_TIMEOUT: Final = (10.0, 180.0)  # seconds to connect, seconds between two bytes
_FIRST_ATTEMPTS: Final = 3
_TOO_BIG: Final = 504  # Zendesk took too long for the page (trap T25)


class Sender:
    """Sends requests to one account. Not shared between threads.

    `cost` is what all of them have cost, `account_limit` the requests a minute and `served_at` the
    time that Zendesk's last response has named. `log` receives a line for each retry; `attempts` is
    how often one request may fail, not counting refusals for the rate limit.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        limiter: RateLimiter,
        clock: Clock,
        log: Callable[[str], None],
        attempts: int,
    ) -> None:
        self._base_url, self._credentials, self._limiter = base_url, credentials, limiter
        self._clock, self._log, self._attempts = clock, log, attempts
        self._session = transport.own_credentials_only(requests.Session(), base_url)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "zendesk-assets"})
        self._answered = False
        self.cost = PageCost()
        self.account_limit: int | None = None
        self.served_at: datetime | None = None

    def close(self) -> None:
        """Close connections to Zendesk, and the store that counts requests."""
        self._session.close()
        self._limiter.close()

    def send(
        self,
        path: str,
        parameters: Callable[[], Parameters],
        parse: Callable[[requests.Response], _Result],
        on_too_big: Callable[[], None] = lambda: None,
        budget: BudgetName = "core",
    ) -> _Result:
        """Send until there is a usable response; the parameters are computed for each attempt.

        Raises:
            ZendeskError: if the request fails; its subclasses say why.
        """

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
        parameters: Parameters,
        parse: Callable[[requests.Response], _Result],
        budget: BudgetName,
    ) -> _Result:
        response = self._send_renewing(path, parameters, budget)
        raise_if_passing(response, self._clock.now())
        if response.status_code != requests.codes.ok:
            raise to_error(response, path)
        raise_if_not_json(response)
        try:
            return parse(response)
        except (PageError, msgspec.DecodeError) as error:
            raise TryAgainError(str(error)) from None

    def _send_renewing(
        self, path: str, parameters: Parameters, budget: BudgetName
    ) -> requests.Response:
        """Send one request, renewing refused credentials once."""
        response, header = self._send_once(path, parameters, budget)
        if response.status_code == requests.codes.unauthorized and self._credentials.renew(header):
            self._log("The access token was refused; a new one was fetched.")
            response, _header = self._send_once(path, parameters, budget)
        return response

    def _send_once(
        self, path: str, parameters: Parameters, budget: BudgetName
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
        self._answered, self.served_at = True, self.time_of(response)
        self.cost += PageCost(1, len(response.content), waited)
        self.account_limit = account_limit(response.headers) or self.account_limit
        if response.ok:
            wait = seconds_until_allowed(response.headers, self._clock.now(), budget)
            self.cost += PageCost(0, 0, self._limiter.pause(wait))
        return response, header

    def time_of(self, response: requests.Response) -> datetime:
        """Return Zendesk's own time in a response, which decides which requests it refuses."""
        return date_of(response.headers) or self._clock.now()
