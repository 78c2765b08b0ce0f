"""A simulated site with its control API, served over HTTP while it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from zendesk_assets.simulator.account.seed import SeedPlan
from zendesk_assets.simulator.control import PREFIX, answer_control
from zendesk_assets.simulator.home import home_page
from zendesk_assets.simulator.site import Site
from zendesk_assets.simulator.wire.server import SimulatorServer

if TYPE_CHECKING:
    from zendesk_assets.clock import Clock
    from zendesk_assets.simulator.wire.faults import Fault
    from zendesk_assets.simulator.wire.limits import RateLimits
    from zendesk_assets.simulator.wire.messages import Answer, Request


class Simulator(Site):
    """A seeded Zendesk account that answers HTTP on 127.0.0.1 between `start` and `stop`."""

    def __init__(  # noqa: PLR0917 (options with defaults)
        self,
        tickets: int = 500,
        seed: int = 7,
        clock: Clock | None = None,
        history_days: int = 400,
        port: int = 0,
        rate_limits: RateLimits | None = None,
        organizations: int | None = None,
        groups: int | None = None,
        subdomain: str = "acme",
        prefix: str = "",
        events_per_ticket: float = 4.0,
        agents: int = 14,
    ) -> None:
        plan = SeedPlan(
            tickets, seed, history_days, events_per_ticket, organizations, groups, agents
        )
        super().__init__(plan, clock, rate_limits, subdomain)
        self.prefix, self.port = prefix, port
        self._server: SimulatorServer | None = None

    def start(self) -> Self:
        """Serve this account alone."""
        self._server = SimulatorServer({self.prefix: self}, self.port).start()
        return self

    def stop(self) -> None:
        """Stop serving; the account stays as it is."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        """Start, unless it is being served already."""
        return self if self._server or self.base_url else self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()

    def answer(self, request: Request) -> tuple[Answer, Fault | None]:
        """Answer a request, those to the control API and to the first page included."""
        if request.method == "GET" and request.path in {"", "/"}:
            with self.lock:
                return home_page(self), None
        if not request.path.startswith(PREFIX):
            return super().answer(request)
        with self.lock:
            self.account.settle()
            return answer_control(self, request), None
