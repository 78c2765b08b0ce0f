"""Comments of readers on articles and posts.

Nothing tells which articles have any, nor does a comment change the article: each is asked every
day. Posts say how many they have.
"""

from zendesk_assets.catalog._columns import boolean, ident, integer, moving, text, timestamp
from zendesk_assets.catalog.help_center_details._lists_of_contents import list_of_contents
from zendesk_assets.spec import Column, Personal

_PERSONAL = (Personal("author_id", ("body",), unknown=True),)


def _comment(*columns: Column) -> tuple[Column, ...]:
    """Return the columns with those that comments of either kind have."""
    return (
        text("html_url", "The address of the comment for readers."),
        text("body", "The text, as HTML."),
        ident("author_id", "The author.", "users"),
        *columns,
        moving(integer("vote_sum", "Votes for it less votes against it.")),
        moving(integer("vote_count", "How many votes it has.")),
        ident("non_author_editor_id", "Who edited it last, if not the author.", "users"),
        timestamp("non_author_updated_at", "When that was."),
    )


ARTICLE_COMMENTS = list_of_contents(
    "article_comments",
    "The comments on articles. One of an article that was archived is deleted with it.",
    of="article",
    noun="comment",
    parents="/help_center/articles",
    path="/help_center/articles/{}/comments",
    records_key="comments",
    needs="a help center",
    ignored=("source_id", "source_type"),  # the article, which is around it
    personal=_PERSONAL,
    columns=_comment(text("locale", "The language of the article that it is about.")),
)

POST_COMMENTS = list_of_contents(
    "post_comments",
    "The comments on posts of communities. One of a post that was deleted is deleted with it.",
    of="post",
    noun="comment",
    parents="/community/posts",
    only_where="comment_count",
    path="/community/posts/{}/comments",
    records_key="comments",
    needs="a help center with a community (Gather)",
    ignored=("post_id",),  # it is around the record, too
    personal=_PERSONAL,
    columns=_comment(boolean("official", "Whether it was marked as an official answer.")),
)
