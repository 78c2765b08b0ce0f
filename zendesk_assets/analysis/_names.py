"""Names in place of ids: columns that say who and what an id stands for, and the joins they need.

Names are those of today, even of what has been deleted since. A name is NULL where there is no such
row, and where its collection is not synced.
"""

from typing import Final, NamedTuple

from zendesk_assets.analysis._declaration import Column, text
from zendesk_assets.warehouse import Surroundings


class _Named(NamedTuple):
    """What has a name: the column with its id, its collection, and the words for it."""

    id_column: str
    collection: str
    said: str


_KINDS: Final = {
    "agent": _Named("agent_id", "users", "that agent"),
    "assignee": _Named("assignee_id", "users", "that agent"),
    "brand": _Named("brand_id", "brands", "the brand"),
    "form": _Named("ticket_form_id", "ticket_forms", "the form, as agents see it"),
    "group": _Named("group_id", "groups", "that group"),
    "organization": _Named("organization_id", "organizations", "that organization"),
    "requester": _Named("requester_id", "users", "who asked"),
}


def named_in(*kinds: str) -> tuple[str, ...]:
    """Return the collections that have these names; a view is there without them, too.

    Groups are not among them: they are part of what views are about.
    """
    return tuple(dict.fromkeys(_KINDS[kind].collection for kind in kinds if kind != "group"))


def name_of(kind: str) -> Column:
    """Declare the column `<kind>_name`."""
    named = _KINDS[kind]
    return text(f"{kind}_name", f"The name of {named.said}.", f"{named.collection}.name")


def select_names(*kinds: str) -> str:
    """Return the columns `<kind>_name` for a SELECT with `join_names`."""
    return ", ".join(f"the_{kind}.name AS {kind}_name" for kind in kinds)


def join_names(around: Surroundings, row: str, *kinds: str) -> str:
    """Return the joins that find the names of kinds, by the ids in the columns of `row`."""
    return "\n".join(
        f"LEFT JOIN {around[_KINDS[kind].collection]} AS the_{kind} "
        f"ON the_{kind}.id = {row}.{_KINDS[kind].id_column}"
        for kind in kinds
    )
