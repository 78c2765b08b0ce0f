"""Automations: what Zendesk does with tickets as time passes."""

from zendesk_assets.catalog._columns import boolean, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

AUTOMATIONS = plain_list(
    "automations",
    "Automations: what Zendesk does by itself, once an hour, with tickets that meet conditions.",
    page="business-rules/automations/",
    cadence=DAILY,
    keeps_history=True,
    columns=record(
        "automation",
        text("title", "The title."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is one of Zendesk's own."),
        integer("position", "Its place among the automations."),
        json("conditions", "When it runs: {field, operator, value} under all and any."),
        json("actions", "What it does: a list of {field, value}; a value is a text or a list."),
    ),
)
