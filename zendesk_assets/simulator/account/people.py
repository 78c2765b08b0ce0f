"""Changes to users and to the identities under which they are known.

Every method takes and returns plain values, so that the control API can offer it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.custom_data import CustomData
from zendesk_assets.simulator.account.records import Identity, User
from zendesk_assets.simulator.account.rendering.people import USER_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_WIPED = "Permanently Deleted User"


def found(records: Mapping[int, _T], record_id: int, kind: str) -> _T:
    """Return a record by its id.

    Raises:
        SimulatorError: There is no such record.
    """
    record = records.get(record_id)
    if record is None:
        message = f"There is no {kind} with id {record_id}."
        raise SimulatorError(message)
    return record


def set_properties(record: object, values: Mapping[str, Any]) -> None:
    """Set properties of a record.

    Raises:
        SimulatorError: The record does not have such a property.
    """
    for name, value in values.items():
        if not hasattr(record, name):
            message = f"A {type(record).__name__.lower()} has no property {name!r}."
            raise SimulatorError(message)
        setattr(record, name, tuple(value) if isinstance(value, list) else value)


class People(CustomData):
    """An account with users."""

    def create_user(
        self,
        name: str,
        email: str | None = None,
        role: str = "end-user",
        **values: Any,
    ) -> int:
        """Add a user; return the id."""
        now = self.now()
        user = User(self.next_id(), name, email, role, now, now)
        _set_user(user, values)
        self.users[user.id] = user
        self.timelines["users"].add((now, user.id))
        self.seed_identities(user)
        self.note_change("users", user.id, now)
        return user.id

    def update_user(self, user_id: int, **changes: Any) -> None:
        """Set properties of a user; the primary address follows `email`.

        A change of the role is in the audit log.
        """
        user = found(self.users, user_id, "user")
        if changes.get("role", user.role) != user.role:
            text = f"Support role changed from {user.role} to {changes['role']}"
            self.role_changes.append((self.now(), self.next_id(), user_id, text))
        _set_user(user, changes)
        if "email" in changes:
            self._follow_email(user)
        self._touch_user(user)

    def delete_user(self, user_id: int) -> None:
        """Deactivate a user: the export shows it, without address and identities."""
        self.update_user(user_id, active=False, email=None)
        self.identities.pop(user_id, None)

    def wipe_user(self, user_id: int) -> None:
        """Delete a user for good: the export shows it once more, without anything personal."""
        self.delete_user(user_id)
        user = self.users[user_id]
        user.name, user.phone, user.is_wiped = _WIPED, None, True
        user.more, user.fields, user.tags = {}, {}, ()
        self._touch_user(user)

    def identities_of(self, user_id: int) -> list[Identity]:
        """Return the identities of a user in the order in which they were added."""
        return list(self.identities.get(user_id, {}).values())

    def add_identity(
        self,
        user_id: int,
        value: str,
        type: str = "email",  # noqa: A002 # Zendesk's word
        **values: Any,
    ) -> int:
        """Add an identity to a user; return its id. The user counts as updated."""
        user, now = found(self.users, user_id, "user"), self.now()
        identity = Identity(self.next_id(), user_id, type, value, now, now)
        set_properties(identity, values)
        self.identities.setdefault(user_id, {})[identity.id] = identity
        self._touch_user(user)
        return identity.id

    def update_identity(self, user_id: int, identity_id: int, **changes: Any) -> None:
        """Set properties of an identity, `primary` or `value` for instance."""
        identity = found(self.identities.get(user_id, {}), identity_id, "identity")
        set_properties(identity, changes)
        identity.updated = self.now()
        if identity.primary and identity.type == "email":
            self._make_primary(identity)
        self._touch_user(self.users[user_id])

    def remove_identity(self, user_id: int, identity_id: int) -> None:
        """Remove an identity: the user is exported again, without it."""
        found(self.identities.get(user_id, {}), identity_id, "identity")
        del self.identities[user_id][identity_id]
        self._touch_user(self.users[user_id])

    def seed_identities(self, user: User) -> None:
        """Add the address as an identity, for every third user a number; ids follow the user's."""
        made = [("email", user.email)] if user.email else []
        if user.email and user.id // 37 % 3 == 0:
            made.append(("phone_number", f"+3531555{user.id // 37 % 10_000:04}"))
        identities = [
            Identity(
                user.id + place, user.id, kind, value, user.created, user.created,
                primary=kind == "email",
            )
            for place, (kind, value) in enumerate(made, start=1)
        ]  # fmt: skip
        if identities:
            self.identities[user.id] = {each.id: each for each in identities}

    def _follow_email(self, user: User) -> None:
        """Make the primary identity follow the user's address."""
        addresses = [each for each in self.identities_of(user.id) if each.type == "email"]
        primary = next((each for each in addresses if each.primary), None)
        if primary and user.email:
            primary.value, primary.updated = user.email, self.now()
        elif primary:
            del self.identities[user.id][primary.id]
        elif user.email:
            self.add_identity(user.id, user.email, primary=True)

    def _make_primary(self, identity: Identity) -> None:
        for other in self.identities_of(identity.user_id):
            if other.type == "email" and other.primary and other is not identity:
                other.primary, other.updated = False, self.now()
        self.users[identity.user_id].email = identity.value

    def _touch_user(self, user: User) -> None:
        before = (user.updated, user.id)
        user.updated = self.now()
        self.timelines["users"].move(before, (user.updated, user.id))
        self.note_change("users", user.id, user.updated)


def _set_user(user: User, values: Mapping[str, Any]) -> None:
    """Set properties of a user; those that nothing depends on are kept as they are sent."""
    user.more |= {name: value for name, value in values.items() if name in USER_DEFAULTS}
    rest = {name: value for name, value in values.items() if name not in USER_DEFAULTS}
    set_properties(user, rest)
