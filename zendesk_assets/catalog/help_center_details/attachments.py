"""Files of articles. Nothing tells which articles have any: each is asked every day."""

from zendesk_assets.catalog._columns import boolean, integer, text
from zendesk_assets.catalog.help_center_details._lists_of_contents import list_of_contents

ARTICLE_ATTACHMENTS = list_of_contents(
    "article_attachments",
    "The files that articles have, pictures in their text included; what is in a file is not read.",
    of="article",
    noun="attachment",
    parents="/help_center/articles",
    path="/help_center/articles/{}/attachments",
    needs="a help center",
    ignored=("article_id",),  # it is around the record, too
    columns=(
        text("file_name", "The name of the file."),
        text("display_file_name", "The name that readers see."),
        text("content_type", "The type, such as image/png."),
        text("content_url", "Where the file is."),
        text("relative_path", "The same, without the host."),
        integer("size", "The size in bytes."),
        boolean("inline", "Whether it is shown in the text, and not listed below it."),
        text("locale", "The translation that it belongs to, if it belongs to one."),
    ),
)
