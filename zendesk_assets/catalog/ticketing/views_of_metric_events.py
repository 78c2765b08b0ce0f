"""Views over ticket metric events: which targets tickets had, and whether they were met."""

from zendesk_assets.catalog._columns import boolean, ident, integer, text, timestamp
from zendesk_assets.spec import Column, LookedUp, NestedView


def _happened(column: Column, kind: str) -> LookedUp:
    """Declare when the first event of a kind came for the same measurement."""
    same = tuple((name, name) for name in ("ticket_id", "metric", "instance_id"))
    only = (("type", (kind,)), ("_deleted", ("false",)))
    return LookedUp(column, "ticket_metric_events", "time", same, only)


SLAS = NestedView(
    "ticket_slas",
    "ticket_metric_events",
    "The targets of service level agreements that were applied to tickets, and when they were "
    "fulfilled or breached. One that was replaced by another policy stays, for the same instance.",
    ("id",),
    (
        ident("id", "The event that applied the target."),
        ident("ticket_id", "The ticket.", "tickets"),
        text("metric", "What is measured: reply_time, resolution_time and others."),
        integer("instance_id", "Counts how often the metric was measured."),
        ident("policy_id", "The policy.", "sla_policies", "sla_policy_id"),
        text("policy_title", "The title that it had then.", "sla.policy.title"),
        integer("target", "The target in minutes.", "sla.target"),
        integer("target_in_seconds", "The target in seconds.", "sla.target_in_seconds"),
        boolean("business_hours", "Whether only business hours count.", "sla.business_hours"),
        timestamp("applied_at", "When the target was applied.", "time"),
    ),
    only=(("type", ("apply_sla",)),),
    looked_up=(
        _happened(timestamp("fulfilled_at", "When it was first fulfilled."), "fulfill"),
        _happened(
            timestamp(
                "breached_at", "When it was breached; in the future, when it will be if not met."
            ),
            "breach",
        ),
    ),
)
