"""Suspended tickets: e-mail that Zendesk did not make a ticket of, mostly spam."""

from zendesk_assets.catalog._columns import ident, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Identity, Personal

SUSPENDED_TICKETS = plain_list(
    "suspended_tickets",
    "Messages that were suspended and why. One that was handled, or is 14 days old, is deleted.",
    page="tickets/suspended_tickets/",
    cadence=DAILY,
    needs="an admin",
    personal=(
        Personal(
            "author.id",
            ("author", "subject", "content", "message_id", "via.source.from", "attachments"),
            unknown=True,
        ),
    ),
    identities=(Identity("author.id", ("author.email",)),),
    columns=record(
        "message",
        json("author", "Who wrote: {id, name, email}; the id only of a known user."),
        text("subject", "The subject."),
        text("content", "The text."),
        text("cause", "Why it was suspended, in words."),
        integer("cause_id", "Why, as a number."),
        text("recipient", "The address it was sent to."),
        text("message_id", "The id of the e-mail."),
        ident("ticket_id", "The ticket it answers, if any.", "tickets"),
        ident("brand_id", "The brand.", "brands"),
        json("via", "How it came: channel and source."),
        json("attachments", "The attached files."),
        json("error_messages", "What prevented a ticket."),
    ),
)
