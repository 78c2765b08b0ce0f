"""Groups of agents, and who belongs to them."""

from zendesk_assets.catalog._columns import boolean, ident, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import DeletedWhen

GROUPS = plain_list(
    "groups",
    "Groups that agents belong to and tickets are assigned to.",
    page="groups/groups/",
    read="Every group, deleted ones included, read whole each time.",
    # Deleted groups are hidden unless asked for (trap T9).
    parameters={"exclude_deleted": "false"},
    is_counted=True,
    deleted=DeletedWhen("deleted", "true"),
    columns=record(
        "group",
        text("name", "The name of the group. Not unique."),
        text("description", "The description of the group."),
        boolean("default", "Whether this is the account's default group."),
        boolean("deleted", "Whether the group has been deleted."),
        boolean("is_public", "Whether the group is public; private groups hide their tickets."),
    ),
)

MEMBERSHIPS = plain_list(
    "group_memberships",
    "Which agents belong to which groups. A row whose agent has left the group is deleted.",
    page="groups/group_memberships/",
    cadence=DAILY,
    columns=record(
        "membership",
        ident("user_id", "The agent.", "users"),
        ident("group_id", "The group.", "groups"),
        boolean("default", "Whether tickets assigned to the agent get this group."),
    ),
)
