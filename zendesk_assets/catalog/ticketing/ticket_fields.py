"""Ticket fields: what the custom fields of tickets are called."""

from zendesk_assets.catalog._columns import boolean, ident, integer, json, text, timestamp
from zendesk_assets.catalog._lists import plain_list
from zendesk_assets.spec import ComparedBy

TICKET_FIELDS = plain_list(
    "ticket_fields",
    "The fields that tickets have, system and custom, with title, type and options. "
    "Zendesk forgets a field that is deleted; its row stays as it was.",
    page="tickets/ticket_fields/",
    read="Every system and custom field of tickets, read whole each time.",
    is_counted=True,
    vanishes=False,
    compared_by=ComparedBy.FORGETFUL_LIST,
    columns=(
        ident("id", "The id of the field, as in tickets.custom_fields."),
        text("url", "The API address of the field."),
        text("key", "A name for use in code; of custom fields."),
        text("type", "text, textarea, checkbox, date, integer, decimal, tagger, …."),
        text("title", "The title agents see, with dynamic content replaced. Not unique."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("description", "What the field is for, for users."),
        text("raw_description", "The description, with dynamic content as placeholders."),
        text("agent_description", "What the field is for, for agents only."),
        text("raw_agent_description", "The same, with dynamic content as placeholders."),
        integer("position", "Its place on a ticket; forms have an order of their own."),
        boolean("active", "Whether the field is in use."),
        boolean("required", "Whether agents must fill it in before a ticket is solved."),
        boolean("agent_can_edit", "Whether agents may change it."),
        boolean("collapsed_for_agents", "Whether it is hidden among seldom used fields."),
        text("regexp_for_validation", "For regexp fields: what a value must match."),
        text("title_in_portal", "The title end users see."),
        text("raw_title_in_portal", "That title, with dynamic content as placeholders."),
        boolean("visible_in_portal", "Whether end users see it."),
        boolean("editable_in_portal", "Whether end users may change it."),
        boolean("required_in_portal", "Whether end users must fill it in."),
        text("tag", "For checkboxes: the tag a ticket gets when it is ticked."),
        json("custom_field_options", "For drop-downs: a list of {id, name, value}."),
        json("system_field_options", "The same of system fields: a list of {name, value}."),
        json("custom_statuses", "For the custom status field: the statuses."),
        integer("sub_type_id", "For priority and status: which options are offered."),
        json("relationship_filter", "For lookup fields: what narrows the choice."),
        text("relationship_target_type", "For lookup fields: zen:user, zen:custom_object:…."),
        boolean("removable", "False for system fields."),
        ident("creator_user_id", "Who made it; -1 for an app.", "users"),
        text("creator_app_name", "The app that made it."),
        timestamp("created_at", "When the field was created."),
        timestamp("updated_at", "When the field was last updated."),
    ),
)
