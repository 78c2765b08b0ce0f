"""Every value that a field of a ticket has had: one row for each ticket, field and second.

Within a second the last change counts, by its event and its place in it. What an account does not
tell by events comes from where it does: targets of service levels from metric events, and
satisfaction from ratings. A field of a ticket has one origin, since the other may tell the same a
second later.
"""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.analysis import Column
from zendesk_assets.fivetran._declaration import declare, in_utc
from zendesk_assets.warehouse import Surroundings

# What audits call the metrics of metric events; replies after the first have a name of their own.
_METRICS: Final = (
    "CASE WHEN t.metric = 'reply_time' AND t.instance_id = 1 THEN 'first_reply_time' "
    "WHEN t.metric = 'reply_time' THEN 'next_reply_time' "
    "WHEN t.metric = 'resolution_time' THEN 'total_resolution_time' ELSE t.metric END"
)
# As audits write it. Metric events have the target in minutes.
_TARGET: Final = (
    """'{"minutes": ' || (t.sla ->> 'target') || ', "in_business_hours": ' """
    """|| coalesce(t.sla ->> 'business_hours', 'false') || '}'"""
)
_APPLIED: Final = "t.type = 'apply_sla' AND NOT t._deleted AND (t.sla ->> 'target') IS NOT NULL"
_TITLE: Final = "(t.sla -> 'policy' ->> 'title')"
# Nobody, as the export writes it.
_VALUE: Final = (
    "CASE WHEN right(t.field_name, 3) = '_id' AND t.value IN ('0', '') THEN NULL ELSE t.value END"
)


def _build_events(around: Surroundings) -> str:
    return f"""SELECT t.ticket_id, t.field_name, t."timestamp" AS moment, {_VALUE} AS value,
    t.updater_id AS user_id, t.loaded_at, t.ticket_event_id AS first_order, t.id AS second_order
  FROM {around["ticket_events"]} AS t
  WHERE t.event_type IN ('Create', 'Change') AND t.field_name IS NOT NULL"""


def _build_targets(around: Surroundings, field: str, value: str, more: str = "") -> str:
    return f"""SELECT t.ticket_id, {field}, t."time", {value}, CAST(-1 AS BIGINT), t.loaded_at,
    t.id, t.id
  FROM {around["ticket_metric_events"]} AS t WHERE {_APPLIED}{more}"""


def _build_rating(around: Surroundings, field: str, value: str) -> str:
    return f"""SELECT t.ticket_id, '{field}', t.created_at, {value}, t.requester_id, t.loaded_at,
    t.id, t.id
  FROM {around["satisfaction_ratings"]} AS t WHERE NOT t._deleted AND {value} IS NOT NULL"""


def _build(around: Surroundings) -> str:
    others = "\n  UNION ALL ".join(
        (
            _build_targets(around, _METRICS, _TARGET),
            _build_targets(around, "'sla_policy'", _TITLE, f" AND {_TITLE} IS NOT NULL"),
            _build_rating(around, "satisfaction_score", "t.score"),
            _build_rating(around, "satisfaction_comment", "t.comment"),
            _build_rating(around, "satisfaction_reason_code", "CAST(t.reason_code AS VARCHAR)"),
        )
    )
    return f"""WITH told AS (
  {_build_events(around)}
),
others (ticket_id, field_name, moment, value, user_id, loaded_at, first_order, second_order) AS (
  {others}
),
whole AS (
  SELECT * FROM told
  UNION ALL
  SELECT * FROM others AS o WHERE NOT EXISTS (
    SELECT 1 FROM told AS t WHERE t.ticket_id = o.ticket_id AND t.field_name = o.field_name)
),
placed AS (
  SELECT *, row_number() OVER (
    PARTITION BY ticket_id, field_name, date_trunc('second', moment)
    ORDER BY moment DESC, first_order DESC, second_order DESC
  ) AS place FROM whole
)
SELECT ticket_id, field_name, {in_utc("date_trunc('second', moment)")} AS updated, value, user_id,
  {in_utc("loaded_at")} AS _fivetran_synced
FROM placed WHERE place = 1"""


_OF: Final = "ticket_events."

TICKET_FIELD_HISTORY = declare(
    "ticket_field_history",
    "Every value that a field of a ticket has had, one for each second in which it changed. Custom "
    "fields are named by their id.",
    (
        Column("ticket_id", "BIGINT", "The ticket.", (_OF + "ticket_id",)),
        Column("field_name", "VARCHAR", "The field.", (_OF + "field_name",)),
        Column("updated", "TIMESTAMP", "When it got the value. In UTC.", (_OF + "timestamp",)),
        Column(
            "value",
            "VARCHAR",
            "The value as text; NULL for nobody. Targets of service levels are "
            '{"minutes": …, "in_business_hours": …}.',
            (
                _OF + "value",
                "ticket_metric_events.sla",
                *(f"satisfaction_ratings.{name}" for name in ("score", "comment", "reason_code")),
            ),
        ),
        Column("user_id", "BIGINT", "Who changed it; -1 is the system.", (_OF + "updater_id",)),
        Column(
            "_fivetran_synced",
            "TIMESTAMP",
            "When this row was last written. In UTC.",
            (_OF + "loaded_at",),
        ),
    ),
    ("ticket_events", "ticket_metric_events", "satisfaction_ratings"),
    _build,
    ("ticket_id", "field_name", "updated"),
)
