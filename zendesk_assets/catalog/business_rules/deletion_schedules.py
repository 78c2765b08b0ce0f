"""Deletion schedules: what Zendesk deletes by itself, and when."""

from zendesk_assets.catalog._columns import boolean, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

DELETION_SCHEDULES = plain_list(
    "deletion_schedules",
    "What Zendesk deletes by itself as time passes: tickets, users, attachments.",
    page="business-rules/deletion_schedules/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="a plan with deletion schedules, and an admin",
    columns=record(
        "schedule",
        text("title", "The title."),
        text("description", "What the schedule is for."),
        text("object", "What it deletes: zen:ticket, zen:user, zen:attachment and others."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is one of Zendesk's own."),
        json("conditions", "What it deletes, and how old: conditions under all and any."),
    ),
)
