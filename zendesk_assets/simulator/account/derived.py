"""Records that follow from others and are not stored: made once after each change of the account.

Each is `(second, key, row)`, in the order of the export that has it; rows of later seconds than now
are those that are still to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from zendesk_assets.simulator.account.records import Change
from zendesk_assets.simulator.account.rendering.raw import overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Ticket

Derived: TypeAlias = tuple[int, int | str, dict[str, Any]]


def kept(
    account: Configuration, name: str, derive: Callable[[Configuration], Iterable[Derived]]
) -> list[Derived]:
    """Return what `derive` returns, sorted, with raw text that was planted; kept until a change."""
    revision, found = account.sorted_lists.get((name, ""), (None, []))
    if revision != account.revision:
        derived = sorted(derive(account), key=lambda each: each[:2])
        found = [(second, key, overridden(account, name, key, row)) for second, key, row in derived]
        account.sorted_lists[name, ""] = account.revision, found
    return found


def first_agent(account: Configuration, ticket: Ticket) -> int | None:
    """Return the agent to whom a ticket was first assigned when the account was young, or any."""
    for event in ticket.events:
        for child in event.children:
            is_past = event.timestamp <= account.seeded
            if is_past and isinstance(child, Change) and child.field == "assignee_id":
                found: int | None = child.value
                return found
    agents = seeded_agents(account)
    return agents[ticket.id % len(agents)] if agents else None


def seeded_agents(account: Configuration) -> list[int]:
    """Return the agents that a new account has."""
    users = account.users.values()
    return [user.id for user in users if user.role != "end-user" and user.created < account.seeded]
