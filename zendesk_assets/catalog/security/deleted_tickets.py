"""Deleted tickets: who deleted them. That a ticket is deleted is in `tickets` too."""

from zendesk_assets.catalog._columns import ident, json, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Budget, ComparedBy, Owner, Personal

DELETED_TICKETS = plain_list(
    "deleted_tickets",
    "Who deleted which tickets. Zendesk shows 30 days; the table keeps every one it has seen.",
    page="tickets/tickets/#list-deleted-tickets",
    # Without it tickets that only AI agents handled are left out silently (trap T26).
    parameters={"support_type_scope": "all"},
    budget=Budget.DELETED_TICKETS,
    cadence=DAILY,
    needs="an agent who may see deleted tickets",
    version="deleted_at",
    # Also one that was restored leaves the list.
    vanishes=False,
    compared_by=ComparedBy.FORGETFUL_LIST,
    personal=(
        Personal("actor.id", ("actor",), unknown=True),
        Personal("id", ("subject",), owner_is=Owner.REQUESTED),
    ),
    columns=(
        ident("id", "The ticket.", "tickets"),
        text("subject", "Its subject."),
        json("actor", "Who deleted it: {id, name}."),
        text("previous_state", "The status that it had."),
        timestamp("deleted_at", "When it was deleted."),
    ),
)
