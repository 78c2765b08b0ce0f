"""Changes of status as a common table expression: what several views begin with."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.warehouse import Surroundings

# Zendesk's word for tickets that somebody still has to work on, and their statuses.
UNSOLVED: Final = "('new', 'open', 'pending', 'hold')"
MADE_FROM: Final = ("ticket_events.value", "ticket_events.previous_value")


def changes(around: Surroundings) -> str:
    """Return `changes AS (…)`: each known status of a ticket, in order.

    `before` is the status that came before, `until` and `after` are the next change's moment and
    status, `number` counts from 1. Events of one second are ordered by their ids, which Zendesk
    counts up.
    """
    return f"""changes AS (
  SELECT ticket_id, "timestamp" AS happened, event_type, value AS status,
    nullif(previous_value, '0') AS before,
    lead("timestamp") OVER in_order AS until,
    lead(value) OVER in_order AS after,
    row_number() OVER in_order AS number
  FROM {around["ticket_events"]} AS e
  WHERE field_name = 'status' AND event_type IN ('Create', 'Change')
  WINDOW in_order AS (PARTITION BY ticket_id ORDER BY "timestamp", ticket_event_id, id)
)"""
