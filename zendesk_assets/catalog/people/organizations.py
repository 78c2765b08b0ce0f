"""Organizations, from the time-paged export, which alone shows deleted ones."""

from zendesk_assets.catalog._columns import boolean, ident, integer, json, record, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Budget,
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    DeletedWhen,
    Pagination,
    Stream,
)

_STREAM = Stream(
    name="organizations",
    path="/incremental/organizations",
    records_key="organizations",
    pagination=Pagination.TIME_EXPORT,
    completion=Completion.CONTINUE,
    since="start_time",
    page_size=1000,
    budget=Budget.EXPORTS,
    count_path="/organizations/count",
    list_path="/organizations",
    docs_url=docs("ticket-management/incremental_exports/#incremental-organization-export"),
    description="Every changed organization, in the order of `updated_at`, deletions included.",
)

_ORGANIZATIONS = Collection(
    name="organizations",
    stream="organizations",
    description="The companies and institutions that end users belong to.",
    docs_url=docs("organizations/organizations/"),
    compared_by=ComparedBy.BY_ID,
    deleted=DeletedWhen("deleted_at"),
    columns=(
        *record(
            "organization",
            text("external_id", "An id from another system; case-insensitive."),
            text("name", "The name; unique. A deleted one reads <id>_deleted_<name>."),
            text("details", "Details such as the address."),
            text("notes", "Notes about the organization."),
            ident("group_id", "The group that gets new tickets of the organization.", "groups"),
            boolean("shared_tickets", "Whether its end users see each other's tickets."),
            boolean(
                "shared_comments", "Whether its end users may comment on each other's tickets."
            ),
            text("ticket_restriction", "Which tickets its end users may see, if that is set."),
            integer("children_count", "How many organizations are below it."),
            json("domain_names", "Domain names that put a new user into the organization."),
            json("tags", "The tags of the organization."),
            json("organization_fields", "Custom fields: an object from field key to value."),
        ),
        timestamp("deleted_at", "When the organization was deleted; null while it lives."),
    ),
)

ORGANIZATIONS = Declaration(_STREAM, (_ORGANIZATIONS,))
