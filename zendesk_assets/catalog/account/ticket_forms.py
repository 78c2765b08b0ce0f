"""Ticket forms: which fields and statuses a ticket has, and under which conditions."""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    idents,
    integer,
    json,
    record,
    text,
    timestamp,
)
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED, DeletedWhen, Pagination

TICKET_FORMS = plain_list(
    "ticket_forms",
    "Forms: which fields agents and end users fill in, in which order and when.",
    page="tickets/ticket_forms/",
    parameters={"form_type": "all"},
    cadence=DAILY,
    keeps_history=True,
    needs="a plan with ticket forms",
    feature="active_features.ticket_forms",
    # Whether Zendesk lists deleted forms with that time, or not at all, is not documented.
    deleted=DeletedWhen("deleted_at"),
    vanishes=True,
    columns=record(
        "form",
        text("name", "The name that agents see."),
        text("raw_name", "That name, with dynamic content as placeholders."),
        text("display_name", "The name that end users see."),
        text("raw_display_name", "That name, with dynamic content as placeholders."),
        text("form_type", "standard or service_catalog."),
        boolean("end_user_visible", "Whether end users see it."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is the account's default form."),
        integer("position", "Its place among the forms."),
        boolean("in_all_brands", "Whether every brand offers it."),
        idents("restricted_brand_ids", "Otherwise: ids of the brands that offer it.", "brands"),
        idents("ticket_field_ids", "Ids of its fields, in the order shown.", "ticket_fields"),
        json("agent_conditions", "Which values show agents which further fields."),
        json("end_user_conditions", "Which values show end users which further fields."),
        timestamp("deleted_at", "When the form was deleted; null while it exists."),
    ),
)

FORM_STATUSES = plain_list(
    "ticket_form_statuses",
    "Which custom statuses a form offers; a form without rows offers all of them.",
    page="tickets/ticket_form_statuses/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="a plan with ticket forms",
    feature="active_features.ticket_forms",
    version=RECEIVED.name,
    columns=(
        text("id", "The id of the pair."),
        ident("ticket_form_id", "The form.", "ticket_forms"),
        ident("custom_status_id", "The status.", "custom_statuses"),
    ),
)
