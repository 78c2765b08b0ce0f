"""Custom fields of users and organizations: what the keys in their records mean."""

from zendesk_assets.catalog._columns import boolean, integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

_COLUMNS = record(
    "field",
    text("key", "Its key among the custom fields of a record."),
    text("type", "checkbox, date, decimal, dropdown, integer, lookup, regexp, text and others."),
    text("title", "The title, with dynamic content replaced."),
    text("raw_title", "The title, with dynamic content as placeholders."),
    text("description", "What the field is for."),
    text("raw_description", "The description, with dynamic content as placeholders."),
    integer("position", "Its place among the fields."),
    boolean("active", "Whether the field is in use."),
    boolean("system", "Whether it is one of Zendesk's own."),
    text("regexp_for_validation", "For regexp fields: what a value must match."),
    text("tag", "For checkboxes: the tag that is set when it is ticked."),
    json("custom_field_options", "For drop-downs: a list of {id, name, value, …}."),
    text("relationship_target_type", "For lookup fields: zen:user, zen:custom_object:…."),
    json("relationship_filter", "For lookup fields: what narrows the choice."),
)

USER_FIELDS = plain_list(
    "user_fields",
    "The custom fields of users: what the keys in users.user_fields mean.",
    page="users/user_fields/",
    cadence=DAILY,
    needs="a plan with custom fields of users and organizations",
    feature="active_features.user_org_fields",
    columns=_COLUMNS,
)

ORGANIZATION_FIELDS = plain_list(
    "organization_fields",
    "The custom fields of organizations: what the keys in organizations.organization_fields mean.",
    page="organizations/organization_fields/",
    cadence=DAILY,
    needs="a plan with custom fields of users and organizations",
    feature="active_features.user_org_fields",
    columns=_COLUMNS,
)
