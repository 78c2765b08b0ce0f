"""Macros: prepared answers and changes that agents apply to tickets."""

from zendesk_assets.catalog._columns import boolean, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

MACROS = plain_list(
    "macros",
    "Macros: what agents apply to tickets by hand. Shared ones, and those of the connected agent.",
    page="business-rules/macros/",
    cadence=DAILY,
    keeps_history=True,
    # Side-loads that are not requested: counts of uses, which change with each reading, and others.
    ignored=(
        "usage_1h", "usage_24h", "usage_7d", "usage_30d", "app_installation", "categories",
        "permissions",
    ),
    columns=record(
        "macro",
        text("title", "The title; :: in it makes folders."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("description", "What the macro is for."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is one of Zendesk's own."),
        integer("position", "Its place among the macros."),
        json("actions", "What it does: a list of {field, value}; a value is a text or a list."),
        json("restriction", "Who may use it: {type, id, ids}; null for everyone."),
        json("attachments", "Ids of the files that it attaches."),
    ),
)  # fmt: skip
