"""Views over help centers: translations, labels, tags, segments, and the votes of each kind."""

from zendesk_assets.catalog._columns import boolean, ident, text, timestamp
from zendesk_assets.catalog._views import (
    ALL_OR_ANY,
    element,
    elements,
    id_of,
    list_of,
    position,
    tag,
    which_list,
)
from zendesk_assets.catalog.help_center._votes import votes_on
from zendesk_assets.spec import ColumnType, ListedIn, NestedView


def _translations(name: str, collection: str, parent: str, owners: str) -> NestedView:
    return elements(
        name,
        collection,
        parent,
        f"The texts of {owners} in every language.",
        position(),
        ident("id", "The id of the translation."),
        text("locale", "The language."),
        text("title", "The title or name."),
        text("body", "The text, as HTML."),
        boolean("draft", "Whether it is not published yet."),
        boolean("hidden", "Whether it is hidden."),
        boolean("outdated", "Whether the text in the source's language is newer."),
        ident("created_by_id", "Who translated it.", "users"),
        ident("updated_by_id", "Who last changed it.", "users"),
        timestamp("created_at", "When the translation was created."),
        timestamp("updated_at", "When the translation was last updated."),
        steps=("translations[]",),
    )


ARTICLE_TRANSLATIONS = _translations("article_translations", "articles", "article_id", "articles")
SECTION_TRANSLATIONS = _translations(
    "hc_section_translations", "hc_sections", "section_id", "sections"
)
CATEGORY_TRANSLATIONS = _translations(
    "hc_category_translations", "hc_categories", "category_id", "categories"
)

LABEL_NAMES = list_of(
    "article_label_names",
    "articles",
    "article_id",
    "label_names",
    "The labels that articles have.",
    element("label_name", ColumnType.TEXT, "The label."),
)


def _content_tags(name: str, collection: str, parent: str, owners: str) -> NestedView:
    return list_of(
        name,
        collection,
        parent,
        "content_tag_ids",
        f"The content tags that {owners} have.",
        element("content_tag_id", ColumnType.TEXT, "The content tag.", "content_tags"),
    )


ARTICLE_TAGS = _content_tags("article_content_tags", "articles", "article_id", "articles")

ARTICLE_SEGMENTS = list_of(
    "article_user_segments",
    "articles",
    "article_id",
    "user_segment_ids",
    "The segments whose users may read articles, where several may.",
    id_of("user_segment_id", "The segment.", "user_segments"),
)

POST_TAGS = _content_tags("post_content_tags", "posts", "post_id", "posts")

SEGMENT_GROUPS = list_of(
    "user_segment_groups",
    "user_segments",
    "user_segment_id",
    "group_ids",
    "The groups of agents that segments consist of.",
    id_of("group_id", "The group.", "groups"),
)

SEGMENT_ORGANIZATIONS = list_of(
    "user_segment_organizations",
    "user_segments",
    "user_segment_id",
    "organization_ids",
    "The organizations that segments consist of.",
    id_of("organization_id", "The organization.", "organizations"),
)

SEGMENT_USERS = list_of(
    "user_segment_users",
    "user_segments",
    "user_segment_id",
    "added_user_ids",
    "Users who belong to segments in any case.",
    id_of("user_id", "The user.", "users"),
)

SEGMENT_TAGS = elements(
    "user_segment_tags",
    "user_segments",
    "user_segment_id",
    "The tags that users of segments have.",
    which_list(ALL_OR_ANY, "all or any: whether users must have it, or one of those that say any."),
    position(),
    tag(),
    lists=(ListedIn(("tags[]",), "all"), ListedIn(("or_tags[]",), "any")),
    key=(ALL_OR_ANY, "position"),
    required=("tag",),
)

PERMISSIONS = elements(
    "permission_group_segments",
    "permission_groups",
    "permission_group_id",
    "The segments whose users may edit and publish.",
    which_list("may", "edit or publish: what they may do."),
    position(),
    id_of("user_segment_id", "The segment.", "user_segments"),
    lists=(ListedIn(("edit[]",), "edit"), ListedIn(("publish[]",), "publish")),
    key=("may", "position"),
    required=("user_segment_id",),
)


ARTICLE_VOTES = votes_on(
    "article_votes",
    "Article",
    ident("article_id", "The article.", "articles", "item_id"),
    "articles",
)
POST_VOTES = votes_on(
    "post_votes", "Post", ident("post_id", "The post.", "posts", "item_id"), "posts"
)
