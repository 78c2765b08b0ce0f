"""How long each ticket took: first reply, resolution, waiting."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, Column, count, moment, text
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.analysis._ticket_columns import of_tickets
from zendesk_assets.warehouse import Surroundings

_NAMES = ("assignee", "requester", "organization", "brand", "form")
# Name here, name in ticket_metrics, description.
_TIMES = (
    ("first_reply_minutes", "reply_time_in_minutes", "to the first public reply of an agent"),
    ("first_resolution_minutes", "first_resolution_time_in_minutes", "until it was first solved"),
    ("full_resolution_minutes", "full_resolution_time_in_minutes", "until it was last solved"),
    ("requester_wait_minutes", "requester_wait_time_in_minutes", "the requester waited"),
    ("agent_wait_minutes", "agent_wait_time_in_minutes", "agents waited for the requester"),
    ("on_hold_minutes", "on_hold_time_in_minutes", "it was on hold"),
)


def _pair(name: str, metric: str, what: str) -> tuple[Column, Column]:
    return (
        count(name, f"Calendar minutes {what}.", f"ticket_metrics.{metric}_calendar"),
        count(
            f"{name}_business",
            f"Business minutes {what}, by the account's schedule.",
            f"ticket_metrics.{metric}_business",
        ),
    )


def _sql(around: Surroundings) -> str:
    times = ",\n  ".join(
        f"m.{metric}_calendar AS {name}, m.{metric}_business AS {name}_business"
        for name, metric, _ in _TIMES
    )
    return f"""SELECT t.id AS ticket_id, t.created_at, m.solved_at, t.status,
  t.status IN ('solved', 'closed') AS is_solved, t.priority, t.type, t.via ->> 'channel' AS channel,
  t.group_id, the_group.name AS group_name, t.assignee_id, t.requester_id, t.organization_id,
  {times},
  m.replies, m.reopens, t.brand_id, t.ticket_form_id,
  {select_names(*_NAMES)}
FROM {around["tickets"]} AS t
LEFT JOIN {around["ticket_metrics"]} AS m ON m.ticket_id = t.id
{join_names(around, "t", "group", *_NAMES)}
WHERE NOT t._deleted"""


VIEW = AnalysisView(
    name="analysis_ticket_times",
    title="First reply and resolution times",
    description=(
        "How long each ticket took to its first reply and to its resolution, in calendar and in "
        "business minutes, as Zendesk counts them. Deleted tickets are left out. A time is NULL "
        "until it has happened; waiting times of unsolved tickets are as of the ticket's last "
        "change."
    ),
    grain=("ticket_id",),
    reads=("tickets", "ticket_metrics", "groups"),
    reads_if_there=named_in(*_NAMES),
    columns=(
        *of_tickets("ticket_id", "created_at"),
        moment("solved_at", "When it was last solved.", "ticket_metrics.solved_at"),
        *of_tickets("status", "is_solved", "priority", "type", "channel", "group_id"),
        text("group_name", "The name of that group.", "groups.name"),
        *of_tickets("assignee_id", "requester_id", "organization_id"),
        *(column for each in _TIMES for column in _pair(*each)),
        count("replies", "Public replies of agents.", "ticket_metrics.replies"),
        count("reopens", "How often it was reopened.", "ticket_metrics.reopens"),
        *of_tickets("brand_id", "ticket_form_id"),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    figures={
        "median_first_reply_minutes": (
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY first_reply_minutes)"
        ),
        "median_full_resolution_minutes": (
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY full_resolution_minutes) "
            "FILTER (WHERE is_solved)"
        ),
    },
    example="""select channel, count(*) as tickets,
  percentile_cont(0.5) within group (order by first_reply_minutes) as median_first_reply
from {view}
where created_at >= current_date - interval '30 days'
group by channel order by tickets desc;""",
)
