"""The records of one account by id, the order of its exports, its clock and its switches.

What changes them is in the modules that build on this one.
"""

from __future__ import annotations

import itertools
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.timeline import Timeline
from zendesk_assets.simulator.times import DAY

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.records import (
        Activity,
        Attachment,
        CustomField,
        Event,
        Group,
        Identity,
        Organization,
        Rating,
        Ticket,
        User,
    )

_T = TypeVar("_T")
_FIRST_ID = 12_936_268_530_194


class State:
    """Everything that an account holds. `revision` grows with each change, for caches.

    Zendesk counts more than `counted_at_once` records in the background: while the account
    `is_counting`, that number is sent.
    """

    def __init__(self, subdomain: str = "acme", clock: Clock | None = None) -> None:
        self.subdomain = subdomain
        self.clock: Clock = clock or SystemClock()
        self.url = f"https://{subdomain}.zendesk.com"
        self.same_second = "overflow"
        self.export_delay = 0
        self.late: dict[tuple[str, int], int] = {}
        self.has_satisfaction_ratings = self.has_surveys = True
        self.features_off: set[str] = set()  # what its settings say is turned off
        self.lists_lack_meta = False
        self.times_have_offsets = False
        self.shows_metrics_of_deleted = False
        self.forecasts_vanish = False
        self.counted_at_once = 100_000
        self.is_counting = False
        self.revision = 0
        self.sorted_lists: dict[tuple[str, str], tuple[int, list[Any]]] = {}
        self.overrides: dict[tuple[str, int | str], dict[str, Any]] = {}
        self.tickets: dict[int, Ticket] = {}
        self.events: dict[int, Event] = {}
        self.attachments: dict[int, tuple[Attachment, Event, int]] = {}
        self.groups: dict[int, Group] = {}
        self.organizations: dict[int, Organization] = {}
        self.users: dict[int, User] = {}
        self.identities: dict[int, dict[int, Identity]] = {}
        self.ratings: dict[int, Rating] = {}
        self.activities: dict[int, Activity] = {}
        self.audit_log: dict[int, tuple[int, dict[str, Any]]] = {}
        # Of roles: second, id of the entry in the audit log, user, what it says.
        self.role_changes: list[tuple[int, int, int, str]] = []
        self.fields: list[CustomField] = []
        self.brand_id = 0
        self.form_id = 0
        self.admin_id = 0
        self.created = self.seeded = 0
        self.timelines = {
            name: Timeline() for name in ("tickets", "ticket_events", "organizations", "users")
        }
        self.first_id = _FIRST_ID
        self._ids = itertools.count(_FIRST_ID, 37)
        self.listed: dict[str, dict[int | str, dict[str, Any]]] = {}
        self.readings: dict[str, dict[int, list[dict[str, Any]]]] = {}  # by second
        self._interned: dict[Any, Any] = {}

    @property
    def brand_ids(self) -> tuple[int, int]:
        """Return the ids of the brands: the default one, and one that some customers buy from."""
        return self.brand_id, self.brand_id + 1

    @property
    def form_ids(self) -> tuple[int, int]:
        """Return the ids of the forms, the default one first; system fields are between them."""
        return self.form_id, self.form_id + 20

    def now(self) -> int:
        """Return the time on the account's clock."""
        return int(self.clock.now().timestamp())

    def note_change(self, export: str, record_id: int, when: int) -> None:
        """Note that a record moved in an export; it becomes visible there after the delay."""
        self.revision += 1
        if self.export_delay:
            self.late[export, record_id] = when + self.export_delay

    def is_exported(self, export: str, record_id: int) -> bool:
        """Return whether a record is visible in an export now."""
        return self.late.get((export, record_id), 0) <= self.now()

    def next_id(self, room: int = 1) -> int:
        """Return a new id; the `room - 1` ids after it stay free."""
        first = next(self._ids)
        for _ in range(room // 37):
            next(self._ids)
        return first

    def place_ids(self, seed: int) -> None:
        """Start the ids in a place of the account's own: they are unique in all of Zendesk."""
        place = (seed * 7_919 + zlib.crc32(self.subdomain.encode())) % 9_973
        self.first_id = _FIRST_ID + place * 1_000_000_000
        self._ids = itertools.count(self.first_id, 37)

    def intern(self, value: _T) -> _T:
        """Return the one copy of an immutable value that the account keeps."""
        found: _T = self._interned.setdefault((type(value), value), value)
        return found

    def ticket(self, ticket_id: int) -> Ticket:
        """Return a ticket by its id.

        Raises:
            SimulatorError: There is no such ticket.
        """
        found = self.tickets.get(ticket_id)
        if found is None:
            message = f"Account {self.subdomain} has no ticket {ticket_id}."
            raise SimulatorError(message)
        return found

    def note_listed(self, collection: str, rows: dict[int | str, dict[str, Any]]) -> None:
        """Remember the rows that were sent of a list that does not show deleted ones."""
        self.listed.setdefault(collection, {}).update(rows)

    def ticket_url(self) -> str:
        """Return the beginning of the addresses of tickets."""
        return f"{self.url}/api/v2/tickets/"

    def is_archived(self, ticket: Ticket) -> bool:
        """Return whether lists leave the ticket out: it was closed 120 days ago (trap T10)."""
        return ticket.status == "closed" and ticket.updated < self.now() - 120 * DAY
