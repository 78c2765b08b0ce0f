"""Conversations of chat and messaging, which no export of Zendesk's for tickets has."""

from typing import Final

from zendesk_assets.analysis import Column
from zendesk_assets.fivetran._declaration import empty

_WHY: Final = "Always empty: Zendesk's exports of tickets do not have conversations."
_SYNCED: Final = Column("_fivetran_synced", "TIMESTAMP", "When this row was last written.")


def _column(name: str, kind: str = "VARCHAR") -> Column:
    return Column(name, kind, "Always empty.")


TICKET_CHAT = empty(
    "ticket_chat",
    _WHY,
    "tickets",
    _column("chat_id"),
    _column("ticket_id", "BIGINT"),
    _column("user_id", "BIGINT"),
    _column("authenticated", "BOOLEAN"),
    *map(_column, ("backend", "channel", "conversation_id", "initiator", "integration_id")),
    _column("visitor_id"),
    _SYNCED,
)

TICKET_CHAT_EVENT = empty(
    "ticket_chat_event",
    _WHY,
    "tickets",
    _column("chat_id"),
    _column("chat_index", "BIGINT"),
    _column("created_at", "TIMESTAMP"),
    _column("is_history_context", "BOOLEAN"),
    _column("size", "BIGINT"),
    _column("status_updated_at", "TIMESTAMP"),
    *map(_column, ("actor_id", "external_message_id", "filename", "message", "message_id")),
    *map(_column, ("message_source", "mime_type", "original_message_type", "parent_message_id")),
    *map(_column, ("reason", "status", "type", "url")),
    _SYNCED,
)
