"""The account's plain lists: what their rows refer to and follow from, and changes to them."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account import help_centers
from zendesk_assets.simulator.account.business_hours import SCHEDULE_LISTS, ScheduleHistory
from zendesk_assets.simulator.account.rendering.events import RULE_ID
from zendesk_assets.simulator.account.rendering.fields import render_fields
from zendesk_assets.simulator.account.rendering.people import ROLE_IDS, render_user
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.account.rendering.tickets import STATUS_IDS
from zendesk_assets.simulator.account.state import State
from zendesk_assets.simulator.account.texts import RATING_REASON_IDS
from zendesk_assets.simulator.lists.declaration import declarations
from zendesk_assets.simulator.lists.store import Key, Row, Store
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Configuration(State):
    """An account with plain lists."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lists = Store(self)
        self.hours = ScheduleHistory(self)

    def words(self) -> dict[str, str]:
        """Return what words like `$subdomain` in data files stand for."""
        title = self.subdomain.replace("-", " ").title()
        created = iso(self.created)
        return {"subdomain": self.subdomain, "url": self.url, "title": title, "created": created}

    def ids_of(self, name: str) -> list[Any] | None:
        """Return the ids that `@<name>/…` in data files chooses from."""
        known: dict[str, Callable[[], list[Any]]] = {
            "users": lambda: [*self.users],
            "agents": lambda: [u.id for u in self.users.values() if u.role != "end-user"],
            "groups": lambda: [*self.groups],
            "organizations": lambda: [*self.organizations],
            "fields": lambda: [field.id for field in self.fields],
            "brand": lambda: [*self.brand_ids],
            "form": lambda: [*self.form_ids],
            "statuses": lambda: [*dict.fromkeys(STATUS_IDS.values())],
            "rules": lambda: [RULE_ID],
            "roles": lambda: [*ROLE_IDS.values()],
            "reasons": lambda: [*RATING_REASON_IDS.values()],
        }
        return known[name]() if name in known else None

    def computed_rows(self, name: str) -> list[Row]:
        """Return the rows of a list that follows from other records."""
        return _COMPUTED[name](self)

    def list_rows(self, collection: str) -> dict[Key, Row]:
        """Return the rows of a plain list that exist now, by key."""
        rows = self.lists.rows(collection)
        is_of_brands = declarations()[collection].by_brand
        return help_centers.complete(self, collection, rows) if is_of_brands else rows

    def render_row(self, collection: str, key: Key, row: Row) -> Row:
        """Return a row with the raw text that was planted in it."""
        return overridden(self, collection, key, row)

    def create_row(self, collection: str, values: Row | None = None, count: int = 1) -> list[Key]:
        """Add a row, or several that are alike, with these properties; return their keys."""
        with self._scheduling(collection):
            return [self.lists.create(collection, values or {}) for _ in range(count)]

    def update_row(self, collection: str, key: Key, changes: Row) -> None:
        """Set properties of a row; `updated_at` follows where rows have one."""
        with self._scheduling(collection):
            self.lists.update(collection, key, changes)

    def delete_row(self, collection: str, key: Key) -> None:
        """Remove a row: the list no longer has it."""
        with self._scheduling(collection):
            self.lists.delete(collection, key)

    def _scheduling(self, collection: str) -> AbstractContextManager[None]:
        """Note the business hours before and after a change, if it is one of them."""
        return self.hours.changing() if collection in SCHEDULE_LISTS else nullcontext()

    def delete_rows(self, collection: str) -> None:
        """Remove all rows of a list."""
        for key in self.list_rows(collection):
            self.delete_row(collection, key)


def _tags(state: State) -> list[Row]:
    counts = Counter(tag for ticket in state.tickets.values() for tag in ticket.tags)
    return [{"name": name, "count": count} for name, count in counts.items()]


def _organization_memberships(account: Configuration) -> list[Row]:
    """Return one for each living user of a living organization: their default one."""
    found = ((user, user.organization_id) for user in account.users.values() if user.active)
    return [
        {
            "url": f"{account.url}/api/v2/organization_memberships/{user.id + 1}.json",
            "id": user.id + 1,
            "user_id": user.id,
            "organization_id": organization.id,
            "organization_name": organization.name,
            "default": True,
            "view_tickets": user.id // 37 % 5 == 0,
            "created_at": iso(user.created),
            "updated_at": iso(user.updated),
        }
        for user, organization_id in found
        if (organization := account.organizations.get(organization_id or 0))
        and organization.deleted_at is None
    ]


def _deleted_users(account: Configuration) -> list[Row]:
    rows = (render_user(account, user) for user in account.users.values() if not user.active)
    return [
        {name: row[name] for name in _OF_DELETED_USERS}
        | {"url": f"{account.url}/api/v2/deleted_users/{row['id']}.json"}
        for row in rows
    ]


def _ticket_fields(account: Configuration) -> list[Row]:
    return render_fields(account, account.list_rows("custom_statuses").values())


def _telephone_lines(account: Configuration) -> list[Row]:
    """Return the numbers once more, with the brand: digital lines are stored."""
    (brand, *_others), numbers = account.brand_ids, account.list_rows("phone_numbers").values()
    return [row | {"brand_id": brand} for row in numbers]


_OF_DELETED_USERS = (
    "id", "name", "email", "phone", "shared_phone_number", "photo", "role", "active",
    "organization_id", "locale", "locale_id", "time_zone", "created_at", "updated_at",
)  # fmt: skip
_COMPUTED: dict[str, Callable[[Configuration], list[Row]]] = {
    "deleted_users": _deleted_users,
    "hc_votes": help_centers.votes,
    "organization_memberships": _organization_memberships,
    "tags": _tags,
    "talk_lines": _telephone_lines,
    "ticket_fields": _ticket_fields,
}
