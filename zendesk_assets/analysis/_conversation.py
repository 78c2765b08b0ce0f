"""Who said what in a ticket, as common table expressions: what several views begin with."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.warehouse import Surroundings

MADE_FROM: Final = ("ticket_events.author_id", "ticket_events.public", "ticket_events.event_type")
# In words, for the descriptions of views.
AGENT: Final = (
    "An agent is a user whose role is agent or admin today, or to whom a ticket was ever assigned, "
    "so that those who left still count."
)


def agents(around: Surroundings) -> str:
    """Return `agents AS (…)`: the ids of all who are agents, or have been."""
    return f"""agents AS (
  SELECT id FROM {around["users"]} AS u WHERE role IN ('agent', 'admin')
  UNION
  SELECT assignee_id FROM {around["tickets"]} AS t WHERE assignee_id > 0
  UNION
  SELECT assignee_id FROM {around["ticket_events"]} AS e WHERE assignee_id > 0
)"""


def comments(around: Surroundings) -> str:
    """Return `agents` and `comments AS (…)`: what was written in tickets that are not deleted.

    `number` counts from 1. `is_opening`: it came with the ticket. `is_of_agent`: an agent wrote it,
    who is not the requester. `is_of_customer`: the requester or another end user did.
    """
    return f"""{agents(around)},
created AS (
  SELECT DISTINCT ticket_event_id FROM {around["ticket_events"]} AS e
  WHERE event_type = 'Create' AND field_name = 'status'
),
said AS (
  SELECT e.id, e.ticket_id, e.ticket_event_id, e."timestamp" AS happened,
    coalesce(e.author_id, e.updater_id) AS author_id,
    coalesce(e.public, e.comment_public, false) AS is_public,
    row_number() OVER (
      PARTITION BY e.ticket_id ORDER BY e."timestamp", e.ticket_event_id, e.id
    ) AS number
  FROM {around["ticket_events"]} AS e WHERE e.event_type IN ('Comment', 'VoiceComment')
),
comments AS (
  SELECT s.*, c.ticket_event_id IS NOT NULL AS is_opening,
    a.id IS NOT NULL AND s.author_id <> t.requester_id AS is_of_agent,
    s.author_id = t.requester_id OR (u.role = 'end-user' AND a.id IS NULL) AS is_of_customer
  FROM said AS s
  JOIN {around["tickets"]} AS t ON t.id = s.ticket_id AND NOT t._deleted
  LEFT JOIN created AS c ON c.ticket_event_id = s.ticket_event_id
  LEFT JOIN agents AS a ON a.id = s.author_id
  LEFT JOIN {around["users"]} AS u ON u.id = s.author_id
)"""
