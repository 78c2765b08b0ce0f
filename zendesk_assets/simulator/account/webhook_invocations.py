"""Invocations of webhooks: one for each change of a ticket and each active webhook for tickets.

An invocation is accepted, and has ended some seconds later.
docs/zendesk-api.md#invocations-of-webhooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from zendesk_assets.simulator.account.derived import Derived, kept
from zendesk_assets.simulator.account.identifiers import ulid
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Event

NAME: Final = "webhook_invocations"
TICKETS: Final = "conditional_ticket_events"
_KEPT: Final = 7 * DAY
_TROUBLE: Final = {5: ("server error", 3, 41), 9: ("client error", 1, 1), 13: ("timeout", 3, 47)}
_SMOOTH: Final = ("success", 1, 1)


def webhook_invocations(account: Configuration, webhook: str = "") -> list[Derived]:
    """Return what is shown now of a webhook, or of all, in the order of time."""
    now, active = account.now(), account.list_rows("webhooks")
    return [
        (second, key, _as_of(row, now))
        for second, key, row in kept(account, NAME, _derive)
        if now - _KEPT < second <= now
        and webhook in {"", row["webhook_id"]}
        and row["webhook_id"] in active
    ]


def _as_of(row: dict[str, Any], now: int) -> dict[str, Any]:
    """Return an invocation as it is while its attempts have not ended, or as it ended."""
    if row["latest_completed_at"] <= iso(now):
        return row
    return row | {"status": "accepted", "attempts_count": 0, "latest_completed_at": None}


def _derive(account: Configuration) -> Iterator[Derived]:
    webhooks = [
        str(key)
        for key, row in account.list_rows("webhooks").items()
        if row["status"] == "active" and TICKETS in row["subscriptions"]
    ]
    oldest = account.now() - _KEPT
    for event in (each for each in account.events.values() if each.timestamp > oldest):
        for number, webhook in enumerate(webhooks):
            yield _invocation(event, webhook, number)


def _invocation(event: Event, webhook: str, number: int) -> Derived:
    key = ulid(event.timestamp, event.id * 16 + number)
    status, attempts, seconds = _TROUBLE.get(event.id // 37 % 17, _SMOOTH)
    return event.timestamp, key, {
        "id": key,
        "webhook_id": webhook,
        "status": status,
        "event_type": TICKETS,
        "attempts_count": attempts,
        "created_at": iso(event.timestamp),
        "latest_completed_at": iso(event.timestamp + seconds),
    }  # fmt: skip
