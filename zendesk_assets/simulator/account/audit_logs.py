"""The audit log of an account, derived from what was made, deleted, and given another role.

It knows who joined as an agent, which groups and rules were made, and what was deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from zendesk_assets.clock import read_time
from zendesk_assets.simulator.account.records import Change
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.tickets import Tickets

NAME: Final = "audit_logs"
_RULES: Final = ("macros", "triggers", "automations", "views")
_DELETED: Final = ("status", "deleted")
_LABELS: Final = {"create": "Created", "destroy": "Deleted", "update": "Updated"}


class _Entry(NamedTuple):
    """One entry: `source` is the id of what it is about, `text` says what changed."""

    second: int
    id: int
    action: str
    kind: str
    source: int
    label: str
    actor: int
    text: str = ""


def audit_logs(account: Tickets) -> list[tuple[int, dict[str, Any]]]:
    """Return the second and the row of each entry, in the order of time.

    An entry stays as it was when it was first asked for, whatever became of what it is about.
    """
    for entry in _entries(account):
        if entry.id not in account.audit_log:
            account.audit_log[entry.id] = entry.second, _row(account, entry)
    found = sorted(account.audit_log.items(), key=lambda each: (each[1][0], each[0]))
    return [(second, overridden(account, NAME, key, row)) for key, (second, row) in found]


def _row(account: Tickets, entry: _Entry) -> dict[str, Any]:
    second, number, action, kind, source, label, actor, text = entry
    return {
        "id": number,
        "url": f"{account.url}/api/v2/audit_logs/{number}.json",
        "action": action,
        "action_label": _LABELS[action],
        "actor_id": actor,
        "actor_name": account.users[actor].name,
        "source_type": kind,
        "source_id": source,
        "source_label": label,
        "change_description": text,
        "ip_address": f"203.0.113.{actor // 37 % 250}" if action == "destroy" else None,
        "created_at": iso(second),
    }


def _entries(account: Tickets) -> Iterator[_Entry]:
    """Yield the entries; their ids are beside those of what they are about."""
    admin = account.admin_id
    for group in account.groups.values():
        yield _Entry(group.created, group.id + 1, "create", "group", group.id, group.name, admin)
    for user in account.users.values():
        if user.role != "end-user":
            yield _Entry(user.created, user.id + 7, "create", "user", user.id, user.name, admin)
    yield from _role_changes(account)
    for firm in account.organizations.values():
        if firm.deleted_at is not None:
            place = (firm.deleted_at, firm.id + 2, "destroy", "organization")
            yield _Entry(*place, firm.id, firm.name, admin)
    for name in _RULES:
        for key, row in account.list_rows(name).items():
            second = int(read_time(row["created_at"]).timestamp())
            yield _Entry(second, int(key) + 1, "create", "rule", int(key), row["title"], admin)
    for event in account.events.values():
        if any(isinstance(each, Change) and each[1:3] == _DELETED for each in event.children):
            actor = event.updater_id if event.updater_id in account.users else admin
            place = (event.timestamp, event.id + 36, "destroy", "ticket")
            yield _Entry(*place, event.ticket_id, f"#{event.ticket_id}", actor)


def _role_changes(account: Tickets) -> Iterator[_Entry]:
    for second, number, user_id, text in account.role_changes:
        name = account.users[user_id].name
        yield _Entry(second, number, "update", "user", user_id, name, account.admin_id, text)
