"""Views over help centers: the votes on comments of each kind."""

from zendesk_assets.catalog._columns import ident
from zendesk_assets.catalog.help_center._votes import votes_on

ARTICLE_COMMENT_VOTES = votes_on(
    "article_comment_votes",
    "Comment",
    ident("comment_id", "The comment.", "article_comments", "item_id"),
    "comments on articles",
)
POST_COMMENT_VOTES = votes_on(
    "post_comment_votes",
    "PostComment",
    ident("comment_id", "The comment.", "post_comments", "item_id"),
    "comments on posts",
)
