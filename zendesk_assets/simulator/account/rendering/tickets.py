"""Tickets, their metric sets and satisfaction ratings as Zendesk sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import iso, iso_or_none

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.directory import Directory
    from zendesk_assets.simulator.account.records import Metrics, Rating, Ticket, User
    from zendesk_assets.simulator.account.state import State

_DURATIONS = (
    "reply", "first_resolution", "full_resolution", "agent_wait", "requester_wait", "on_hold",
)  # fmt: skip
_CODE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
STATUS_IDS = {
    "new": 8_051_003_720_001,
    "open": 8_051_003_720_002,
    "pending": 8_051_003_720_003,
    "hold": 8_051_003_720_004,
    "solved": 8_051_003_720_005,
    "closed": 8_051_003_720_005,
}


def render_ticket(state: State, ticket: Ticket, *, metric_set: bool = False) -> dict[str, Any]:
    """Return the ticket as the exports and lists give it."""
    row = _scrubbed(ticket) if ticket.scrubbed else _content(state, ticket)
    row["url"] = f"{state.url}/api/v2/tickets/{ticket.id}.json"
    if metric_set:
        gone = ticket.deleted_at is not None and not state.shows_metrics_of_deleted
        row["metric_set"] = None if gone else render_metrics(state, ticket)
    return overridden(state, "tickets", ticket.id, row) if state.overrides else row


def _content(state: State, ticket: Ticket) -> dict[str, Any]:
    custom = [
        {"id": field.id, "value": value}
        for field, value in zip(state.fields, ticket.custom, strict=False)
    ]
    return _base(ticket) | {
        "via": _via(state, ticket),
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "assignee_id": ticket.assignee_id,
        "organization_id": ticket.organization_id,
        "group_id": ticket.group_id,
        "tags": ticket.tags,
        "custom_fields": custom,
        "fields": custom,
        "satisfaction_rating": _satisfaction(state, ticket),
    }


def _scrubbed(ticket: Ticket) -> dict[str, Any]:
    return _base(ticket) | {
        "via": {"channel": ticket.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "subject": "SCRUBBED",
        "raw_subject": "SCRUBBED",
        "description": "X",
        "assignee_id": None,
        "organization_id": None,
        "group_id": None,
        "tags": (),
        "custom_fields": (),
        "fields": (),
        "satisfaction_rating": None,
    }


def _base(ticket: Ticket) -> dict[str, Any]:
    return {
        "url": "",
        "id": ticket.id,
        "encoded_id": _encode_id(ticket.id),
        "external_id": ticket.external_id,
        "created_at": iso(ticket.created),
        "updated_at": iso(ticket.updated),
        "generated_timestamp": ticket.generated,
        "type": ticket.type,
        "priority": ticket.priority,
        "status": ticket.status,
        "custom_status_id": STATUS_IDS.get(ticket.status),
        "recipient": ticket.recipient,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "collaborator_ids": (*ticket.email_cc_ids, *ticket.follower_ids),
        "follower_ids": ticket.follower_ids,
        "email_cc_ids": ticket.email_cc_ids,
        "followup_ids": (),
        "sharing_agreement_ids": (),
        "forum_topic_id": None,
        "problem_id": ticket.problem_id,
        "has_incidents": ticket.has_incidents,
        "is_public": ticket.is_public,
        "due_at": iso_or_none(ticket.due),
        "ticket_form_id": ticket.ticket_form_id,
        "brand_id": ticket.brand_id,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": ticket.channel == "native_messaging",
        "support_type": ticket.support_type,
    }


def _encode_id(ticket_id: int) -> str:
    number = ticket_id * 2_654_435_761 % 2**50
    text = "".join(_CODE[number >> shift & 31] for shift in range(0, 50, 5))
    return f"{text[:6]}-{text[6:]}"


def _via(state: State, ticket: Ticket) -> dict[str, Any]:
    user = state.users.get(ticket.requester_id)
    origin, target = _ends(state, ticket.channel, user) if user else ({}, {})
    rel = ticket.rel if origin else None
    return {"channel": ticket.channel, "source": {"from": origin, "to": target, "rel": rel}}


def _ends(state: State, channel: str, user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the sender or caller, and the address or number they used."""
    desk = state.subdomain
    if channel == "email":
        target = {"name": "Support", "address": f"support@{desk}.zendesk.com"}
        return {"address": user.email, "name": user.name}, target
    if channel == "voice":
        called = {"name": "Support", "brand_id": state.brand_id}
        return {"name": user.name, **_phone(user.id)}, called | _phone(0)
    if channel == "twitter":
        return _profile("twitter.com", user.name), _profile("twitter.com", desk)
    if channel == "facebook":
        return _profile("facebook.com", user.name), _profile("facebook.com", desk)
    return {}, {}


