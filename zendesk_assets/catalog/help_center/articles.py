"""Articles of help centers, the sections and categories they are in, and their labels.

The incremental export of articles is not used. It has the same properties as the list, but an
article that was archived is in neither, which only a list that was read to its end shows; nor does
a vote move `updated_at`. A list of 5,000 articles takes 50 requests a day, of a budget of its own.
"""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    idents,
    integer,
    json,
    moving,
    text,
)
from zendesk_assets.catalog.help_center._help_centers import (
    edited,
    list_of_brands,
    page,
    translated,
)

CATEGORIES = list_of_brands(
    "hc_categories",
    "The categories of help centers, which have sections.",
    page=page("categories"),
    noun="category",
    path="/help_center/categories",
    records_key="categories",
    include=("translations",),
    columns=translated(
        "category",
        text("name", "The name."),
        text("description", "What it is about."),
        integer("position", "The place in the help center."),
    ),
)

SECTIONS = list_of_brands(
    "hc_sections",
    "The sections of help centers, each in a category, which have articles.",
    page=page("sections"),
    noun="section",
    path="/help_center/sections",
    records_key="sections",
    include=("translations",),
    columns=translated(
        "section",
        text("name", "The name."),
        text("description", "What it is about."),
        ident("category_id", "The category it is in.", "hc_categories"),
        ident("parent_section_id", "The section it is in, if it is in one.", "hc_sections"),
        integer("position", "The place in its category."),
        text("sorting", "How its articles are sorted: manual, title, created_asc and others."),
        text("theme_template", "The template of its page."),
    ),
)

ARTICLES = list_of_brands(
    "articles",
    "The articles of help centers, drafts included. One that was archived is deleted.",
    page=page("articles"),
    noun="article",
    path="/help_center/articles",
    include=("translations",),
    columns=translated(
        "article",
        text("title", "The title."),
        text("name", "The same."),
        text("body", "The text, as HTML."),
        ident("author_id", "The author.", "users"),
        ident("section_id", "The section.", "hc_sections"),
        ident("permission_group_id", "Who may edit and publish it.", "permission_groups"),
        ident("user_segment_id", "Who may read it; NULL for everyone.", "user_segments"),
        idents("user_segment_ids", "Who may read it, where several may.", "user_segments"),
        boolean("draft", "Whether it is not published yet."),
        boolean("promoted", "Whether it is promoted."),
        json("outdated_locales", "The languages whose translation is outdated."),
        integer("position", "The place in its section."),
        boolean("comments_disabled", "Whether readers may not comment on it."),
        moving(integer("vote_sum", "Votes for it less votes against it.")),
        moving(integer("vote_count", "How many votes it has.")),
        json("label_names", "The labels, by name."),
        idents("content_tag_ids", "The content tags.", "content_tags"),
        edited("article"),
    ),
)

LABELS = list_of_brands(
    "article_labels",
    "The labels of articles, which help to find them.",
    page=page("article_labels"),
    noun="label",
    path="/help_center/articles/labels",
    records_key="labels",
    needs="a help center, on a plan with labels",
    columns=(text("name", "The label."),),
)
