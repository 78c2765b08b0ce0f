"""What the account is set up with, and who changed it."""

from typing import Final

from zendesk_assets.analysis import build_typed
from zendesk_assets.fivetran._declaration import Part, computed, ours, synced, table_of, taken

_LOGO: Final = {
    "content_type": "VARCHAR",
    "content_url": "VARCHAR",
    "deleted": "BOOLEAN",
    "file_name": "VARCHAR",
    "height": "BIGINT",
    "id": "BIGINT",
    "inline": "BOOLEAN",
    "mapped_content_url": "VARCHAR",
    "size": "BIGINT",
    "url": "VARCHAR",
    "width": "BIGINT",
}


def _of_logo(name: str, kind: str) -> Part:
    value = build_typed(kind, f"(t.logo ->> '{name}')", "CAST")
    return computed(f"logo_{name}", kind, "Of its logo.", value, "brands.logo")


BRAND = table_of(
    "brand",
    "brands",
    "The brands of the account.",
    *taken("brands", "id", "url", "name", "subdomain", "brand_url", "active", "has_help_center"),
    *taken("brands", "help_center_state"),
    *(_of_logo(name, kind) for name, kind in _LOGO.items()),
    *ours("brands"),
)

TICKET_FORM_HISTORY = table_of(
    "ticket_form_history",
    "ticket_forms",
    "The forms of tickets: their present state, and each other that the history of ticket_forms "
    "has, if one is kept.",
    *taken("ticket_forms", "id", "updated_at", "created_at", "name", "display_name", "active"),
    *taken("ticket_forms", "end_user_visible"),
    *ours("ticket_forms"),
    grain=("id", "updated_at"),
    of_states=True,
)

AUDIT_LOG = table_of(
    "audit_log",
    "audit_logs",
    "Who changed the account's settings, agents and rules (Enterprise). Empty unless audit_logs "
    "are synced.",
    *taken("audit_logs", "id", "action", "actor_id", "change_description", "created_at"),
    *taken("audit_logs", "source_id", "source_label", "source_type"),
    synced("audit_logs"),
)

SATISFACTION_RATING = table_of(
    "satisfaction_rating",
    "satisfaction_ratings",
    "Satisfaction ratings; one that was edited has a row for each state.",
    *taken(
        "satisfaction_ratings",
        *("id", "url", "ticket_id", "requester_id", "assignee_id", "group_id", "score"),
        *("comment", "reason", "created_at", "updated_at"),
    ),
    *ours("satisfaction_ratings"),
)
