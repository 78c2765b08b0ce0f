"""Tickets, their tags and their custom fields."""

from typing import Final

from zendesk_assets.analysis import build_typed
from zendesk_assets.fivetran._custom_fields import of_tickets, select_from_list
from zendesk_assets.fivetran._declaration import (
    Part,
    columns_of,
    computed,
    declare,
    in_utc,
    list_of,
    listed,
    ours,
    table_of,
    taken,
)
from zendesk_assets.warehouse import Surroundings


def _via(name: str, path: tuple[str, ...], what: str) -> Part:
    steps = "".join(f" -> '{step}'" for step in path[:-1])
    return computed(name, "VARCHAR", what, f"(t.via{steps} ->> '{path[-1]}')", "tickets.via")


_FROM, _TO = ("source", "from"), ("source", "to")
_PARTS: Final = (
    *taken(
        "tickets",
        *("id", "url", "external_id", "type", "subject", "description", "priority", "status"),
        *("recipient", "requester_id", "submitter_id", "assignee_id", "organization_id"),
        *("group_id", "forum_topic_id", "problem_id", "has_incidents", "is_public", "due_at"),
        *("ticket_form_id", "brand_id", "allow_channelback", "created_at", "updated_at"),
    ),
    _via("via_channel", ("channel",), "How it was created: web, email, api, …."),
    _via("via_source_rel", ("source", "rel"), "The relation to what it came from."),
    _via("via_source_from_id", (*_FROM, "id"), "The id of what it came from."),
    _via("via_source_from_title", (*_FROM, "title"), "The title of what it came from."),
    _via("via_source_from_address", (*_FROM, "address"), "The address it came from."),
    _via("via_source_to_address", (*_TO, "address"), "The address it was sent to."),
    _via("via_source_to_name", (*_TO, "name"), "The name of the address it was sent to."),
    *ours("tickets"),
)


def _build(around: Surroundings) -> str:
    values = select_from_list(around, of_tickets(around))
    columns = ",\n  ".join([listed(_PARTS), *values])
    rows = around.dialect.with_members.format(around["tickets"], "custom_fields")
    return f"SELECT {columns}\nFROM {rows} AS t"


TICKET = declare(
    "ticket",
    "Tickets. Deleted ones stay, with the status deleted. Each custom field is a column, named by "
    "its title after custom_.",
    columns_of(_PARTS),
    ("tickets", "ticket_fields"),
    _build,
    more=lambda around: tuple(each.column for each in of_tickets(around)),
)

TICKET_TAG = list_of(
    "ticket_tag", "tickets", "ticket_id", "tags", "tag", "The tags that tickets have now."
)

TICKET_CUSTOM_FIELD = table_of(
    "ticket_custom_field",
    "ticket_fields",
    "The custom fields of tickets: what the ids in ticket_field_history mean.",
    *taken(
        "ticket_fields",
        *("id", "url", "type", "title", "raw_title", "description", "raw_description"),
        *("position", "active", "required", "collapsed_for_agents", "regexp_for_validation"),
        *("title_in_portal", "raw_title_in_portal", "visible_in_portal", "editable_in_portal"),
        *("required_in_portal", "tag", "removable", "created_at", "updated_at"),
    ),
    *ours("ticket_fields"),
    where="t.removable",
)

_CALL = "ticket_events.data"


def _of_call(name: str, kind: str = "VARCHAR") -> Part:
    value = build_typed(kind, f"(t.data ->> '{name}')", "CAST")
    return computed(name, kind, "Of a call.", value, _CALL)


_KIND = "ticket_events.comment_type"
# Some comments have their `via` as an object, which is kept as text.
_TWITTER = "replace(t.via, ' ', '') LIKE '%\"channel\":\"twitter\"%'"
_WRITTEN = in_utc('coalesce(t.comment_created_at, t."timestamp")')

TICKET_COMMENT = table_of(
    "ticket_comment",
    "ticket_events",
    "The comments of tickets, calls included. Those that were redacted have the text they had when "
    "they were read.",
    *taken("ticket_events", "id", "ticket_id", "user_id=author_id", "body"),
    computed(
        "public",
        "BOOLEAN",
        "Whether end users see it.",
        "coalesce(t.public, t.comment_public)",
        "ticket_events.public",
        "ticket_events.comment_public",
    ),
    computed(
        "created",
        "TIMESTAMP",
        "When it was written. In UTC.",
        _WRITTEN,
        "ticket_events.comment_created_at",
        "ticket_events.timestamp",
    ),
    computed(
        "voice_comment",
        "BOOLEAN",
        "Whether it is a call.",
        "coalesce(t.comment_type IN ('VoiceComment', 'TpeVoiceComment'), false)",
        _KIND,
    ),
    computed(
        "facebook_comment",
        "BOOLEAN",
        "Whether it came from Facebook.",
        "coalesce(t.comment_type = 'FacebookComment', false)",
        _KIND,
    ),
    computed(
        "tweet",
        "BOOLEAN",
        "Whether it came from Twitter.",
        f"coalesce({_TWITTER}, false)",
        "ticket_events.via",
    ),
    _of_call("call_id", "BIGINT"),
    _of_call("call_duration", "BIGINT"),
    _of_call("location"),
    _of_call("recording_url"),
    computed(
        "started_at",
        "TIMESTAMP",
        "Of a call: when it began. In UTC.",
        in_utc("CAST(t.data ->> 'started_at' AS TIMESTAMP WITH TIME ZONE)"),
        _CALL,
    ),
    _of_call("transcription_text"),
    *taken("ticket_events", "voice_comment_transcription_visible=transcription_visible"),
    *ours("ticket_events"),
    where="t.event_type = 'Comment'",
)
