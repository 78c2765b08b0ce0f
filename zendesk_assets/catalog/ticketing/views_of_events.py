"""Views over ticket events: comments, and the history of fields and tags."""

from zendesk_assets.catalog._columns import boolean, ident, integer, json, text, timestamp
from zendesk_assets.catalog._views import elements, position, tag
from zendesk_assets.spec import Column, ColumnType, Compute, Computed, ListedIn, NestedView

_CHANGES = (("event_type", ("Create", "Change")),)

COMMENTS = NestedView(
    "ticket_comments",
    "ticket_events",
    "The comments of tickets, calls included.",
    ("id",),
    (
        ident("id", "The id of the comment."),
        ident("ticket_id", "The ticket.", "tickets"),
        ident("ticket_event_id", "The event, and audit, that it is part of."),
        text("type", "Comment, VoiceComment and others.", "comment_type"),
        ident("author_id", "Who wrote it.", "users"),
        boolean("public", "Whether end users see it."),
        text("body", "The comment."),
        text("html_body", "The comment as HTML."),
        text("plain_body", "The comment as plain text."),
        text("via", "How it came about: a word, or an object as text."),
        timestamp("created_at", "When it was written."),
        ident("updater_id", "Who added it; -1 is the system.", "users"),
        json("data", "A call: numbers, recording, duration."),
    ),
    # The export says so of calls too; `comment_type` tells them apart.
    only=(("event_type", ("Comment",)),),
    required=("body",),
)

FIELD_HISTORY = NestedView(
    "ticket_field_history",
    "ticket_events",
    "Every value that a field of a ticket has had, custom fields included, in the order of events.",
    ("id",),
    (
        ident("id", "The id of the change, a row of ticket_events."),
        ident("ticket_event_id", "The event that it is part of."),
        ident("ticket_id", "The ticket.", "tickets"),
        text("field_name", "The field; of a custom field, its id."),
        ident("custom_ticket_field_id", "The custom field.", "ticket_fields"),
        text("value", "The new value, as text."),
        text("previous_value", "The old value, as text; 0 for none."),
        timestamp("updated_at", "When it changed.", "created_at"),
        ident("user_id", "Who changed it; -1 is the system.", "users", "updater_id"),
        text("via", "How the change came about."),
        integer("via_reference_id", "The rule or ticket that it came from."),
        text("rel", "The relation to what it came from."),
    ),
    only=_CHANGES,
    required=("field_name",),
    computed=(
        Computed(
            ident("rule_id", "The trigger or automation that changed it."),
            "CASE WHEN rel IN ('trigger', 'automation') THEN via_reference_id END",
            ("rel", "via_reference_id"),
        ),
    ),
)

TAG_HISTORY = elements(
    "ticket_tag_history",
    "ticket_events",
    "change_id",
    "Every tag that was added to a ticket or removed from it.",
    Column("tagged", ColumnType.BOOLEAN, "Added (true) or removed.", compute=Compute.LIST),
    position(),
    ident("ticket_id", "The ticket.", "tickets", "../ticket_id"),
    tag(),
    timestamp("created_at", "When it happened.", "../created_at"),
    ident("user_id", "Who did it; -1 is the system.", "users", "../updater_id"),
    lists=(ListedIn(("added_tags[]",), "true"), ListedIn(("removed_tags[]",), "false")),
    key=("tagged", "position"),
    required=("tag",),
)
