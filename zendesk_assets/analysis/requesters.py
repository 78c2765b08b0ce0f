"""Who asks: tickets and contacts of each requester, with the domain of their e-mail address."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, count, ident, moment, text
from zendesk_assets.analysis._names import name_of
from zendesk_assets.analysis._statuses import UNSOLVED
from zendesk_assets.warehouse import Surroundings


def _sql(around: Surroundings) -> str:
    return f"""WITH asked AS (
  SELECT requester_id, count(*) AS tickets,
    count(*) FILTER (WHERE status IN {UNSOLVED}) AS unsolved_tickets,
    min(created_at) AS first_ticket_at, max(created_at) AS last_ticket_at
  FROM {around["tickets"]} AS t WHERE NOT _deleted AND requester_id IS NOT NULL
  GROUP BY requester_id
),
spoken AS (
  SELECT t.requester_id, count(*) AS contacts
  FROM {around["ticket_events"]} AS e
  JOIN {around["tickets"]} AS t ON t.id = e.ticket_id AND NOT t._deleted
    AND t.requester_id = coalesce(e.author_id, e.updater_id)
  WHERE e.event_type IN ('Comment', 'VoiceComment') AND coalesce(e.public, e.comment_public)
  GROUP BY t.requester_id
)
SELECT a.requester_id, u.name AS requester_name, u.email,
  CASE WHEN u.email LIKE '%@%' THEN lower(regexp_replace(u.email, '^.*@', '')) END AS email_domain,
  u.organization_id, o.name AS organization_name, a.tickets, a.unsolved_tickets,
  coalesce(s.contacts, 0) AS contacts, a.first_ticket_at, a.last_ticket_at
FROM asked AS a
LEFT JOIN spoken AS s ON s.requester_id = a.requester_id
LEFT JOIN {around["users"]} AS u ON u.id = a.requester_id
LEFT JOIN {around["organizations"]} AS o ON o.id = u.organization_id"""


VIEW = AnalysisView(
    name="analysis_requesters",
    title="Requesters and contacts",
    description=(
        "Everybody who has asked: how many tickets, and how many contacts, which are the times "
        "that they wrote: public comments of the requester, the one that opened the ticket "
        "included, as far as ticket_events reach. The domain is that of the primary e-mail address "
        "today, the organization the default one. Deleted tickets are left out."
    ),
    grain=("requester_id",),
    reads=("tickets", "ticket_events"),
    reads_if_there=("users", "organizations"),
    columns=(
        ident("requester_id", "Who asked.", "tickets.requester_id"),
        name_of("requester"),
        text("email", "The primary e-mail address.", "users.email"),
        text("email_domain", "What comes after its @, in lower case.", "users.email"),
        ident("organization_id", "The default organization.", "users.organization_id"),
        name_of("organization"),
        count("tickets", "Tickets they asked for.", "tickets.requester_id"),
        count("unsolved_tickets", "Those that are not solved now.", "tickets.status"),
        count(
            "contacts",
            "Public comments they wrote in these tickets.",
            "ticket_events.author_id",
            "ticket_events.public",
        ),
        moment("first_ticket_at", "When the first was created.", "tickets.created_at"),
        moment("last_ticket_at", "When the last was created.", "tickets.created_at"),
    ),
    sql=_sql,
    example="""select email_domain, count(*) as requesters, sum(tickets) as tickets,
  sum(contacts) as contacts
from {view} group by email_domain order by tickets desc limit 5;""",
)
