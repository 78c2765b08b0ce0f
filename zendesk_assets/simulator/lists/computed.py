"""Plain lists whose rows follow from the rest of the account, by name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.rendering_directory import render_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.state import State

__all__ = ["COMPUTED"]


def _tags(state: State) -> list[dict[str, Any]]:
    counts = Counter(tag for ticket in state.tickets.values() for tag in ticket.tags)
    return [{"name": name, "count": count} for name, count in counts.items()]


COMPUTED: dict[str, Callable[[State], list[dict[str, Any]]]] = {
    "tags": _tags,
    "ticket_fields": render_fields,
}
