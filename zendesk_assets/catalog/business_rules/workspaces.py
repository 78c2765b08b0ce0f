"""Contextual workspaces: what agents see beside a ticket, by conditions."""

from zendesk_assets.catalog._columns import boolean, ident, idents, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

WORKSPACES = plain_list(
    "workspaces",
    "Workspaces: which form, macros and apps agents are offered for which tickets.",
    page="ticket-management/workspaces/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an Enterprise plan",
    ignored=("macros", "selected_macros"),  # the macros of `macro_ids`
    columns=record(
        "workspace",
        text("title", "The title."),
        text("description", "What the workspace is for."),
        integer("position", "Its place: the first that fits a ticket is used."),
        boolean("activated", "Whether it is in use."),
        ident("ticket_form_id", "The form it offers.", "ticket_forms"),
        idents("macro_ids", "Ids of the macros it offers.", "macros"),
        json("apps", "The apps that it shows, in their order."),
        json("conditions", "For which tickets: {field, operator, value} under all and any."),
        boolean("prefer_workspace_app_order", "Whether that order is used."),
    ),
)
