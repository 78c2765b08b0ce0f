"""Changes to groups, fields, organizations, ratings and activities; switches of the account.

Tickets are changed in `desk`, users in `people`. Every method takes and returns plain values, so
that the control API can offer it as it is.
"""

from typing import Any

import msgspec

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.people import People, found, set_properties
from zendesk_assets.simulator.account.records import (
    Activity,
    CustomField,
    Group,
    Organization,
    Rating,
)
from zendesk_assets.simulator.account.texts import OTHER_REASON, RATING_REASON_IDS


class Directory(People):
    """An account with everything but its tickets."""

    def create_group(self, name: str, description: str = "", *, default: bool = False) -> int:
        """Add a group; return its id. Names need not be unique (trap T32)."""
        now = self.now()
        group = Group(self.next_id(), name, now, now, description, default)
        self.groups[group.id] = group
        self.revision += 1
        return group.id

    def update_group(self, group_id: int, **changes: Any) -> None:
        """Set properties of a group, `name` for instance."""
        group = found(self.groups, group_id, "group")
        set_properties(group, changes)
        group.updated = self.now()
        self.revision += 1

    def delete_group(self, group_id: int) -> None:
        """Soft-delete a group: lists hide it unless `exclude_deleted=false` (trap T9)."""
        self.update_group(group_id, deleted=True)

    def create_field(self, title: str, type: str = "text") -> int:  # noqa: A002 # Zendesk's word
        """Add a custom field of tickets; return its id. Titles need not be unique."""
        field = CustomField(self.next_id(), type, title, "", self.now())
        self.fields.append(field)
        for ticket in self.tickets.values():
            ticket.custom = self.intern((*ticket.custom, None))
        self.revision += 1
        return field.id

    def update_field(self, field_id: int, **changes: Any) -> None:
        """Set properties of a custom field: `title`, or `active`."""
        field = found({each.id: each for each in self.fields}, field_id, "custom field")
        set_properties(field, changes)
        field.updated = self.now()
        self.revision += 1

    def create_organization(self, name: str, **values: Any) -> int:
        """Add an organization; return its id."""
        now = self.now()
        organization = Organization(self.next_id(), name, now, now)
        set_properties(organization, values)
        self.organizations[organization.id] = organization
        self.timelines["organizations"].add((now, organization.id))
        self.note_change("organizations", organization.id, now)
        self.revision += 1
        return organization.id

    def update_organization(
        self,
        organization_id: int,
        **changes: Any,
    ) -> None:
        """Set properties of an organization."""
        organization = found(self.organizations, organization_id, "organization")
        before = (organization.updated, organization.id)
        set_properties(organization, changes)
        organization.updated = self.now()
        self.timelines["organizations"].move(before, (organization.updated, organization.id))
        self.note_change("organizations", organization.id, organization.updated)
        self.revision += 1

    def delete_organization(self, organization_id: int) -> None:
        """Delete an organization: it stays in the export, renamed, with `deleted_at`."""
        name = f"{organization_id}_deleted_{self.organizations[organization_id].name}"
        self.update_organization(organization_id, name=name, deleted_at=self.now())

    def flood_organizations(self, count: int) -> list[int]:
        """Add many organizations in this one second (trap T6)."""
        return [self.create_organization(f"Imported company {n + 1}") for n in range(count)]

    def add_rating(
        self,
        ticket_id: int,
        score: str,
        comment: str | None = None,
        reason: str | None = None,
    ) -> Rating:
        """Add a satisfaction rating without changing its ticket."""
        ticket = self.ticket(ticket_id)
        now = self.now()
        other = RATING_REASON_IDS[OTHER_REASON]
        reason_id = RATING_REASON_IDS.get(reason, other) if reason else None
        rating = Rating(
            self.next_id(), ticket_id, ticket.requester_id, ticket.assignee_id, ticket.group_id,
            score, comment, reason, reason_id, now, now,
        )  # fmt: skip
        self.ratings[rating.id] = rating
        self.revision += 1
        return rating

    def add_activity(
        self,
        ticket_id: int,
        verb: str = "tickets.comment",
        text: str = "Could you take this one?",
        user_id: int | None = None,
        actor_id: int = -1,
    ) -> int:
        """Add an activity for an agent, by default the admin; return its id."""
        ticket = self.ticket(ticket_id)
        title = f"{self.name_of(actor_id)} commented on ticket #{ticket_id}: {text}"
        if verb != "tickets.comment":
            title = f"{verb.removeprefix('tickets.').replace('_', ' ')} on ticket #{ticket_id}"
        activity = Activity(
            self.next_id(), verb, title, user_id or self.admin_id, actor_id, ticket_id,
            ticket.subject, self.now(), text if verb == "tickets.comment" else None,
        )  # fmt: skip
        self.activities[activity.id] = activity
        self.revision += 1
        return activity.id

    def name_of(self, user_id: int) -> str:
        """Return a user's name; -1 is the system."""
        user = self.users.get(user_id)
        return user.name if user else "System"

    def set_raw(self, kind: str, record_id: int | str, name: str, raw: str | None) -> None:
        """Make a record be sent with a property of raw JSON text, or without it if that is None.

        `kind` is tickets, ticket_metrics, ticket_events, child_events, attachments, groups,
        organizations, users, user_identities, satisfaction_ratings, activities or a plain list.
        """
        value = msgspec.UNSET if raw is None else msgspec.Raw(raw.encode())
        self.overrides.setdefault((kind, record_id), {})[name] = value
        self.revision += 1

    def clear_raw(self, kind: str, record_id: int | str) -> None:
        """Undo everything that `set_raw` did to a record."""
        self.overrides.pop((kind, record_id), None)
        self.revision += 1

    def set_same_second(self, mode: str) -> None:
        """Set what time exports do when a second has more rows than a page (trap T6).

        "overflow": the page has all of them. "truncate": it has as many as fit, and the walk
        cannot get past that second. "overflow_tiny": tiny pages overflow, as recorded, and larger
        ones are cut, as reported. "skip": the page is cut, and the next one begins after the
        second: rows are lost.
        """
        if mode not in {"overflow", "overflow_tiny", "truncate", "skip"}:
            known = '"overflow", "overflow_tiny", "truncate" or "skip"'
            message = f"Unknown mode {mode!r}. Choose {known}."
            raise SimulatorError(message)
        self.same_second = mode

    def set_lists_without_meta(self, on: bool = True) -> None:  # noqa: FBT001, FBT002 # over HTTP
        """Make lists answer as in 2021: without `meta`, and always by offset."""
        self.lists_lack_meta = on

    def set_time_offsets(self, on: bool = True) -> None:  # noqa: FBT001, FBT002
        """Make all times end in `+00:00` instead of `Z`."""
        self.times_have_offsets = on

    def set_metrics_of_deleted(self, on: bool = True) -> None:  # noqa: FBT001, FBT002
        """Send deleted tickets with their metric set, as some accounts do."""
        self.shows_metrics_of_deleted = on

    def set_forecasts_vanish(self, on: bool = True) -> None:  # noqa: FBT001, FBT002
        """Let breaches that were foretold vanish when they are prevented, without a flag."""
        self.forecasts_vanish = on
        self.revision += 1

    def set_export_delay(self, seconds: int) -> None:
        """Make changes from now on visible in the exports this many seconds late.

        They keep the time of the change, so that they appear behind what was read already, as
        others have reported.
        """
        self.export_delay = seconds
