"""Approval requests: who asked whom to agree to what about a ticket."""

from zendesk_assets.catalog._columns import ident, json, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED, Owner, Personal

_TEXTS = ("subject", "message", "withdrawn_reason")

APPROVAL_REQUESTS = plain_list(
    "approval_requests",
    "Requests for approval about tickets, and what was decided; people are known by their ids.",
    page="tickets/approval_requests/",
    after="after_cursor",
    cadence=DAILY,
    needs="an add-on with approvals, and an admin",
    version=RECEIVED.name,
    # The list has whole people in it, and what they asked each other meanwhile.
    secrets=("clarification_flow_messages",),
    keeps={
        "assignee_user": ("id",),
        "assignee_group": ("id",),
        "created_by_user": ("id",),
        "decisions[]": ("decided_at", "decided_by_user", "origination_type", "status"),
        "decisions[].decided_by_user": ("id",),
    },
    ignored=("assignee_user", "assignee_group", "created_by_user"),
    personal=(
        Personal("created_by_user.id", _TEXTS, unknown=True),
        Personal("ticket_id", _TEXTS, owner_is=Owner.REQUESTED),
    ),
    columns=(
        text("id", "The id of the request."),
        ident("ticket_id", "The ticket.", "tickets"),
        text("status", "active, approved, rejected or withdrawn."),
        text("subject", "What is asked for."),
        text("message", "The request in words."),
        ident("assignee_user_id", "Who is asked, if a user.", "users", "assignee_user.id"),
        ident("assignee_group_id", "Who is asked, if a group.", "groups", "assignee_group.id"),
        ident("created_by_user_id", "Who asks.", "users", "created_by_user.id"),
        json("decisions", "A list of {decided_at, decided_by_user: {id}, status, …}."),
        timestamp("decided_at", "When it was decided."),
        text("withdrawn_reason", "Why it was withdrawn."),
        text("origination_type", "How it was made: UI_ORIGINATION, TRIGGER_ORIGINATION, …."),
        timestamp("created_at", "When it was made."),
    ),
)
