"""The control API below `/_simulator/`: changes to the account and the site, for other processes.

Each action calls the method of its name. No credentials are needed, as the server listens on
127.0.0.1 only.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.records import Rating
from zendesk_assets.simulator.expected import expected_rows
from zendesk_assets.simulator.wire.messages import Answer, RefusedError, Request, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.site import Site

PREFIX = "/_simulator/"

ACCOUNT_ACTIONS = frozenset({
    "add_activity", "add_comment", "add_identity", "add_rating", "apply_sla", "clear_raw",
    "create_field", "create_group", "create_organization", "create_record", "create_row",
    "create_ticket", "create_user", "delete_group", "delete_organization", "delete_record",
    "delete_row", "delete_rows", "delete_ticket", "delete_user", "flood_events",
    "flood_organizations", "flood_tickets",
    "merge_organizations", "merge_tickets", "rate_ticket", "remove_identity", "restore_ticket",
    "scrub_ticket", "set_copied", "set_csat", "set_export_delay", "set_forecasts_vanish",
    "flood_side_conversations", "reply_side_conversation", "start_side_conversation",
    "update_side_conversation",
    "set_lists_without_meta", "set_metrics_of_deleted", "set_raw", "set_same_second",
    "set_time_offsets", "touch_ticket", "update_field", "update_group",
    "update_identity", "update_organization", "update_record", "update_row", "update_ticket",
    "update_user", "wipe_user",
})  # fmt: skip
SITE_ACTIONS = frozenset({
    "expire_token", "issue_token", "make_available", "make_unavailable", "register_client",
    "revoke_token",
})  # fmt: skip


def answer_control(site: Site, request: Request) -> Answer:
    """Answer a request below `/_simulator/`."""
    name = request.path.removeprefix(PREFIX)
    try:
        if request.method == "GET":
            return _read(site, request, name)
        arguments = msgspec.json.decode(request.body or b"{}")
        return json_answer({"result": _act(site, name, arguments)})
    except RefusedError as refused:
        return refused.answer
    except (SimulatorError, TypeError, KeyError, ValueError) as cause:
        return json_answer({"error": f"{type(cause).__name__}: {cause}"}, 400)


def _read(site: Site, request: Request, name: str) -> Answer:
    if name in {"", "state"}:
        return json_answer(_state(site))
    if name == "requests":
        since = float(request.query.get("since", 0))
        rows = [asdict(each) for each in site.requests if each.time >= since]
        return json_answer({"requests": rows})
    if name.startswith("expected/"):
        collection = name.removeprefix("expected/")
        with_deleted = request.flag("with_deleted", default=False)
        rows = list(expected_rows(site.account, collection, with_deleted=with_deleted))
        return json_answer({"rows": rows})
    message = f"There is nothing at {name!r}. GET state, requests or expected/<collection>."
    raise SimulatorError(message)


def _state(site: Site) -> dict[str, Any]:
    account = site.account
    stores = (
        "tickets", "events", "attachments", "groups", "organizations", "users", "ratings",
        "activities",
    )  # fmt: skip
    now = site.clock.now()
    return {
        "subdomain": account.subdomain,
        "base_url": site.base_url,
        "now": now.isoformat(),
        "token": site.token,
        "admin_id": account.admin_id,
        "counts": {name: len(getattr(account, name)) for name in stores},
        "same_second": account.same_second,
        "limits": asdict(site.limiter.limits),
        "used": site.limiter.used(now.timestamp()),
        "faults": [asdict(rule) for rule in site.faults.rules],
        "unavailable": sorted(site.unavailable),
        "requests": len(site.requests),
    }


def _act(site: Site, name: str, arguments: dict[str, Any]) -> Any:
    if name in ACCOUNT_ACTIONS:
        return _plain(getattr(site.account, name)(**arguments))
    if name in SITE_ACTIONS:
        return _plain(getattr(site, name)(**arguments))
    if name in _OTHER_ACTIONS:
        return _OTHER_ACTIONS[name](site, **arguments)
    message = f"There is no action {name!r}."
    raise SimulatorError(message)


def _plain(result: Any) -> Any:
    if isinstance(result, Rating):
        return result.id
    return result if isinstance(result, (int, str, list, type(None))) else str(result)


def _advance(site: Site, **step: float) -> str:
    """Move the clock by `{"days": 1}` or other arguments of `timedelta`."""
    advance = getattr(site.clock, "advance", None)
    if advance is None:
        message = "The clock of this simulator cannot be advanced. Start it with another one."
        raise SimulatorError(message)
    advance(timedelta(**step))
    site.account.settle()
    return site.clock.now().isoformat()


def _change_limits(site: Site, **limits: int | bool) -> dict[str, Any]:
    site.limiter.change(**limits)
    return asdict(site.limiter.limits)


def _inject_fault(site: Site, kind: str, **rule: Any) -> dict[str, Any]:
    return asdict(site.faults.add(kind, **rule))


def _clear_faults(site: Site) -> None:
    site.faults.clear()


def _clear_requests(site: Site) -> None:
    site.requests.clear()


_OTHER_ACTIONS: dict[str, Callable[..., Any]] = {
    "advance_clock": _advance,
    "change_limits": _change_limits,
    "clear_faults": _clear_faults,
    "clear_requests": _clear_requests,
    "inject_fault": _inject_fault,
}
