"""Users and their identities: one walk of the users export with `include=identities`."""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    integer,
    json,
    moving,
    record,
    text,
    timestamp,
)
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Beside,
    Budget,
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    DeletedWhen,
    Identity,
    Pagination,
    Personal,
    Scrub,
    Stream,
    Tombstone,
)

_PERSONAL = (
    "name",
    "email",
    "alias",
    "phone",
    "external_id",
    "photo",
    "signature",
    "details",
    "notes",
    "user_fields",
    "identities",
)

_STREAM = Stream(
    name="users",
    path="/incremental/users/cursor",
    records_key="users",
    pagination=Pagination.CURSOR_EXPORT,
    completion=Completion.CONTINUE,
    since="start_time",
    page_size=1000,
    # A limit of its own, 20 requests a minute, and not the one of the other exports.
    budget=Budget.USERS_EXPORT,
    include=("identities",),
    beside=Beside("identities", "user_id"),
    count_path="/users/count",
    docs_url=docs("ticket-management/incremental_exports/#incremental-user-export-cursor-based"),
    description="Every changed user, deleted ones included, each with all its identities.",
)

_USERS = Collection(
    name="users",
    stream="users",
    description="End users, agents and admins. A deleted one is not active, and marked as deleted.",
    docs_url=docs("users/users/"),
    compared_by=ComparedBy.BY_ID,
    deleted=DeletedWhen("active", "false"),
    scrub=Scrub((("permanently_deleted", "true"),)),
    ignored=("identities",),
    personal=(Personal("id", _PERSONAL, unknown=True),),
    identities=(
        Identity("id", ("email",)),
        Identity("id", ("phone",), unless=("shared_phone_number", "true")),
    ),
    columns=record(
        "user",
        text("name", "The name; Permanently Deleted User once it is wiped."),
        text("email", "The primary e-mail address."),
        text("alias", "The name that end users see."),
        text("role", "end-user, agent or admin."),
        integer(
            "role_type", "Agents: 0 custom, 1 light, 2 chat, 3 contributor, 4 admin, 5 billing."
        ),
        ident("custom_role_id", "The custom role of an agent.", "custom_roles"),
        boolean("active", "False once the user is deleted."),
        boolean("permanently_deleted", "Whether a deleted user is wiped for good."),
        boolean(
            "suspended", "Whether the user is suspended; if so, their tickets are suspended too."
        ),
        json("suspension_details", "The suspension by channel."),
        boolean("verified", "Whether any identity is verified."),
        ident("organization_id", "The default organization.", "organizations"),
        ident("default_group_id", "The group that tickets assigned to the agent get.", "groups"),
        text("external_id", "An id from another system; case-insensitive."),
        text("phone", "The primary telephone number."),
        boolean("shared_phone_number", "Whether others use that number, too."),
        json("photo", "The photo: an attachment."),
        text("signature", "The signature of an agent."),
        text("details", "Details about the user."),
        text("notes", "Notes about the user."),
        json("tags", "The tags of the user."),
        json("user_fields", "Custom fields: an object from field key to value."),
        text("locale", "The language, as en-US."),
        ident("locale_id", "The language.", "locales"),
        text("time_zone", "The time zone, as Zendesk calls it."),
        text("iana_time_zone", "The same as in the tz database."),
        moving(
            timestamp("last_login_at", "When the user last signed in or used the API; may lag.")
        ),
        boolean("two_factor_auth_enabled", "Agents: whether they use a second factor."),
        text("ticket_restriction", "Which tickets the user may see; NULL for all."),
        boolean("restricted_agent", "Whether the agent has any restriction."),
        boolean("only_private_comments", "Whether the agent may write private comments only."),
        boolean("moderator", "Whether the user may moderate the community."),
        boolean("shared", "Whether the user came with a shared ticket."),
        boolean("shared_agent", "Whether that user is an agent elsewhere."),
        boolean("report_csv", "No longer in use."),
        boolean("is_billing_admin", "Whether the user is a billing admin."),
        moving(boolean("chat_only", "Whether the agent only chats; the export rarely says so.")),
        json("separation", "The scope and brand, where brands have users of their own."),
    ),
)

_IDENTITIES = Collection(
    name="user_identities",
    stream="users",
    description=(
        "E-mail addresses, telephone numbers and accounts elsewhere by which users are known. One "
        "that a user no longer has is marked as deleted."
    ),
    docs_url=docs("users/user_identities/"),
    records=("identities[]",),
    ignored=("../*",),
    # Removing an identity updates its user; the identity itself is just gone.
    version="user_updated_at",
    tombstone=Tombstone("user_id", "id", DeletedWhen("identities")),
    personal=(Personal("user_id", ("value",), unknown=True),),
    identities=(Identity("user_id", ("value",)),),
    columns=(
        ident("id", "The id of the identity."),
        text("url", "The API address of the identity."),
        ident("user_id", "The user.", "users"),
        text("type", "email, phone_number, google, twitter, messaging and others."),
        text("value", "The address, number or name."),
        boolean("primary", "Whether it is the first of its type."),
        boolean("verified", "Whether it is verified; no longer in use."),
        text("verification_method", "none, low, sso, embed or full."),
        timestamp("verified_at", "When it was verified."),
        text("deliverable_state", "E-mail: deliverable, undeliverable and others."),
        integer("undeliverable_count", "E-mail: how many messages could not be delivered."),
        ident("brand_id", "The brand, where brands have users of their own.", "brands"),
        timestamp("created_at", "When the identity was created."),
        timestamp("updated_at", "When the identity was last updated."),
        timestamp("user_updated_at", "When its user was last updated.", "../updated_at"),
    ),
)

USERS = Declaration(_STREAM, (_USERS, _IDENTITIES))
