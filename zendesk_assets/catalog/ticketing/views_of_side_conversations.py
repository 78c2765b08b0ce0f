"""Views over side conversation events: the conversations themselves, and to whom they went."""

from zendesk_assets.catalog._columns import ident, text, timestamp
from zendesk_assets.catalog._views import elements, position
from zendesk_assets.spec import Column, LookedUp, NestedView

_EVENTS = "side_conversation_events"


def _newest(column: Column, take: str) -> LookedUp:
    """Declare a value of the newest event of the same side conversation that has one."""
    same = (("id", "side_conversation_id"),)
    return LookedUp(column, _EVENTS, take, same, newest_by="created_at")


SIDE_CONVERSATIONS = NestedView(
    "side_conversations",
    _EVENTS,
    "Side conversations as their events tell, with the state and subject that were set last.",
    ("id",),
    (
        text("id", "The id of the side conversation.", "side_conversation_id"),
        ident("ticket_id", "The ticket.", "tickets"),
        ident("created_by", "Who started it; NULL if that is not a user.", "users", "actor_id"),
        text("subject", "The subject that it was started with.", "message.subject"),
        text("via", "How it was started: support, api and others."),
        timestamp("created_at", "When it was started."),
    ),
    only=(("type", ("create",)),),
    looked_up=(
        _newest(text("new_subject", "The subject that it was given last, if any."), "new_subject"),
        _newest(text("state", "closed, or open again; NULL while it was never closed."), "state"),
        _newest(timestamp("updated_at", "When something last happened in it."), "created_at"),
    ),
)

PARTICIPANTS = elements(
    "side_conversation_recipients",
    _EVENTS,
    "event_id",
    "To whom the messages of side conversations were sent.",
    position(),
    text("side_conversation_id", "The side conversation.", "../side_conversation_id"),
    ident("user_id", "The user; NULL for someone who is not a user.", "users"),
    text("name", "The name."),
    text("email", "The address."),
    steps=("message.to[]",),
    has_text_id=True,
)
