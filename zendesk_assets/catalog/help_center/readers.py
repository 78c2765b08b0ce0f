"""Who may read, edit and publish, and the tags of contents: one list for all brands together."""

from zendesk_assets.catalog._columns import boolean, idents, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.catalog.help_center._help_centers import MANAGER, page
from zendesk_assets.spec import Budget, Pagination

USER_SEGMENTS = plain_list(
    "user_segments",
    "Who may read articles and topics: users of some kind, with some tags, of some organizations.",
    page=page("user_segments"),
    path="/help_center/user_segments",
    budget=Budget.GUIDE,
    cadence=DAILY,
    needs=MANAGER,
    columns=record(
        "segment",
        text("name", "The name."),
        text("user_type", "signed_in_users or staff."),
        idents("group_ids", "The groups of agents.", "groups"),
        idents("organization_ids", "The organizations.", "organizations"),
        idents("added_user_ids", "Users who belong to it in any case.", "users"),
        json("tags", "Tags that users must all have."),
        json("or_tags", "Tags of which users must have one."),
        boolean("built_in", "Whether it is one of Zendesk's own."),
        has_url=False,
    ),
)

PERMISSION_GROUPS = plain_list(
    "permission_groups",
    "Which agents may edit and publish articles.",
    page=page("permission_groups"),
    path="/guide/permission_groups",
    pagination=Pagination.OFFSET_LIST,
    budget=Budget.GUIDE,
    cadence=DAILY,
    needs=MANAGER,
    columns=record(
        "group",
        text("name", "The name."),
        idents("edit", "The segments whose users may edit.", "user_segments"),
        idents("publish", "The segments whose users may publish.", "user_segments"),
        boolean("built_in", "Whether it is one of Zendesk's own."),
        has_url=False,
    ),
)

CONTENT_TAGS = plain_list(
    "content_tags",
    "The tags of articles and posts that readers see.",
    page=page("content_tags"),
    path="/guide/content_tags",
    records_key="records",
    page_size=30,  # more is refused
    budget=Budget.GUIDE,
    cadence=DAILY,
    needs="a help center",
    columns=record("tag", text("name", "The tag."), has_url=False, has_text_id=True),
)
