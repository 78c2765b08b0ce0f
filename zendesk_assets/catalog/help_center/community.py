"""What readers do in help centers: topics and posts of the community, and votes.

Comments are in an area of their own: Zendesk lists them only for each article and each post.
"""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    idents,
    integer,
    moving,
    text,
    timestamp,
)
from zendesk_assets.catalog.help_center._help_centers import list_of_brands, page
from zendesk_assets.spec import Personal

_NEEDS = "a help center with a community (Gather)"

TOPICS = list_of_brands(
    "topics",
    "The topics of communities, which have posts.",
    page=page("topics"),
    noun="topic",
    path="/community/topics",
    needs=_NEEDS,
    columns=(
        text("html_url", "The address of the topic for readers."),
        text("name", "The name."),
        text("description", "What it is about."),
        integer("position", "The place in the community."),
        moving(integer("follower_count", "How many users follow it.")),
        text("manageable_by", "Who may manage it: staff or managers."),
        ident("user_segment_id", "Who may read it; NULL for everyone.", "user_segments"),
    ),
)

POSTS = list_of_brands(
    "posts",
    "The posts of communities; what is said below them is in `post_comments`.",
    page=page("posts"),
    noun="post",
    path="/community/posts",
    needs=_NEEDS,
    personal=(Personal("author_id", ("title", "details", "html_url"), unknown=True),),
    columns=(
        text("html_url", "The address of the post for readers, with words of its title."),
        text("title", "The title."),
        text("details", "The text, as HTML."),
        ident("author_id", "The author.", "users"),
        ident("topic_id", "The topic.", "topics"),
        boolean("pinned", "Whether it is kept at the top of its topic."),
        boolean("featured", "Whether it is featured."),
        boolean("closed", "Whether comments are closed."),
        text("status", "planned, not_planned, answered, completed or none."),
        moving(integer("vote_sum", "Votes for it less votes against it.")),
        moving(integer("vote_count", "How many votes it has.")),
        moving(integer("comment_count", "How many comments it has.")),
        moving(integer("follower_count", "How many users follow it.")),
        idents("content_tag_ids", "The content tags.", "content_tags"),
        ident("non_author_editor_id", "Who edited it last, if not the author.", "users"),
        timestamp("non_author_updated_at", "When that was."),
    ),
)

VOTES = list_of_brands(
    "hc_votes",
    "Who voted for or against articles, posts and their comments. A vote that was withdrawn is "
    "deleted.",
    page=page("votes"),
    noun="vote",
    path="/help_center/votes",
    records_key="votes",
    columns=(
        ident("user_id", "Who voted.", "users"),
        integer("value", "1 is for it, -1 against it."),
        integer("item_id", "What it is about: an id of `articles`, `posts` or their comments."),
        text("item_type", "Article, Comment, Post or PostComment."),
    ),
)
