"""The columns of tickets that several views have, said once; no view is declared here."""

from typing import Final

from zendesk_assets.analysis._declaration import Column, boolean, ident, moment, text

_COLUMNS: Final = {
    each.name: each
    for each in (
        ident("ticket_id", "The ticket.", "tickets.id"),
        moment("created_at", "When it was created.", "tickets.created_at"),
        text("status", "Its status now.", "tickets.status"),
        boolean("is_solved", "Whether it is solved or closed now.", "tickets.status"),
        text("priority", "Its priority now.", "tickets.priority"),
        text("type", "problem, incident, question or task.", "tickets.type"),
        text("channel", "How it was created: web, email, api, ….", "tickets.via"),
        ident("group_id", "The group it is with now.", "tickets.group_id"),
        ident("assignee_id", "The agent it is assigned to now.", "tickets.assignee_id"),
        ident("requester_id", "Who asked.", "tickets.requester_id"),
        ident("organization_id", "The organization of who asked.", "tickets.organization_id"),
        ident("brand_id", "The brand.", "tickets.brand_id"),
        ident("ticket_form_id", "The form used.", "tickets.ticket_form_id"),
    )
}


def of_tickets(*names: str) -> tuple[Column, ...]:
    """Return these columns in this order."""
    return tuple(_COLUMNS[name] for name in names)
