"""Calls and their legs, derived from tickets that came by telephone.

Each such ticket is one call of its requester; some are abandoned, and some agents call back. A call
is exported once it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.derived import Derived, first_agent, kept
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Ticket

CALLS, LEGS = "calls", "call_legs"
_ENDS = ("completed", "completed", "completed", "abandoned_in_queue", "completed", "completed",
         "abandoned_in_voicemail")  # fmt: skip
_HOUR = 3600


def calls(account: Configuration) -> list[Derived]:
    """Return all calls, in the order in which they end."""
    return kept(account, CALLS, _derive_calls)


def call_legs(account: Configuration) -> list[Derived]:
    """Return the legs of all calls: one of the customer, and one of the agent who took it."""
    return kept(account, LEGS, _derive_legs)


def _derive_calls(account: Configuration) -> Iterator[Derived]:
    for ticket in account.tickets.values():
        if ticket.channel == "voice":
            yield _call(account, ticket, ticket.metrics.id + 1, ticket.created)
            if ticket.id % 3 == 0:
                later = ticket.created + (2 + ticket.id % 20) * _HOUR
                yield _call(account, ticket, ticket.metrics.id + 2, later, is_back=True)


def _call(
    account: Configuration, ticket: Ticket, number: int, start: int, *, is_back: bool = False
) -> Derived:
    status = "completed" if is_back else _ENDS[ticket.id % len(_ENDS)]
    agent = first_agent(account, ticket) if status == "completed" else None
    times = _times(ticket.id + is_back, is_answered=agent is not None, is_back=is_back)
    end = start + times["duration"] + times["wrap_up_time"]
    row = {
        "id": number,
        "created_at": iso(start),
        "updated_at": iso(end),
        "agent_id": agent,
        "customer_id": ticket.submitter_id,
        "ticket_id": ticket.id,
        "direction": "outbound" if is_back else "inbound",
        "completion_status": status,
        **_line(account, ticket),
        **times,
        **_course(status, is_back=is_back),
    }
    return end, number, row


def _times(number: int, *, is_answered: bool, is_back: bool) -> dict[str, Any]:
    """Return how long it took, in seconds, and what it cost."""
    wait = 0 if is_back else 5 + number * 13 % 90
    talk = 60 + number * 37 % 500 if is_answered else 0
    hold = number % 4 * 15 if is_answered else 0
    duration = wait + talk + hold
    return {
        "duration": duration,
        "talk_time": talk,
        "wait_time": wait,
        "hold_time": hold,
        "wrap_up_time": number % 5 * 10 if is_answered else 0,
        "consultation_time": 0,
        "recording_time": talk,
        "not_recording_time": 0,
        "time_to_answer": wait if is_answered else None,
        "minutes_billed": -(-duration // 60),
        "call_charge": f"{-(-duration // 60) * 0.012:.4f}",
    }


def _line(account: Configuration, ticket: Ticket) -> dict[str, Any]:
    """Return which number of the account it was, and for which group."""
    lines, groups = [*account.list_rows("phone_numbers").values()], [*account.groups]
    line = lines[ticket.id % len(lines)] if lines else {"id": None, "number": None, "nickname": ""}
    return {
        "call_channel": "default",
        "call_group_id": groups[ticket.id % min(3, len(groups))] if groups else None,
        "phone_number_id": line["id"],
        "phone_number": line["number"],
        "line": line["nickname"],
        "line_id": line["id"],
        "line_type": "phone",
    }


def _course(status: str, *, is_back: bool) -> dict[str, Any]:
    """Return what happened on the way: the menu, the queue, the voicemail."""
    in_menu = not is_back
    return {
        "voicemail": status == "abandoned_in_voicemail",
        "callback": is_back,
        "callback_source": "queue" if is_back else None,
        "overflowed": False,
        "overflowed_to": None,
        "outside_business_hours": False,
        "exceeded_queue_wait_time": status == "abandoned_in_queue",
        "customer_requested_voicemail": status == "abandoned_in_voicemail",
        "default_group": True,
        "ivr_action": "group" if in_menu else None,
        "ivr_destination_group_name": "Support" if in_menu else None,
        "ivr_hops": 1 if in_menu else None,
        "ivr_routed_to": None,
        "ivr_time_spent": 12 if in_menu else None,
        "quality_issues": ["none"],
        "recording_control_interactions": 0,
        "call_recording_consent": "always",
        "call_recording_consent_action": None,
        "call_recording_consent_keypress": None,
    }


def _derive_legs(account: Configuration) -> Iterator[Derived]:
    for second, number, call in calls(account):
        customer, agent = {"type": "customer", "user_id": call["customer_id"]}, call["agent_id"]
        yield second, int(number) + 10, _leg(call, int(number) + 10, customer)
        if agent is not None:
            taken = {"type": "agent", "agent_id": agent, "available_via": "browser"}
            yield second, int(number) + 20, _leg(call, int(number) + 20, taken)


def _leg(call: dict[str, Any], number: int, who: dict[str, Any]) -> dict[str, Any]:
    copied = (
        "completion_status", "duration", "talk_time", "hold_time", "wrap_up_time",
        "consultation_time", "minutes_billed", "call_charge", "quality_issues", "created_at",
        "updated_at",
    )  # fmt: skip
    return {
        "id": number,
        "call_id": call["id"],
        "agent_id": 0,
        "user_id": None,
        "available_via": None,
        "forwarded_to": None,
        **who,
        **{name: call[name] for name in copied},
        **dict.fromkeys(("consultation_from", "consultation_to", "conference_from")),
        **dict.fromkeys(("conference_to", "transferred_from", "transferred_to")),
        "conference_time": 0,
    }
