"""The control API below `/_simulator/`: what the account and simulator can do, by name over HTTP.

No behaviour of its own: each action calls the method of the same name. It needs no credentials,
as the server listens on 127.0.0.1 only.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.expected import expected_rows
from zendesk_assets.simulator.messages import Answer, RefusedError, Request, json_answer
from zendesk_assets.simulator.records import Rating

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.simulator import Simulator

__all__ = ["ACCOUNT_ACTIONS", "SIMULATOR_ACTIONS", "answer_control"]

ACCOUNT_ACTIONS = frozenset({
    "add_activity", "add_comment", "add_identity", "add_rating", "apply_sla", "clear_raw",
    "create_field", "create_group", "create_organization", "create_row", "create_ticket",
    "create_user", "delete_group", "delete_organization", "delete_row", "delete_rows",
    "delete_ticket", "delete_user", "flood_events", "flood_organizations", "flood_tickets",
    "merge_organizations", "merge_tickets", "rate_ticket", "remove_identity", "restore_ticket",
    "scrub_ticket", "set_copied", "set_export_delay", "set_lists_without_meta",
    "set_metrics_of_deleted", "set_raw", "set_same_second", "set_time_offsets", "touch_ticket",
    "update_field", "update_group", "update_identity", "update_organization", "update_row",
    "update_ticket", "update_user", "wipe_user",
})  # fmt: skip
SIMULATOR_ACTIONS = frozenset({
    "expire_token", "issue_token", "make_available", "make_unavailable", "register_client",
    "revoke_token",
})  # fmt: skip


def answer_control(simulator: Simulator, request: Request) -> Answer:
    """Answer a request below `/_simulator/`."""
    name = request.path.removeprefix("/_simulator/")
    try:
        if request.method == "GET":
            return _read(simulator, request, name)
        arguments = msgspec.json.decode(request.body or b"{}")
        return json_answer({"result": _act(simulator, name, arguments)})
    except RefusedError as refused:
        return refused.answer
    except (SimulatorError, TypeError, KeyError, ValueError) as cause:
        return json_answer({"error": f"{type(cause).__name__}: {cause}"}, 400)


def _read(simulator: Simulator, request: Request, name: str) -> Answer:
    if name in {"", "state"}:
        return json_answer(_state(simulator))
    if name == "requests":
        since = float(request.query.get("since", 0))
        rows = [asdict(each) for each in simulator.requests if each.time >= since]
        return json_answer({"requests": rows})
    if name.startswith("expected/"):
        collection = name.removeprefix("expected/")
        with_deleted = request.flag("with_deleted", default=False)
        rows = list(expected_rows(simulator.account, collection, with_deleted=with_deleted))
        return json_answer({"rows": rows})
    message = f"GET state, requests or expected/<collection>, not {name!r}"
    raise SimulatorError(message)


def _state(simulator: Simulator) -> dict[str, Any]:
    account = simulator.account
    stores = (
        "tickets", "events", "attachments", "groups", "organizations", "users", "ratings",
        "activities",
    )  # fmt: skip
    now = simulator.clock.now()
    return {
        "subdomain": account.subdomain,
        "base_url": simulator.base_url,
        "now": now.isoformat(),
        "token": simulator.token,
        "admin_id": account.admin_id,
        "counts": {name: len(getattr(account, name)) for name in stores},
        "same_second": account.same_second,
        "limits": asdict(simulator.limiter.limits),
        "used": simulator.limiter.used(now.timestamp()),
        "faults": [asdict(rule) for rule in simulator.faults.rules],
        "unavailable": sorted(simulator.unavailable),
        "requests": len(simulator.requests),
    }


def _act(simulator: Simulator, name: str, arguments: dict[str, Any]) -> Any:
    if name in ACCOUNT_ACTIONS:
        return _plain(getattr(simulator.account, name)(**arguments))
    if name in SIMULATOR_ACTIONS:
        return _plain(getattr(simulator, name)(**arguments))
    if name in _OTHER_ACTIONS:
        return _OTHER_ACTIONS[name](simulator, **arguments)
    message = f"there is no action {name!r}"
    raise SimulatorError(message)


def _plain(result: Any) -> Any:
    if isinstance(result, Rating):
        return result.id
    return result if isinstance(result, (int, str, list, type(None))) else str(result)


def _advance(simulator: Simulator, **step: float) -> str:
    """`{"days": 1}`, `{"seconds": 90}`, …: everything `timedelta` takes."""
    advance = getattr(simulator.clock, "advance", None)
    if advance is None:
        message = "this simulator's clock cannot be advanced"
        raise SimulatorError(message)
    advance(timedelta(**step))
    simulator.account.settle()
    return simulator.clock.now().isoformat()


def _change_limits(simulator: Simulator, **limits: int | bool) -> dict[str, Any]:
    simulator.limiter.change(**limits)
    return asdict(simulator.limiter.limits)


def _inject_fault(simulator: Simulator, kind: str, **rule: Any) -> dict[str, Any]:
    return asdict(simulator.faults.add(kind, **rule))


def _clear_faults(simulator: Simulator) -> None:
    simulator.faults.clear()


def _clear_requests(simulator: Simulator) -> None:
    simulator.requests.clear()


_OTHER_ACTIONS: dict[str, Callable[..., Any]] = {
    "advance_clock": _advance,
    "change_limits": _change_limits,
    "clear_faults": _clear_faults,
    "clear_requests": _clear_requests,
    "inject_fault": _inject_fault,
}
