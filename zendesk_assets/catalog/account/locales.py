"""Locales: the languages of an account."""

from zendesk_assets.catalog._columns import boolean, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

LOCALES = plain_list(
    "locales",
    "The languages that are switched on in the account.",
    page="account-configuration/locales/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    columns=record(
        "language",
        text("locale", "The language, as en-US."),
        text("name", "Its name."),
        text("native_name", "Its name in the language itself."),
        text("presentation_name", "Its name as Zendesk shows it."),
        boolean("rtl", "Whether it is written from right to left."),
        boolean("default", "Whether it is the account's default language."),
    ),
)
