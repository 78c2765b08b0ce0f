"""Views over brands and dynamic content: the lists that they have, one element a row."""

from zendesk_assets.catalog._columns import boolean, ident, text, timestamp
from zendesk_assets.catalog._views import elements, id_of, list_of, position

BRAND_FORMS = list_of(
    "brand_ticket_forms",
    "brands",
    "brand_id",
    "ticket_form_ids",
    "The forms that brands offer.",
    id_of("form_id", "The form.", "ticket_forms"),
)

VARIANTS = elements(
    "dynamic_content_variants",
    "dynamic_content_items",
    "item_id",
    "The texts of dynamic content, by language.",
    position(),
    ident("id", "The id of the variant."),
    ident("locale_id", "The language.", "locales"),
    text("content", "The text."),
    boolean("active", "Whether it is in use."),
    boolean("default", "Whether it is used where there is none in the language."),
    boolean("outdated", "Whether the text of the default language is newer."),
    timestamp("created_at", "When the variant was created."),
    timestamp("updated_at", "When the variant was last updated."),
    steps=("variants[]",),
)
