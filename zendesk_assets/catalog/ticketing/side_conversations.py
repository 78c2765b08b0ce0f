"""Side conversations: what agents ask others about a ticket.

The export covers the whole account, so that no ticket costs a request. Which conversations there
are, and their state, follows from their events: `views_of_side_conversations.py`.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, json, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Budget,
    Collection,
    Completion,
    Declaration,
    Identity,
    Owner,
    Pagination,
    Personal,
    Stream,
)

_DOCS = docs("side_conversation/side_conversation_event/")

_STREAM = Stream(
    name="side_conversation_events",
    path="/tickets/side_conversations/events",
    records_key="events",
    pagination=Pagination.TIME_EXPORT,
    completion=Completion.CONTINUE,
    time_field="created_at",
    since="start_time",
    ends_without_next=True,
    # Events appear at least five minutes late.
    settles=timedelta(minutes=15),
    needs="the Collaboration add-on, and an admin",
    budget=Budget.SIDE_CONVERSATIONS,
    docs_url=_DOCS,
    description="Side conversation events since the last walk, in the order of time.",
)

# What an actor is called; `user_id` stays, as it does where a ticket names its requester.
_NAMES = (
    "name",
    "email",
    "slack_workspace_id",
    "slack_channel_id",
    "support_group_id",
    "support_agent_id",
    "msteams_channel_id",
)

_EVENTS = Collection(
    name="side_conversation_events",
    stream="side_conversation_events",
    description=(
        "What happened in side conversations: one was started, someone replied, or its state or "
        "subject was changed."
    ),
    docs_url=_DOCS,
    version="created_at",
    ignored=("url",),
    personal=(
        Personal(
            "actor.user_id",
            (*(f"actor.{each}" for each in _NAMES), "message", "updates.subject"),
            unknown=True,
        ),
        Personal("message.from.user_id", ("message",)),
        # What is said about a ticket is mostly about who asked for it.
        Personal("ticket_id", ("message", "updates.subject"), owner_is=Owner.REQUESTED),
    ),
    identities=(
        Identity("actor.user_id", ("actor.email",)),
        Identity("message.from.user_id", ("message.from.email",)),
    ),
    columns=(
        text("id", "The id of the event; of a create event, also that of the side conversation."),
        text("side_conversation_id", "The side conversation, as in side_conversations."),
        ident("ticket_id", "The ticket.", "tickets"),
        text("type", "create, reply or update."),
        text("via", "support, api, email, slack and others."),
        ident("actor_id", "Who did it; NULL if that is not a user.", "users", "actor.user_id"),
        json("actor", "Who did it: {user_id, name, email, slack_channel_id, …}."),
        json("message", "create, reply: {subject, preview_text, body, html_body, from, to, …}."),
        text("state", "update: open or closed, if the state was changed.", "updates.state"),
        text("new_subject", "update: the subject, if that was changed.", "updates.subject"),
        timestamp("created_at", "When it happened."),
    ),
)

SIDE_CONVERSATION_EVENTS = Declaration(_STREAM, (_EVENTS,))
