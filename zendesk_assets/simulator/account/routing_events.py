"""Routing by skills: which agents got or lost a skill, and which tickets need one, as events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.derived import Derived, kept, seeded_agents
from zendesk_assets.simulator.account.identifiers import uuid
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration

NAME = "routing_instance_events"
_TICKETS = 4  # every so many needs a skill
_LOSERS = 5  # every so many agents loses one again


def routing_events(account: Configuration) -> list[Derived]:
    """Return the events up to now, in the order of time."""
    now = account.now()
    return [each for each in kept(account, NAME, _derive) if each[0] <= now]


def _derive(account: Configuration) -> Iterator[Derived]:
    skills = [str(each) for each in account.list_rows("routing_attribute_values")]
    if not skills:
        return
    for place, agent in enumerate(seeded_agents(account)):
        start, skill = account.created + place * 3600, skills[place % len(skills)]
        yield _event("associate_agent", skill, agent, start)
        if place % _LOSERS == _LOSERS - 1:
            yield _event("unassociate_agent", skill, agent, start + 100 * DAY)
    for ticket in account.tickets.values():
        if ticket.id % _TICKETS == 1:
            skill = skills[ticket.id // _TICKETS % len(skills)]
            yield _event("associate_ticket", skill, ticket.id, ticket.created)


def _event(kind: str, skill: str, instance: int, second: int) -> Derived:
    key = uuid(kind, skill, instance)
    row = {
        "id": key,
        "attribute_value_id": skill,
        "instance_id": str(instance),
        "time": iso(second),
        "type": kind,
    }
    return second, key, row
