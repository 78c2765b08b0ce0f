"""A short spelling for views over votes of one kind; nothing is declared."""

from zendesk_assets.catalog._columns import ident, integer, timestamp
from zendesk_assets.spec import Column, NestedView


def votes_on(name: str, kind: str, item: Column, items: str) -> NestedView:
    """Declare the view over the votes on items of a `kind`, whose id is in the column `item`."""
    return NestedView(
        name,
        "hc_votes",
        f"The votes for and against {items}.",
        ("id",),
        (
            ident("id", "The id of the vote."),
            item,
            ident("user_id", "Who voted.", "users"),
            integer("value", "1 is for it, -1 against it."),
            ident("brand_id", "The brand whose help center has it.", "brands"),
            timestamp("created_at", "When the vote was cast."),
            timestamp("updated_at", "When the vote was last changed."),
        ),
        only=(("item_type", (kind,)),),
    )
