"""Views over tickets, their fields and forms: the lists that they have, one element a row."""

from zendesk_assets.catalog._columns import boolean, ident, json, text
from zendesk_assets.catalog._views import (
    VALUE_POSITION,
    element,
    elements,
    id_of,
    list_of,
    option_name,
    options,
    position,
    tag,
    value_position,
    which_list,
)
from zendesk_assets.spec import Column, ColumnType, Compute, ListedIn, LookedUp, NestedView

TAGS = list_of("ticket_tags", "tickets", "ticket_id", "tags", "The tags that tickets have.", tag())

FOLLOWERS = list_of(
    "ticket_followers",
    "tickets",
    "ticket_id",
    "follower_ids",
    "The agents who follow tickets.",
    id_of("user_id", "The agent.", "users"),
)

EMAIL_CCS = list_of(
    "ticket_email_ccs",
    "tickets",
    "ticket_id",
    "email_cc_ids",
    "The users in CC of tickets.",
    id_of("user_id", "The user.", "users"),
)

COLLABORATORS = list_of(
    "ticket_collaborators",
    "tickets",
    "ticket_id",
    "collaborator_ids",
    "The users in CC of tickets, as they were called before CCs and followers (legacy).",
    id_of("user_id", "The user.", "users"),
)

SHARING_AGREEMENTS = list_of(
    "ticket_sharing_agreements",
    "tickets",
    "ticket_id",
    "sharing_agreement_ids",
    "The sharing agreements by which tickets are shared.",
    id_of("sharing_agreement_id", "The sharing agreement.", "sharing_agreements"),
)

FOLLOWUPS = list_of(
    "ticket_followups",
    "tickets",
    "ticket_id",
    "followup_ids",
    "The tickets that follow up on closed tickets.",
    id_of("followup_id", "The ticket that follows up.", "tickets"),
)

LINKS = NestedView(
    "ticket_links",
    "tickets",
    "Which incidents belong to which problem.",
    ("incident_id",),
    (
        ident("incident_id", "The incident.", "tickets", "id"),
        ident("problem_id", "The problem that it is an incident of.", "tickets"),
    ),
    required=("problem_id",),
)

CUSTOM_FIELD_VALUES = elements(
    "ticket_custom_field_values",
    "tickets",
    "ticket_id",
    "The values of tickets' custom fields: a row for each field that is set, and for each value of "
    "one that holds several.",
    position("../"),
    value_position(),
    ident("field_id", "The field.", "ticket_fields", "../id"),
    element("value", ColumnType.TEXT, "The value, as text; of drop-downs, the tag of the option."),
    steps=("custom_fields[]", "value[]"),
    key=("position", VALUE_POSITION),
    spreads=True,
    required=("field_id", "value"),
    looked_up=(
        LookedUp(
            text("field_title", "The title of the field."),
            "ticket_fields",
            "title",
            (("field_id", "id"),),
        ),
        option_name("ticket_field_options"),
    ),
)

FIELD_OPTIONS = options("ticket_field_options", "ticket_fields", "tickets")

FORM_FIELDS = list_of(
    "ticket_form_fields",
    "ticket_forms",
    "form_id",
    "ticket_field_ids",
    "The fields of forms, in the order in which they are shown.",
    id_of("field_id", "The field.", "ticket_fields"),
)

FORM_CONDITIONS = elements(
    "ticket_form_conditions",
    "ticket_forms",
    "form_id",
    "Which values of a field show which further fields, to agents and to end users.",
    which_list("side", "agent or end_user: who is shown them."),
    position("../"),
    Column(
        "child_position",
        ColumnType.INTEGER,
        "The place among the fields that the value shows, from 1.",
        compute=Compute.POSITION,
    ),
    ident("parent_field_id", "The field.", "ticket_fields", "../parent_field_id"),
    text("parent_field_type", "Its type.", "../parent_field_type"),
    text("value", "The value, as text; of drop-downs, the tag of the option.", "../value"),
    ident("child_field_id", "A field that the value shows.", "ticket_fields", "id"),
    boolean("is_required", "Whether it must be filled in."),
    text(
        "required_on",
        "ALL_STATUSES, NO_STATUSES or SOME_STATUSES: for which statuses it must.",
        "required_on_statuses.type",
    ),
    json("statuses", "Which statuses, if some.", "required_on_statuses.statuses"),
    json(
        "custom_statuses",
        "Which custom statuses, if some.",
        "required_on_statuses.custom_statuses",
    ),
    lists=tuple(
        ListedIn((f"{side}_conditions[]", "child_fields[]"), side) for side in ("agent", "end_user")
    ),
    key=("side", "position", "child_position"),
)
