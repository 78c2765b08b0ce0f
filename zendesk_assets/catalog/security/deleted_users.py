"""Deleted users, those who were deleted for good too. They are in `users` as well."""

from zendesk_assets.catalog._columns import boolean, ident, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import ComparedBy, Identity, Personal

DELETED_USERS = plain_list(
    "deleted_users",
    "Users who were deleted, with what Zendesk still has of them.",
    page="users/users/#list-deleted-users",
    is_counted=True,
    cadence=DAILY,
    needs="an agent who may see deleted users",
    vanishes=False,
    compared_by=ComparedBy.FORGETFUL_LIST,
    personal=(
        Personal("id", ("name", "email", "phone", "shared_phone_number", "photo"), unknown=True),
    ),
    identities=(Identity("id", ("email", "phone")),),
    columns=record(
        "user",
        text("name", 'The name; "Permanently Deleted User" once it was wiped.'),
        text("email", "The primary address; NULL once it was wiped."),
        text("phone", "The primary number."),
        text("shared_phone_number", "Whether the number is shared."),
        text("role", "end-user, agent or admin."),
        boolean("active", "Always false."),
        ident("organization_id", "The default organization.", "organizations"),
        text("locale", "The language, as en-US."),
        ident("locale_id", "The language.", "locales"),
        text("time_zone", "Zendesk's name of the time zone."),
        json("photo", "The picture: an attachment."),
        json("separation", "Brand separation: {scope, brand_id}."),
    ),
)
