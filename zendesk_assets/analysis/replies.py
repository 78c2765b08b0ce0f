"""Every reply to a customer: who gave it, and how long the customer had waited for it."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis import _business_hours
from zendesk_assets.analysis._business_hours import BusinessHours, epoch
from zendesk_assets.analysis._conversation import AGENT, MADE_FROM, comments
from zendesk_assets.analysis._declaration import (
    AnalysisView,
    boolean,
    count,
    ident,
    moment,
    text,
)
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.warehouse import Surroundings

_NAMES = ("agent", "group", "brand", "requester", "organization")
_WHEN = "ticket_events.timestamp"


def _sql(around: Surroundings) -> str:
    hours = BusinessHours(around, "SELECT min(asked) AS first, max(happened) AS last FROM answered")
    return f"""WITH {comments(around)},
turns AS (
  SELECT c.*, is_of_agent AND is_public AND NOT is_opening AS is_reply,
    -- a reply ends a turn: what comes after it is of the next
    count(*) FILTER (WHERE is_of_agent AND is_public AND NOT is_opening) OVER (
      PARTITION BY ticket_id ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS turn
  FROM comments AS c WHERE is_public OR is_opening
),
waited AS (
  SELECT t.*,
    min(happened) FILTER (WHERE is_of_customer OR is_opening) OVER this_turn AS asked,
    bool_or(is_opening) OVER this_turn AS is_first
  FROM turns AS t WINDOW this_turn AS (PARTITION BY ticket_id, turn)
),
answered AS (
  SELECT w.*, w.author_id AS agent_id, t.group_id, t.brand_id, t.requester_id, t.organization_id,
    t.via ->> 'channel' AS channel, t.priority
  FROM waited AS w JOIN {around["tickets"]} AS t ON t.id = w.ticket_id
  WHERE is_reply AND asked IS NOT NULL
){hours.tables}
SELECT r.id AS comment_id, r.ticket_id, r.happened AS replied_at, r.asked AS waiting_since,
  r.is_first, CAST(floor(({epoch("r.happened")} - {epoch("r.asked")}) / 60.0) AS BIGINT) AS minutes,
  {hours.minutes("r.asked", "r.happened")} AS minutes_business,
  r.agent_id, r.group_id, r.brand_id, r.requester_id, r.organization_id, r.channel, r.priority,
  {select_names(*_NAMES)}
FROM answered AS r
{join_names(around, "r", *_NAMES)}
{hours.join("r.asked", "r.happened")}"""


VIEW = AnalysisView(
    name="analysis_replies",
    title="Replies",
    description=(
        "Every reply to a customer, by the agent who gave it: the first public comment of an agent "
        "since the customer wrote, and the minutes from the first comment that it answers, or from "
        "the creation of the ticket. A further comment of an agent, before the customer writes "
        "again, answers nothing and has no row; a private comment is not a reply. Business minutes "
        "follow the account's default schedule of today, its time zone and holidays. "
        f"{AGENT} Group, brand and people are the ticket's of today. Deleted tickets are left out."
    ),
    grain=("comment_id",),
    reads=("tickets", "ticket_events", "groups"),
    reads_if_there=(*named_in(*_NAMES), *_business_hours.READS),
    columns=(
        ident("comment_id", "The reply: a comment of ticket_events.", "ticket_events.id"),
        ident("ticket_id", "The ticket.", "ticket_events.ticket_id"),
        moment("replied_at", "When it was given.", _WHEN),
        moment("waiting_since", "Since when the customer had waited.", _WHEN, *MADE_FROM),
        boolean("is_first", "Whether it is the first reply to the ticket.", *MADE_FROM),
        count("minutes", "Calendar minutes between the two.", _WHEN),
        count(
            "minutes_business",
            "Business minutes between the two; NULL if the account has no schedule.",
            _WHEN,
            *_business_hours.MADE_FROM,
        ),
        ident("agent_id", "The agent who replied.", "ticket_events.author_id"),
        ident("group_id", "The group that the ticket is with now.", "tickets.group_id"),
        ident("brand_id", "The brand of the ticket.", "tickets.brand_id"),
        ident("requester_id", "Who asked.", "tickets.requester_id"),
        ident("organization_id", "The organization of who asked.", "tickets.organization_id"),
        text("channel", "How the ticket was created: web, email, api, ….", "tickets.via"),
        text("priority", "The priority of the ticket now.", "tickets.priority"),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    figures={
        "median_reply_minutes": "percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes)",
        "median_reply_minutes_business": (
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes_business)"
        ),
    },
    example="""select agent_name, count(*) as first_replies,
  round(avg(minutes)) as minutes, round(avg(minutes_business)) as business_minutes
from {view} where is_first
group by agent_name order by first_replies desc limit 5;""",
)
