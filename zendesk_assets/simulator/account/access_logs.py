"""The access log of an account: what agents looked at and changed, from the events of tickets.

Before an agent changes a ticket, the browser asks for it by GraphQL. Entries are shown for 90 days.
docs/zendesk-api.md#access-log.
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

NAME: Final = "access_logs"
_KEPT: Final = 90 * DAY
_BROWSERS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0",
)
_VIEW: Final = {
    "operation_name": "ticket",
    "operation_type": "QUERY",
    "query": "query ticket($id: ID!) { ticket(id: $id) { id subject assignee { user { id } } } }",
}


def access_logs(account: Configuration) -> list[Derived]:
    """Return the entries that are shown now, in the order of time."""
    now = account.now()
    return [each for each in kept(account, NAME, _derive) if now - _KEPT < each[0] <= now]


def _derive(account: Configuration) -> Iterator[Derived]:
    oldest = account.now() - _KEPT
    for event in account.events.values():
        user = account.users.get(event.updater_id)
        if event.timestamp > oldest and user is not None and user.role != "end-user":
            yield _entry(event, 0, _view(event.ticket_id))
            yield _entry(event, 1, _change(event.ticket_id))


def _entry(event: Event, number: int, what: dict[str, Any]) -> Derived:
    """Return an entry; both of an event are of its second, and their ids say which was first."""
    key, agent = ulid(event.timestamp, 2 * event.id + number), event.updater_id
    return event.timestamp, key, {
        "id": key,
        "timestamp": iso(event.timestamp),
        "user_id": agent,
        "ip_address": f"203.0.113.{agent // 37 % 250}",
        "authorization_type": "session",
        "client": _BROWSERS[agent // 37 % len(_BROWSERS)],
        "bytes_sent": 900 + event.id % 5_000,
        "referer": f"/agent/tickets/{event.ticket_id}",
        "category": "Tickets",
        **what,
    }  # fmt: skip


def _view(ticket_id: int) -> dict[str, Any]:
    variables = f'{{"id":"{ticket_id}"}}'
    return {
        "method": "POST",
        "status": 200,
        "url": "/graphql",
        "summary": "View ticket",
        "graphql": _VIEW | {"variables": variables},
    }


def _change(ticket_id: int) -> dict[str, Any]:
    url = f"/api/v2/tickets/{ticket_id}.json"
    return {"method": "PUT", "status": 200, "url": url, "summary": "Update ticket"}
