"""One simulated Zendesk site: an account with tokens, limits, faults and a log of requests.

How answers are sent is `wire.server`; what other processes may do to a site is `control`.
"""

from __future__ import annotations

import gc
import itertools
import re
import threading
import time
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.desk import Account
from zendesk_assets.simulator.account.rendering.raw import plain
from zendesk_assets.simulator.account.seed import SeedPlan, seed_account
from zendesk_assets.simulator.expected import expected_rows
from zendesk_assets.simulator.wire.authentication import Client, Tokens
from zendesk_assets.simulator.wire.faults import Fault, Faults, spoil
from zendesk_assets.simulator.wire.limits import Limiter, RateLimits, buckets_of
from zendesk_assets.simulator.wire.log import LoggedRequest
from zendesk_assets.simulator.wire.messages import REFUSALS, Answer, Request
from zendesk_assets.simulator.wire.oauth import OAuth
from zendesk_assets.simulator.wire.routes import answer_api

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGE = 20_000
_TIME_IN_JSON = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z"')
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")


class Site:
    """A seeded Zendesk account that answers requests."""

    def __init__(
        self,
        plan: SeedPlan,
        clock: Clock | None,
        rate_limits: RateLimits | None,
        subdomain: str,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.subdomain = subdomain
        self.account = Account(subdomain, self.clock)
        seed_account(self.account, plan)
        if plan.tickets >= _LARGE:
            gc.freeze()  # a full collection over 100,000 tickets takes seconds
        self.tokens = Tokens(plan.seed)
        self.oauth = OAuth(self.tokens, subdomain)
        self.limiter = Limiter(rate_limits)
        self.faults = Faults()
        self.unavailable: dict[str, Answer] = {}
        self.requests: list[LoggedRequest] = []
        self.token = self.tokens.issue(self.account.admin_id, self.account.now()).value
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self.base_url = ""

    def expected(self, collection: str, *, with_deleted: bool = False) -> list[dict[str, Any]]:
        """Return the rows that a complete sync of the collection has.

        Where deleted rows just vanish from a list, only live rows are returned; `with_deleted`
        adds those that were sent before they vanished, marked `_deleted`.
        """
        with self.lock:
            self.account.settle()
            found = expected_rows(self.account, collection, with_deleted=with_deleted)
            rows = [plain(row) for row in found]
            return [_with_offsets(row) for row in rows] if self.account.times_have_offsets else rows

    def issue_token(
        self,
        role: str = "admin",
        scopes: Iterable[str] = ("read",),
        *,
        expires_in: int | None = None,
        is_api_token: bool = False,
    ) -> str:
        """Return a new token of a user with this role.

        Raises:
            SimulatorError: The account has no such user.
        """
        users = self.account.users.values()
        user = next((user for user in users if user.role == role and user.active), None)
        if user is None:
            message = f"The account has no active {role}."
            raise SimulatorError(message)
        token = self.tokens.issue(
            user.id, self.account.now(), frozenset(scopes), expires_in=expires_in,
            is_api_token=is_api_token,
        )  # fmt: skip
        return token.value

    def revoke_token(self, token: str) -> None:
        """Revoke a token."""
        self.tokens.find(token).is_revoked = True

    def expire_token(self, token: str) -> None:
        """Make a token expire now; it can still be refreshed."""
        self.tokens.find(token).expires = self.account.now()

    def register_client(
        self,
        identifier: str,
        redirect_uris: Iterable[str] = (),
        secret: str | None = None,
        scopes: Iterable[str] = ("read", "write"),
        role: str = "admin",
        longest_access: int | None = None,
    ) -> Client:
        """Add an OAuth client, public without a secret; its tokens act as a user of `role`.

        `longest_access` is the longest life of its access tokens, in seconds.
        """
        user = next(user for user in self.account.users.values() if user.role == role)
        client = Client(
            identifier,
            secret,
            tuple(redirect_uris),
            frozenset(scopes),
            user.id,
            longest_access=longest_access,
        )
        self.tokens.clients[identifier] = client
        return client

    def make_unavailable(self, path: str, reason: str = "role") -> None:
        """Refuse everything below `path`, "slas/policies" for instance.

        `reason` is a name in `messages.REFUSALS`: "role" is also the answer where the plan lacks
        something.

        Raises:
            SimulatorError: There is no such reason.
        """
        if reason not in REFUSALS:
            message = f"Unknown reason {reason!r}. Choose one of: {', '.join(REFUSALS)}."
            raise SimulatorError(message)
        self.unavailable[path] = REFUSALS[reason]

    def make_available(self, path: str) -> None:
        """Undo `make_unavailable`."""
        self.unavailable.pop(path, None)

    def answer(self, request: Request) -> tuple[Answer, Fault | None]:
        """Return an answer, and the fault to apply to it while it is sent."""
        with self.lock:
            self.account.settle()
            now = self.clock.now()
            header = request.headers.get("authorization", "")
            request = replace(request, token=self.tokens.caller(header, int(now.timestamp())))
            refusal = self.limiter.admit(request.path, now.timestamp())
            fault = None if refusal else self.faults.strike(request)
            answer = refusal or self._respond(request, fault)
            self._log(request, now.timestamp(), answer, fault)
            answer = answer.with_headers(self._headers(request, now.timestamp()))
            is_headers = fault is not None and fault.kind in {"status", "headers"}
            return answer.with_headers(fault.headers) if fault and is_headers else answer, fault

    def _respond(self, request: Request, fault: Fault | None) -> Answer:
        if fault is None:
            return self._route(request)
        if fault.kind in {"status", "timeout_unless", "html"}:
            return spoil(fault, Answer(200))
        if fault.kind in {"empty_page", "duplicate_page"}:
            return self._route(request.with_twist(fault.kind))
        return spoil(fault, self._route(request))

    def _route(self, request: Request) -> Answer:
        if request.path.startswith("/oauth/"):
            return self.oauth.answer(request, self.account.now())
        if request.path == "/api/v2/oauth/tokens/current":
            return self.oauth.current(request)
        if request.path.startswith("/api/v2/"):
            answer = answer_api(self.account, request, self.unavailable)
            if self.account.times_have_offsets:
                return replace(answer, body=_TIME_IN_JSON.sub(rb'"\1+00:00"', answer.body))
            return answer
        return REFUSALS["invalid_endpoint"]

    def _headers(self, request: Request, now: float) -> dict[str, str]:
        return {
            "Date": format_datetime(self.clock.now(), usegmt=True),
            "x-request-id": f"{self.subdomain}-{next(self._numbers):08d}",
            "x-zendesk-api-version": "v2",
            **self.limiter.headers(request.path, now),
        }

    def _log(self, request: Request, now: float, answer: Answer, fault: Fault | None) -> None:
        buckets = buckets_of(request.path)
        status = 0 if fault and fault.kind == "reset" else answer.status
        token = request.headers.get("authorization", "").partition(" ")[2]
        self.requests.append(
            LoggedRequest(
                now,
                time.monotonic(),
                request.method,
                request.path,
                request.query,
                status,
                buckets[-1] if buckets else "",
                token,
                len(answer.body),
            )
        )


def _with_offsets(value: Any) -> Any:
    """Return a row whose times end in `+00:00`."""
    if isinstance(value, dict):
        return {name: _with_offsets(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_offsets(inner) for inner in value]
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}+00:00" if found else value
