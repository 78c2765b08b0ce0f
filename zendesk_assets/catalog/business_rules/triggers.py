"""Triggers: what Zendesk does when a ticket is created or changed, and how they are grouped."""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    integer,
    json,
    record,
    text,
    text_ident,
)
from zendesk_assets.catalog._lists import DAILY, plain_list

TRIGGERS = plain_list(
    "triggers",
    "Triggers: what Zendesk does by itself when a ticket is created or changed.",
    page="business-rules/triggers/",
    cadence=DAILY,
    keeps_history=True,
    ignored=("all", "any"),  # of old: what `conditions` holds
    columns=record(
        "trigger",
        text("title", "The title."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("description", "What the trigger is for."),
        text_ident("category_id", "The category.", "trigger_categories"),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is one of Zendesk's own."),
        integer("position", "Its place in its category: triggers run in that order."),
        json("conditions", "When it runs: {field, operator, value} under all and any."),
        json("actions", "What it does: a list of {field, value}; a value is a text or a list."),
        json("restriction", "Where it is restricted: to whom."),
        ident("brand_id", "Where it is restricted to a brand: which one.", "brands"),
    ),
)

CATEGORIES = plain_list(
    "trigger_categories",
    "The categories of triggers: they run category by category.",
    page="business-rules/trigger_categories/",
    cadence=DAILY,
    columns=record(
        "category",
        text("name", "The name of the category."),
        integer("position", "Its place among the categories."),
        has_url=False,
        has_text_id=True,
    ),
)
