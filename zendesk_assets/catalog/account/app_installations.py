"""Installed apps, without their settings: each app has its own, and some of them are secrets."""

from zendesk_assets.catalog._columns import boolean, ident, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

APP_INSTALLATIONS = plain_list(
    "app_installations",
    "The apps that are installed in the account, for whom, and whether they are paid for.",
    page="apps/apps/",
    path="/apps/installations",
    records_key="installations",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an admin",
    keeps={"settings": ("name", "title")},
    # Of the settings, only what has a column is written.
    ignored=("settings",),
    columns=record(
        "installation",
        ident("app_id", "The app."),
        text("product", "The product that it extends: support, chat and others."),
        text("name", "The name of the app here.", "settings.name"),
        text("title", "Its title here.", "settings.title"),
        boolean("enabled", "Whether it is in use."),
        text("updated", "When it was last updated, as a date like 20161103."),
        json("role_restrictions", "The roles that see it; null for all."),
        json("group_restrictions", "The groups that see it; empty for all."),
        boolean("recurring_payment", "Whether it is paid for again and again."),
        boolean("collapsible", "Whether it can be collapsed."),
        json("plan_information", "The plan that was bought: {name}."),
        boolean("paid", "Whether it is paid for."),
        has_url=False,
    ),
)
