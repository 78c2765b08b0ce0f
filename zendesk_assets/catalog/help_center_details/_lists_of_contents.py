"""Lists that each article or post of each help center has. Nothing is declared.

docs/zendesk-api.md#comments-and-attachments.
"""

from typing import Any

from zendesk_assets.catalog._columns import ident, record
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.catalog.help_center._help_centers import brands, page
from zendesk_assets.spec import Budget, Column, ComparedBy, Declaration, Pagination, Parent


def list_of_contents(
    name: str,
    description: str,
    *,
    of: str,
    noun: str,
    parents: str,
    columns: tuple[Column, ...],
    only_where: str = "",
    **traits: Any,
) -> Declaration:
    """Declare a list that is read whole, once a day, of each article or post of every brand.

    `of` is what one record of the list at `parents` is called, `noun` one record of theirs; only
    those are asked for it that have a number above zero in `only_where`. `traits` are other
    arguments of `plain_list`.
    """
    records_key, its_id = parents.rpartition("/")[2], f"{of}_id"
    whose = f" with a `{only_where}`" if only_where else ""
    return plain_list(
        name,
        description,
        read=f"A list for each {of}{whose} of each brand that has a help center, read whole.",
        page=page(name),
        parent=Parent(
            parents,
            records_key,
            its_id,
            noun,
            only_where=only_where,
            pagination=Pagination.CURSOR_LIST,
            budget=Budget.GUIDE,
            parent=brands(of),
        ),
        budget=Budget.GUIDE,
        cadence=DAILY,
        compared_by=ComparedBy.LISTS_OF_FEW,
        columns=(
            *record(noun, *columns),
            ident(its_id, f"The {of}.", records_key, f"../{its_id}"),
            ident("brand_id", "The brand whose help center has it.", "brands", "../brand_id"),
        ),
        **traits,
    )
