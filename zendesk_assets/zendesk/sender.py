"""Sends requests to one account within the budgets, and sends them again where that may help.

`responses` decides what a response means, `retry` how long to wait, and `client` what to ask for.
A refusal for the rate limit goes from `responses.raise_if_passing` through `retry.Attempts` and
`Sender._pause` to `RateLimiter.pause`, which waits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import msgspec
import requests

from zendesk_assets.clock import Clock
from zendesk_assets.settings.addresses import address_of_brand, host_of_brand
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk import transport
from zendesk_assets.zendesk.authentication import Credentials
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


@dataclass(frozen=True)
class Endpoint:
    """Where a request goes: a path below `/api/v2`, of the account or of a brand's `subdomain`.

    `budget` is what it is charged to.
    """

    path: str
    budget: Budget = Budget.ACCOUNT
    subdomain: str = ""

    @property
    def words(self) -> str:
        """Return what errors call it."""
        return self.path + (f" of {host_of_brand(self.subdomain)}" if self.subdomain else "")

    def address(self, base_url: str) -> tuple[str, dict[str, str]]:
        """Return the address and the headers of a request; see `address_of_brand`.

        Raises:
            ValueError: if the subdomain is not one label of a host name.
        """
        site, headers = self._base_of(base_url)
        return f"{site}/api/v2{self.path}", headers

    def _base_of(self, base_url: str) -> tuple[str, dict[str, str]]:
        return address_of_brand(base_url, self.subdomain) if self.subdomain else (base_url, {})


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
        endpoint: Endpoint,
        parameters: Callable[[], Parameters],
        parse: Callable[[requests.Response], _Result],
        on_too_big: Callable[[], None] = lambda: None,
    ) -> _Result:
        """Send until there is a usable response; the parameters are computed for each attempt.

        Raises:
            ZendeskError: if the request fails; its subclasses say why.
        """

        def attempt() -> _Result:
            try:
                return self._attempt(endpoint, parameters(), parse)
            except TryAgainError as error:
                if error.status == _TOO_BIG:
                    on_too_big()
                raise

        return Attempts(
            self._clock, self._base_url, endpoint.words, self._most_attempts, self._pause
        ).of(attempt)

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
        endpoint: Endpoint,
        parameters: Parameters,
        parse: Callable[[requests.Response], _Result],
    ) -> _Result:
        response = self._send_renewing(endpoint, parameters)
        raise_if_passing(response, self._clock.now())
        if response.status_code != requests.codes.ok:
            raise to_error(response, endpoint.words)
        raise_if_not_json(response)
        try:
            return parse(response)
        except (PageError, msgspec.DecodeError) as error:
            raise TryAgainError(str(error)) from None

    def _send_renewing(self, endpoint: Endpoint, parameters: Parameters) -> requests.Response:
        """Send one request, renewing refused credentials once."""
        response, header = self._send_once(endpoint, parameters)
        if response.status_code == requests.codes.unauthorized and self._credentials.renew(header):
            self._log("The access token was refused; a new one was fetched.")
            response, _header = self._send_once(endpoint, parameters)
        return response

    def _send_once(
        self, endpoint: Endpoint, parameters: Parameters
    ) -> tuple[requests.Response, str]:
        """Send one request; return the response and the Authorization header that was sent."""
        waited = self._limiter.acquire(endpoint.budget)
        header = self._credentials.authorization()  # after the wait: a token may expire meanwhile
        address, headers = endpoint.address(self._base_url)
        try:
            response = self._session.get(
                address,
                params=parameters,
                headers=headers,
                auth=transport.Authorization(header),
                timeout=_TIMEOUT,
                allow_redirects=False,  # credentials go to the account's own host only (trap T31)
            )
        except transport.NETWORK_ERRORS as error:
            self.cost += PageCost(1, 0, waited)
            raise TryAgainError.of_network(error) from None
        self._answered, self.served_at = True, self.time_of(response)
        self.cost += PageCost(1, len(response.content), waited)
        if not endpoint.budget.value.is_apart:  # other services name limits of their own
            self.account_limit = account_limit(response.headers) or self.account_limit
        if response.ok:
            wait = seconds_until_allowed(response.headers, self._clock.now(), endpoint.budget)
            self.cost += PageCost(0, 0, self._limiter.pause(wait))
        return response, header

    def time_of(self, response: requests.Response) -> datetime:
        """Return Zendesk's own time in a response, which decides which requests it refuses."""
        return date_of(response.headers) or self._clock.now()
