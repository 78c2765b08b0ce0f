"""Service level agreements: policies, their targets, and which of them tickets got."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.analysis import Column, build_typed
from zendesk_assets.fivetran._declaration import (
    columns_of,
    computed,
    declare,
    in_utc,
    listed,
    ours,
    states_of,
    synced,
    table_of,
    taken,
)
from zendesk_assets.warehouse import Surroundings

SLA_POLICY = table_of(
    "sla_policy",
    "sla_policies",
    "Service level agreements as they are now.",
    *taken("sla_policies", "id", "url", "title", "description", "position", "created_at"),
    *taken("sla_policies", "updated_at"),
    *ours("sla_policies"),
)

_TARGETS: Final = "sla_policies.policy_metrics"
_PARTS: Final = (
    *taken("sla_policies", "sla_policy_id=id", "sla_policy_updated_at=updated_at"),
    computed("index", "BIGINT", "Its place in the policy, from 0.", "t._place - 1", _TARGETS),
    computed("metric", "VARCHAR", "What is measured.", "(t._element ->> 'metric')", _TARGETS),
    computed("priority", "VARCHAR", "Of tickets with this priority.",
             "(t._element ->> 'priority')", _TARGETS),
    computed("target", "BIGINT", "The target in minutes.",
             build_typed("BIGINT", "(t._element ->> 'target')", "CAST"), _TARGETS),
    computed("business_hours", "BOOLEAN", "Whether only business hours count.",
             build_typed("BOOLEAN", "(t._element ->> 'business_hours')", "CAST"), _TARGETS),
    synced("sla_policies"),
)  # fmt: skip


def _build_targets(around: Surroundings) -> str:
    say = around.dialect
    rows = say.unnested.format(
        states_of(around, "sla_policies"),
        say.elements.format("policy_metrics"),
        "_element",
        "_place",
    )
    return f"SELECT {listed(_PARTS)}\nFROM {rows} AS t"


SLA_POLICY_METRIC_HISTORY = declare(
    "sla_policy_metric_history",
    "The targets of policies: in their present state, and in each other that the history of "
    "sla_policies has, if one is kept. ticket_field_history has the target that a ticket got.",
    columns_of(_PARTS),
    ("sla_policies",),
    _build_targets,
    ("sla_policy_id", "sla_policy_updated_at", "index"),
)


def _build_applied(around: Surroundings) -> str:
    return f"""SELECT ticket_id, sla_policy_id, {in_utc("policy_applied_at")} AS policy_applied_at,
  {in_utc("loaded_at")} AS _fivetran_synced
FROM (
  SELECT t.ticket_id, t.sla_policy_id, t."time" AS policy_applied_at, t.loaded_at,
  row_number() OVER (
    PARTITION BY t.ticket_id, t."time" ORDER BY t.id DESC
  ) AS place
  FROM {around["ticket_metric_events"]} AS t
  WHERE t.type = 'apply_sla' AND t.sla_policy_id IS NOT NULL AND NOT t._deleted
) AS applied WHERE place = 1"""


_EVENT: Final = "ticket_metric_events."

TICKET_SLA_POLICY = declare(
    "ticket_sla_policy",
    "Which policies tickets got, and when; within a second, the last.",
    (
        Column("ticket_id", "BIGINT", "The ticket.", (_EVENT + "ticket_id",)),
        Column("sla_policy_id", "BIGINT", "The policy.", (_EVENT + "sla_policy_id",)),
        Column("policy_applied_at", "TIMESTAMP", "When it got it. In UTC.", (_EVENT + "time",)),
        Column(
            "_fivetran_synced",
            "TIMESTAMP",
            "When this row was last written. In UTC.",
            (_EVENT + "loaded_at",),
        ),
    ),
    ("ticket_metric_events",),
    _build_applied,
    ("ticket_id", "policy_applied_at"),
)
