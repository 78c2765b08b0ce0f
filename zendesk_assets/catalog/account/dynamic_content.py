"""Dynamic content: texts in several languages, and the placeholders that stand for them."""

from zendesk_assets.catalog._columns import boolean, ident, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

DYNAMIC_CONTENT = plain_list(
    "dynamic_content_items",
    "Texts in several languages. Their placeholders stand in raw titles and descriptions.",
    page="ticket-management/dynamic_content/",
    path="/dynamic_content/items",
    records_key="items",
    cadence=DAILY,
    needs="a plan with dynamic content, and an admin",
    feature="active_features.dynamic_contents",
    columns=record(
        "item",
        text("name", "The name of the item."),
        text("placeholder", "What stands for it, as {{dc.greeting}}."),
        ident("default_locale_id", "The language used where there is no other.", "locales"),
        boolean("outdated", "Whether a variant is older than that of the default language."),
        json("variants", "The texts: a list of {locale_id, content, active, default, …}."),
    ),
)
