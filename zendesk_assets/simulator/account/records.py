"""The records of an account: small slotted classes, times as epoch seconds.

How Zendesk sends a record is `rendering`; how records change is `desk`, `directory` and `people`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Change(NamedTuple):
    """A child event that sets one property; `field` is a name, or a custom field's id."""

    kind: str
    field: str | int
    value: Any
    previous: Any = None


@dataclass(slots=True)
class Attachment:
    """A file attached to a comment."""

    id: int
    file_name: str
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None
    inline: bool = False
    deleted: bool = False
    malware_scan_result: str = "malware_not_found"


@dataclass(slots=True)
class Comment:
    """A child event with a text; with a `call` it is a voice comment.

    `kind` is its type for Zendesk where that is neither Comment nor VoiceComment.
    """

    author_id: int
    body: str
    public: bool
    channel: str
    attachments: tuple[Attachment, ...] = ()
    call: tuple[str, str, int] | None = None
    kind: str = ""


@dataclass(slots=True)
class Event:
    """One audit of a ticket; child `i` has the id `event.id + 1 + i`."""

    id: int
    ticket_id: int
    timestamp: int
    updater_id: int
    channel: str
    origin: int
    children: tuple[Change | Comment, ...]


@dataclass(slots=True)
class Metrics:
    """The running numbers of one ticket, in calendar minutes and in business minutes."""

    id: int
    created: int
    updated: int
    status_updated: int
    requester_updated: int
    latest_comment: int
    group_stations: int = 0
    assignee_stations: int = 0
    reopens: int = 0
    replies: int = 0
    assignee_updated: int | None = None
    initially_assigned: int | None = None
    assigned: int | None = None
    solved: int | None = None
    reply: int | None = None
    first_resolution: int | None = None
    full_resolution: int | None = None
    agent_wait: int = 0
    requester_wait: int = 0
    on_hold: int = 0
    reply_business: int | None = None
    first_resolution_business: int | None = None
    full_resolution_business: int | None = None
    agent_wait_business: int = 0
    requester_wait_business: int = 0
    on_hold_business: int = 0


@dataclass(slots=True)
class Ticket:
    """A ticket, with its whole history."""

    id: int
    created: int
    updated: int
    generated: int
    channel: str
    requester_id: int
    submitter_id: int
    brand_id: int
    ticket_form_id: int
    metrics: Metrics
    subject: str = ""
    description: str = ""
    status: str = "new"
    type: str | None = None
    priority: str | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    external_id: str | None = None
    due: int | None = None
    problem_id: int | None = None
    tags: tuple[str, ...] = ()
    custom: tuple[Any, ...] = ()
    support_type: str = "agent"
    rating: Rating | None = None
    offered: bool = False
    deleted_at: int | None = None
    deleted_by: int | None = None
    previous_status: str = "new"
    scrubbed: bool = False
    is_public: bool = False
    has_incidents: bool = False
    recipient: str | None = None
    rel: str | None = None
    email_cc_ids: tuple[int, ...] = ()
    follower_ids: tuple[int, ...] = ()
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A team of agents."""

    id: int
    name: str
    created: int
    updated: int
    description: str = ""
    default: bool = False
    deleted: bool = False
    is_public: bool = True


@dataclass(slots=True)
class Organization:
    """A customer's company."""

    id: int
    name: str
    created: int
    updated: int
    domain_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    details: str | None = None
    notes: str | None = None
    external_id: str | None = None
    group_id: int | None = None
    shared_tickets: bool = False
    shared_comments: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    deleted_at: int | None = None


@dataclass(slots=True)
class User:
    """A person: customer, agent or admin."""

    id: int
    name: str
    email: str | None
    role: str
    created: int
    updated: int
    organization_id: int | None = None
    group_id: int | None = None
    phone: str | None = None
    time_zone: str = "London"
    iana_time_zone: str = "Europe/London"
    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    active: bool = True
    last_login: int | None = None
    is_wiped: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Identity:
    """An address, number or name under which a user is known."""

    id: int
    user_id: int
    type: str
    value: str
    created: int
    updated: int
    primary: bool = False
    verified: bool = True
    undeliverable_count: int = 0


@dataclass(slots=True)
class Rating:
    """One row of the satisfaction ratings; an edited rating is a new row."""

    id: int
    ticket_id: int
    requester_id: int
    assignee_id: int | None
    group_id: int | None
    score: str
    comment: str | None
    reason: str | None
    reason_id: int | None
    created: int
    updated: int


@dataclass(slots=True)
class Activity:
    """Something that another person did and that concerns the agent `user_id`."""

    id: int
    verb: str
    title: str
    user_id: int
    actor_id: int
    ticket_id: int
    subject: str
    created: int
    comment: str | None = None
    public: bool = True


@dataclass(slots=True)
class CustomField:
    """A custom ticket field; its position is its place in `Ticket.custom`."""

    id: int
    type: str
    title: str
    description: str
    created: int
    options: tuple[tuple[str, str], ...] = ()
    active: bool = True
    updated: int = 0