def _phone(number: int) -> dict[str, str]:
    last = f"{number // 37 % 10_000:04}"
    return {"formatted_phone": f"+353 1 555 {last}", "phone": f"+3531555{last}"}


def _profile(site: str, name: str) -> dict[str, str]:
    handle = "".join(letter for letter in name.lower() if letter.isalnum())
    own = {"username": handle} if site == "twitter.com" else {"facebook_id": handle}
    return {"profile_url": f"https://{site}/{handle}", "name": name, **own}


def _satisfaction(state: State, ticket: Ticket) -> dict[str, Any] | None:
    if not state.has_satisfaction_ratings:
        return None
    if ticket.rating is None:
        return {"score": "offered" if ticket.offered else "unoffered"}
    rating = ticket.rating
    return {
        "id": rating.id,
        "score": rating.score,
        "comment": rating.comment,
        "reason": rating.reason,
        "reason_id": rating.reason_id,
    }


def render_metrics(state: State, ticket: Ticket) -> dict[str, Any]:
    """Return the ticket's metric set."""
    metrics = ticket.metrics
    row = {
        "url": f"{state.url}/api/v2/ticket_metrics/{metrics.id}.json",
        "id": metrics.id,
        "ticket_id": ticket.id,
        "created_at": iso(metrics.created),
        "updated_at": iso(metrics.updated),
        "group_stations": metrics.group_stations,
        "assignee_stations": metrics.assignee_stations,
        "reopens": metrics.reopens,
        "replies": metrics.replies,
        "assignee_updated_at": iso_or_none(metrics.assignee_updated),
        "requester_updated_at": iso(metrics.requester_updated),
        "status_updated_at": iso(metrics.status_updated),
        "initially_assigned_at": iso_or_none(metrics.initially_assigned),
        "assigned_at": iso_or_none(metrics.assigned),
        "solved_at": iso_or_none(metrics.solved),
        "latest_comment_added_at": iso(metrics.latest_comment),
        "custom_status_updated_at": iso(metrics.status_updated),
        **_durations(metrics),
    }
    if ticket.channel == "native_messaging":
        row["reply_time_in_seconds"] = {"calendar": (metrics.reply or 0) * 60}
    return overridden(state, "ticket_metrics", metrics.id, row)


def _durations(metrics: Metrics) -> dict[str, Any]:
    return {
        f"{name}_time_in_minutes": {
            "calendar": getattr(metrics, name),
            "business": getattr(metrics, f"{name}_business"),
        }
        for name in _DURATIONS
    }


def render_rating(state: State, rating: Rating) -> dict[str, Any]:
    """Return one row of the satisfaction ratings."""
    row = {
        "url": f"{state.url}/api/v2/satisfaction_ratings/{rating.id}.json",
        "id": rating.id,
        "ticket_id": rating.ticket_id,
        "requester_id": rating.requester_id,
        "assignee_id": rating.assignee_id,
        "group_id": rating.group_id,
        "score": rating.score,
        "comment": rating.comment,
        "created_at": iso(rating.created),
        "updated_at": iso(rating.updated),
    }
    if rating.reason is not None:
        row |= {"reason": rating.reason, "reason_id": rating.reason_id}
    return overridden(state, "satisfaction_ratings", rating.id, row)


def render_deletion(account: Directory, ticket: Ticket) -> dict[str, Any]:
    """Return who deleted a ticket, as the list of deleted tickets gives it."""
    actor = ticket.deleted_by or -1
    row = {
        "id": ticket.id,
        "subject": ticket.subject,
        "actor": {"id": actor, "name": account.name_of(actor)},
        "deleted_at": iso_or_none(ticket.deleted_at),
        "previous_state": ticket.previous_status,
    }
    return overridden(account, "deleted_tickets", ticket.id, row)
