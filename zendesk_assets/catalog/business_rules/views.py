"""Views: the lists of tickets that agents work through."""

from zendesk_assets.catalog._columns import boolean, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

VIEWS = plain_list(
    "views",
    "Zendesk's views: lists of tickets by conditions. Shared ones, and those of the connected "
    "agent.",
    page="business-rules/views/",
    is_counted=True,
    cadence=DAILY,
    columns=record(
        "view",
        text("title", "The title."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("description", "What the view is for."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is one of Zendesk's own."),
        integer("position", "Its place among the views."),
        json("conditions", "Which tickets it shows: {field, operator, value} under all and any."),
        json("execution", "How it shows them: columns, grouping and order."),
        json("restriction", "Who may use it: {type, id, ids}; null for everyone."),
        boolean("watchable", "Whether it can be watched; seldom sent."),
    ),
)
