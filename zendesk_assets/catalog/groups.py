"""Groups of agents. Read whole each time: the list is ordered by name and has no filter."""

from __future__ import annotations

from zendesk_assets.catalog._columns import boolean, ident, text, timestamp
from zendesk_assets.spec import Collection, Completion, DeletedWhen, Pagination, Placement, Stream

__all__ = ["COLLECTIONS", "STREAM"]

_DOCS = "https://developer.zendesk.com/api-reference/ticketing/groups/groups/"

STREAM = Stream(
    name="groups",
    path="/groups",
    records_key="groups",
    pagination=Pagination.CURSOR_LIST,
    completion=Completion.WHOLE,
    time_field="updated_at",
    placement=Placement.ISO_8601,
    page_size=100,
    # Deleted groups are hidden unless asked for (trap T9).
    parameters=(("exclude_deleted", "false"),),
    docs_url=_DOCS,
    description="Every group, deleted ones included, read whole each time.",
)

COLLECTIONS = (
    Collection(
        name="groups",
        stream="groups",
        description="Groups that agents belong to and tickets are assigned to.",
        docs_url=_DOCS,
        version="updated_at",
        deleted=DeletedWhen("deleted", "true"),
        columns=(
            ident("id", "The id of the group."),
            text("url", "The API address of the group."),
            text("name", "The name of the group. Not unique."),
            text("description", "The description of the group."),
            boolean("default", "Whether this is the account's default group."),
            boolean("deleted", "Whether the group has been deleted."),
            boolean("is_public", "Whether the group is public; private groups hide their tickets."),
            timestamp("created_at", "When the group was created."),
            timestamp("updated_at", "When the group was last updated."),
        ),
    ),
)
