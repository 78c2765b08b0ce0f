"""The contents of the page, as data: charts and tiles, each with its query of one view.

`{view}` in a query is the view's name. The first column of a chart's result names the points, the
others are series under their own names. All numbers come from the views: nothing is defined here.
"""

# ruff: noqa: S608  # nothing in these queries comes from outside

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a chart is drawn."""

    AREA = "area"  # series on top of each other
    LINES = "lines"
    BARS = "bars"  # horizontal, one for each name


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, from which view, and how; with `pictured`, also in Dagster's UI."""

    title: str
    note: str
    view: str
    kind: Kind
    query: str
    series: tuple[str, ...]
    percent: bool = False
    pictured: bool = False


@dataclass(frozen=True)
class Tile:
    """One number, followed by `unit`. Its query returns one row with one column."""

    title: str
    note: str
    view: str
    query: str
    unit: str = ""


_MEDIAN: Final = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})"
_NINE_OF_TEN: Final = "percentile_cont(0.9) WITHIN GROUP (ORDER BY {0})"
_WEEK: Final = "CAST(date_trunc('week', {0} AT TIME ZONE 'UTC') AS DATE)"


def _times(minutes: str, moment: str, per: int, where: str) -> str:
    in_units = f"{minutes} / {per}.0"
    return (
        f"SELECT {_WEEK.format(moment)}, {_MEDIAN.format(in_units)}, "
        f"{_NINE_OF_TEN.format(in_units)} "
        f"FROM {{view}} WHERE {minutes} IS NOT NULL AND {where} GROUP BY 1 ORDER BY 1"
    )


CHARTS: Final = (
    Chart(
        "Backlog",
        "Unsolved tickets as each day ended, by status.",
        "analysis_backlog_by_day",
        Kind.AREA,
        "SELECT day, open_tickets, new_tickets, pending_tickets, on_hold_tickets "
        "FROM {view} ORDER BY day",
        ("open", "new", "pending", "on hold"),
        pictured=True,
    ),
    Chart(
        "Created and solved",
        "Tickets a week, from Monday. The last week may not be over.",
        "analysis_backlog_by_day",
        Kind.LINES,
        "SELECT CAST(date_trunc('week', day) AS DATE), sum(created_tickets), "
        "sum(solved_tickets), sum(reopened_tickets) FROM {view} GROUP BY 1 ORDER BY 1",
        ("created", "solved", "reopened"),
    ),
    Chart(
        "First reply",
        "Calendar hours to the first public reply, by the week in which the ticket was created.",
        "analysis_ticket_times",
        Kind.LINES,
        _times("first_reply_minutes", "created_at", 60, "true"),
        ("half of the tickets within", "nine of ten within"),
        pictured=True,
    ),
    Chart(
        "Full resolution",
        "Calendar days from creation to the last solution, by the week of that solution.",
        "analysis_ticket_times",
        Kind.LINES,
        _times("full_resolution_minutes", "solved_at", 1440, "is_solved AND solved_at IS NOT NULL"),
        ("half of the tickets within", "nine of ten within"),
    ),
    Chart(
        "Reopened",
        "Percent of a week's solutions that did not last. Recent weeks can still rise.",
        "analysis_reopen_rate",
        Kind.LINES,
        "SELECT period_start, 100.0 * sum(reopens) / sum(solves) "
        "FROM {view} WHERE period = 'week' GROUP BY 1 ORDER BY 1",
        ("reopened",),
        percent=True,
    ),
    Chart(
        "Reopened, by group",
        "Percent of all solutions that did not last, by the group the tickets are with now.",
        "analysis_reopen_rate",
        Kind.BARS,
        "SELECT coalesce(group_name, 'no group'), 100.0 * sum(reopens) / sum(solves) "
        "FROM {view} WHERE period = 'month' GROUP BY 1 ORDER BY 2",
        ("reopened",),
        percent=True,
    ),
    Chart(
        "Satisfaction",
        "Percent of the answers of a month that were good.",
        "analysis_csat",
        Kind.LINES,
        "SELECT month, 100.0 * sum(good) / nullif(sum(received), 0), "
        "100.0 * sum(received) / sum(offered) FROM {view} GROUP BY 1 ORDER BY 1",
        ("good", "answered at all"),
        percent=True,
    ),
    Chart(
        "Satisfaction, by group",
        "Percent of the answers that were good, by the group at the time.",
        "analysis_csat",
        Kind.BARS,
        "SELECT coalesce(group_name, 'no group'), 100.0 * sum(good) / sum(received) "
        "FROM {view} WHERE received > 0 GROUP BY 1 ORDER BY 2",
        ("good",),
        percent=True,
    ),
)

TILES: Final = (
    Tile(
        "Unsolved tickets",
        "at the end of the last day",
        "analysis_backlog_by_day",
        "SELECT unsolved_tickets FROM {view} ORDER BY day DESC LIMIT 1",
    ),
    Tile(
        "Solved",
        "changes to solved or closed, last 28 days",
        "analysis_backlog_by_day",
        "SELECT sum(solved_tickets) FROM {view} WHERE day > (SELECT max(day) FROM {view}) - 28",
    ),
    Tile(
        "First reply",
        "half of the tickets of the last 28 days",
        "analysis_ticket_times",
        f"SELECT {_MEDIAN.format('first_reply_minutes / 60.0')} FROM {{view}} WHERE created_at > "
        "(SELECT max(created_at) FROM {view}) - INTERVAL '28 days'",
        "h",
    ),
    Tile(
        "Reopened",
        "of all known solutions",
        "analysis_reopen_rate",
        "SELECT 100.0 * sum(reopens) / nullif(sum(solves), 0) FROM {view} WHERE period = 'month'",
        "%",
    ),
    Tile(
        "Satisfaction",
        "good answers of all",
        "analysis_csat",
        "SELECT 100.0 * sum(good) / nullif(sum(received), 0) FROM {view}",
        "%",
    ),
)
