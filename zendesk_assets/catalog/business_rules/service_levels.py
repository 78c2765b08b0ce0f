"""Service level agreements, with customers and between groups."""

from zendesk_assets.catalog._columns import integer, json, record, text
from zendesk_assets.catalog._lists import DAILY, HOURLY, plain_list
from zendesk_assets.spec import Pagination

SLA_POLICIES = plain_list(
    "sla_policies",
    "Service level agreements: to which tickets they apply, and the targets they set.",
    page="business-rules/sla_policies/",
    path="/slas/policies",
    pagination=Pagination.OFFSET_LIST,
    cadence=HOURLY,
    keeps_history=True,
    needs="a plan with service level agreements, and an admin",
    columns=record(
        "policy",
        text("title", "The title; unique. Ticket events name the policy by it."),
        text("description", "What the policy is for."),
        integer("position", "Its place: the first policy that fits a ticket is applied."),
        json("filter", "Which tickets it applies to: conditions under all and any."),
        json("policy_metrics", "The targets: a list of {priority, metric, target, …}."),
        json("metric_settings", "When the clocks of the metrics start and stop."),
    ),
)

GROUP_SLA_POLICIES = plain_list(
    "group_sla_policies",
    "Agreements between groups: how long a ticket may stay with one of them.",
    page="business-rules/group_sla_policies/",
    path="/group_slas/policies",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    keeps_history=True,
    needs="an Enterprise plan, and an admin",
    columns=record(
        "policy",
        text("title", "The title; unique."),
        text("description", "What the policy is for."),
        integer("position", "Its place: the first policy that fits a ticket is applied."),
        json("filter", "Which tickets it applies to: conditions under all."),
        json("policy_metrics", "The targets: a list of {priority, metric, target, …}."),
        has_text_id=True,
    ),
)
