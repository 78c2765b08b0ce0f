"""`zendesk-assets simulate`: serve a simulated Zendesk account in the foreground."""

import signal
import threading
from typing import Annotated

import typer

from zendesk_assets.cli.consent import redirect_address
from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.terminal import Console
from zendesk_assets.simulator import RateLimits, Simulator

_REDIRECT = redirect_address(8488)  # where `connect` waits for the browser


def simulate(  # options of a command
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 for any free one.")
    ] = 8090,
    tickets: Annotated[int, typer.Option(min=1, help="How many tickets the account has.")] = 2_000,
    history_days: Annotated[int, typer.Option(min=1, help="How many days they reach back.")] = 400,
    seed: Annotated[
        int,
        typer.Option(help="The same seed gives the same account, up to the present moment."),
    ] = 7,
    rate_limits: Annotated[
        bool, typer.Option("--rate-limits", help="Enforce 200 requests a minute, exports 10.")
    ] = False,
) -> None:
    """Serve a simulated Zendesk account until Ctrl-C.

    Example: zendesk-assets simulate --tickets 5000 --rate-limits
    """
    limits = RateLimits(account=200, exports=10) if rate_limits else None
    simulator = Simulator(
        tickets=tickets, seed=seed, history_days=history_days, port=port, rate_limits=limits
    )
    simulator.register_client("warehouse", [_REDIRECT])
    with simulator:
        Console(soft_wrap=True, markup=False).print(_introduction(simulator, tickets))
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            if current().number != signal.SIGINT:
                raise


def _introduction(simulator: Simulator, tickets: int) -> str:
    """Return what to do with the account, ready to copy."""
    url = simulator.base_url
    return f"""\
A simulated Zendesk account with {tickets:,} tickets at {url}
In sources.yaml, here or in another folder:

sources:
  - nickname: Simulated
    schema: zendesk_simulated
    subdomain: acme
    base_url: {url}
    auth: {{type: bearer, token: {simulator.token}}}

Or connect it like a real account, in the browser:
  zendesk-assets connect --subdomain acme --client-id warehouse --base-url {url}

Requests to {url}/_simulator/ change it, or make it fail: CONTRIBUTING.md has examples.
Ctrl-C ends it."""
