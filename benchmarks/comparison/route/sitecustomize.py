"""Leads `https://acme.zendesk.com` to the simulator. Python imports this at start, in a peer's
environment, because its folder is in PYTHONPATH.

Both peers know https and `*.zendesk.com` only. Here `requests`, `aiohttp` and zenpy send the same
requests to the simulator's address, over plain HTTP as we do; any other address is refused.
"""  # noqa: D205

import os
import sys
from typing import Any

import requests.adapters

SITE = "https://acme.zendesk.com"
BASE = os.environ["ZENDESK_SIMULATOR"]

os.environ["ZENPY_FORCE_SCHEME"], os.environ["ZENPY_FORCE_NETLOC"] = BASE.split("://")


def _lead(url: str) -> str:
    led = url.replace(SITE, BASE)
    if not led.startswith(BASE):
        message = f"The benchmark allows requests to the simulator only, not to {url}."
        raise ConnectionRefusedError(message)
    return led


def _lead_requests() -> None:
    send = requests.adapters.HTTPAdapter.send

    def send_here(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        request.url = _lead(request.url)
        return send(self, request, *arguments, **options)

    requests.adapters.HTTPAdapter.send = send_here  # type: ignore[method-assign]


def _lead_tap() -> None:
    """Lead the tap's aiohttp, and lift its pause after every 450 tickets."""
    import aiohttp  # noqa: PLC0415 # only the tap has it
    import tap_zendesk.streams  # noqa: PLC0415

    ask = aiohttp.ClientSession._request  # noqa: SLF001 # what all its methods call

    async def ask_here(self: Any, method: str, url: Any, **options: Any) -> Any:
        return await ask(self, method, _lead(str(url)), **options)

    aiohttp.ClientSession._request = ask_here  # noqa: SLF001
    tap_zendesk.streams.AUDITS_REQUEST_PER_MINUTE = sys.maxsize


_lead_requests()
if os.environ.get("ZENDESK_PEER") == "tap":
    _lead_tap()
