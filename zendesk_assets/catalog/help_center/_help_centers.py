"""Lists that each help center has: one for each brand, on a host of its own. Nothing is declared.

docs/zendesk-api.md#help-centers.
"""

from typing import Any

from zendesk_assets.catalog._columns import boolean, ident, json, moving, record, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Budget, Column, Declaration, Pagination, Parent

MANAGER = "a help center, and one of its managers"
_TRANSLATIONS = "Its texts in every language: a list of {locale, title, body, …}."


def page(name: str) -> str:
    """Return the page of the reference of the Help Center."""
    return f"/api-reference/help_center/help-center-api/{name}/"


def brands(child_name: str) -> Parent:
    """Return the brands with a help center, as parents of what is called `child_name`."""
    return Parent(
        "/brands",
        "brands",
        "brand_id",
        child_name,
        host_from="subdomain",
        only_where="has_help_center",
        pagination=Pagination.CURSOR_LIST,
    )


def list_of_brands(
    name: str,
    description: str,
    *,
    noun: str,
    path: str,
    columns: tuple[Column, ...],
    needs: str = "a help center",
    **traits: Any,
) -> Declaration:
    """Declare a list that is read whole, once a day, from the help center of every brand.

    `noun` is what one record is called. `traits` are other arguments of `plain_list`.
    """
    return plain_list(
        name,
        description,
        read="A list for each brand that has a help center, read whole.",
        path=path,
        parent=brands(noun),
        budget=Budget.GUIDE,
        cadence=DAILY,
        needs=needs,
        columns=(
            *record(noun, *columns),
            ident("brand_id", "The brand whose help center has it.", "brands", "../brand_id"),
        ),
        **traits,
    )


def translated(noun: str, *columns: Column) -> tuple[Column, ...]:
    """Return the columns with those that everything with translations has."""
    return (
        text("html_url", f"The address of the {noun} for readers."),
        *columns,
        text("locale", "The language that is shown."),
        text("source_locale", "The language in which it was written."),
        boolean("outdated", "Whether that text is newer than its translations."),
        moving(json("translations", _TRANSLATIONS)),
    )


def edited(noun: str) -> Column:
    """Return the column with the time of the last change of the text itself."""
    return timestamp("edited_at", f"When somebody last edited the {noun}.")
