"""Views over users and organizations: the lists that they have, one element a row."""

from zendesk_assets.catalog._columns import ident, integer, text
from zendesk_assets.catalog._views import element, field_values, list_of, options, tag
from zendesk_assets.spec import ColumnType, NestedView

DOMAINS = list_of(
    "organization_domain_names",
    "organizations",
    "organization_id",
    "domain_names",
    "The domain names that put a new user into an organization.",
    element("domain_name", ColumnType.TEXT, "The domain name."),
)

ORGANIZATION_TAGS = list_of(
    "organization_tags",
    "organizations",
    "organization_id",
    "tags",
    "The tags of organizations.",
    tag(),
)

USER_TAGS = list_of("user_tags", "users", "user_id", "tags", "The tags of users.", tag())

USER_PHOTOS = NestedView(
    "user_photos",
    "users",
    "The photos of users who have one.",
    ("user_id",),
    (
        ident("user_id", "The user.", "users", "id"),
        ident("id", "The id of the photo, an attachment.", path="photo.id"),
        text("file_name", "The name of the file.", "photo.file_name"),
        text("content_url", "Where the file is.", "photo.content_url"),
        text("content_type", "The media type.", "photo.content_type"),
        integer("size", "The size in bytes.", "photo.size"),
        integer("width", "The width in pixels.", "photo.width"),
        integer("height", "The height in pixels.", "photo.height"),
    ),
    required=("id",),
)

USER_FIELD_OPTIONS = options("user_field_options", "user_fields", "users")

ORGANIZATION_FIELD_OPTIONS = options(
    "organization_field_options", "organization_fields", "organizations"
)

USER_FIELD_VALUES = field_values(
    "user_field_values", "users", "user_id", "user_fields", "user_fields", "user_field_options"
)

ORGANIZATION_FIELD_VALUES = field_values(
    "organization_field_values",
    "organizations",
    "organization_id",
    "organization_fields",
    "organization_fields",
    "organization_field_options",
)
