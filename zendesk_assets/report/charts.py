"""The contents of the page, as data: tiles, charts, tables, each with its query of one view.

`{view}` in a query is the view's name, and `period` has the dates that stand for the other marks.
All numbers come from the views: nothing is defined here.
"""

# ruff: noqa: S608  # nothing in these queries comes from outside

from dataclasses import dataclass
from enum import Enum
from typing import Final

from zendesk_assets.report.period import Step


class Kind(Enum):
    """How a chart is drawn."""

    STACKED = "stacked"  # upright bars, the series on top of each other
    LINES = "lines"
    BARS = "bars"  # horizontal, one for each name


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, from which view, and how; with `pictured`, also in Dagster's UI.

    The first column of its result names the points, which are weeks or months if there is a `step`;
    the others are `series`, all in `unit`.
    """

    title: str
    note: str
    view: str
    kind: Kind
    query: str
    series: tuple[str, ...]
    step: Step | None = None
    unit: str = ""
    pictured: bool = False


@dataclass(frozen=True)
class Tile:
    """One number in `unit`. Its query returns it for the last seven days, and those before."""

    title: str
    note: str
    view: str
    query: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of names and figures; `headings` are those of its query's columns."""

    title: str
    note: str
    view: str
    query: str
    headings: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """What tickets are counted by, to find what changed: a name, this week's and last week's."""

    what: str
    view: str
    query: str


_MEDIAN: Final = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})"
_NINE_OF_TEN: Final = "percentile_cont(0.9) WITHIN GROUP (ORDER BY {0})"
_DAY: Final = "CAST({0} AT TIME ZONE 'UTC' AS DATE)"
_WEEK: Final = "CAST(date_trunc('week', {0} AT TIME ZONE 'UTC') AS DATE)"
_IN_PERIOD: Final = "{0} >= {{since}} AND {0} < {{until}}"
_THIS_WEEK: Final = "{0} >= {{week}} AND {0} < {{until}}"
_LAST_WEEK: Final = "{0} >= {{fortnight}} AND {0} < {{week}}"


def _both_weeks(aggregate: str, day: str, rest: str = "") -> str:
    """Return a query of an aggregate for the last seven days and for the seven before."""
    weeks = (week.format(day) for week in (_THIS_WEEK, _LAST_WEEK))
    columns = ", ".join(f"{aggregate} FILTER (WHERE {week})" for week in weeks)
    return f"SELECT {columns} FROM {{view}}{rest}"


def _times(minutes: str, moment: str, per: int, where: str = "") -> str:
    in_units = f"{minutes} / {per}.0"
    return (
        f"SELECT {_WEEK.format(moment)} AS week, {_MEDIAN.format(in_units)} AS half, "
        f"{_NINE_OF_TEN.format(in_units)} AS nine_of_ten FROM {{view}} "
        f"WHERE {minutes} IS NOT NULL AND {_IN_PERIOD.format(_DAY.format(moment))}{where} "
        "GROUP BY 1 ORDER BY 1"
    )


_FIRST_REPLY: Final = _MEDIAN.format("first_reply_minutes / 60.0")
_RESOLUTION: Final = _MEDIAN.format("full_resolution_minutes / 1440.0")

TILES: Final = (
    Tile(
        "Unsolved",
        "at the end of the last day",
        "analysis_backlog_by_day",
        "SELECT max(unsolved_tickets) FILTER (WHERE day = {until} - 1), "
        "max(unsolved_tickets) FILTER (WHERE day = {week} - 1) FROM {view}",
    ),
    Tile(
        "Created",
        "tickets",
        "analysis_backlog_by_day",
        _both_weeks("sum(created_tickets)", "day"),
    ),
    Tile(
        "Solved",
        "changes to solved or closed",
        "analysis_backlog_by_day",
        _both_weeks("sum(solved_tickets)", "day"),
    ),
    Tile(
        "Reopened",
        "changes from solved or closed to unsolved",
        "analysis_backlog_by_day",
        _both_weeks("sum(reopened_tickets)", "day"),
    ),
    Tile(
        "Median first reply",
        "calendar hours, of the tickets created in that week",
        "analysis_ticket_times",
        _both_weeks(_FIRST_REPLY, _DAY.format("created_at")),
        "h",
    ),
    Tile(
        "Median full resolution",
        "calendar days, of the tickets solved in that week",
        "analysis_ticket_times",
        _both_weeks(_RESOLUTION, _DAY.format("solved_at"), " WHERE is_solved"),
        "d",
    ),
)

CHARTS: Final = (
    Chart(
        "Backlog",
        "Unsolved tickets as each week ended, by status.",
        "analysis_backlog_by_day",
        Kind.STACKED,
        "SELECT week, open_tickets, new_tickets, pending_tickets, on_hold_tickets FROM ("
        "SELECT *, CAST(date_trunc('week', day) AS DATE) AS week, row_number() OVER ("
        "PARTITION BY date_trunc('week', day) ORDER BY day DESC) AS place FROM {view} "
        f"WHERE {_IN_PERIOD.format('day')}) AS days WHERE place = 1 ORDER BY week",
        ("open", "new", "pending", "on hold"),
        Step.WEEK,
        pictured=True,
    ),
    Chart(
        "Created and solved",
        "Tickets a week, from Monday. The first and the last week may not be whole.",
        "analysis_backlog_by_day",
        Kind.LINES,
        "SELECT CAST(date_trunc('week', day) AS DATE) AS week, sum(created_tickets) AS created, "
        "sum(solved_tickets) AS solved, sum(reopened_tickets) AS reopened FROM {view} "
        f"WHERE {_IN_PERIOD.format('day')} GROUP BY 1 ORDER BY 1",
        ("created", "solved", "reopened"),
        Step.WEEK,
    ),
    Chart(
        "First reply",
        "Calendar hours to the first public reply, by the week in which the ticket was created.",
        "analysis_ticket_times",
        Kind.LINES,
        _times("first_reply_minutes", "created_at", 60),
        ("half of the tickets within", "nine of ten within"),
        Step.WEEK,
        "h",
        pictured=True,
    ),
    Chart(
        "Full resolution",
        "Calendar days from creation to the last solution, by the week of that solution.",
        "analysis_ticket_times",
        Kind.LINES,
        _times("full_resolution_minutes", "solved_at", 1440, " AND is_solved"),
        ("half of the tickets within", "nine of ten within"),
        Step.WEEK,
        "d",
    ),
    Chart(
        "Reopened",
        "Percent of a week's solutions that did not last. Recent weeks can still rise.",
        "analysis_reopen_rate",
        Kind.LINES,
        "SELECT period_start, 100.0 * sum(reopens) / sum(solves) AS reopened FROM {view} "
        f"WHERE period = 'week' AND {_IN_PERIOD.format('period_start')} GROUP BY 1 ORDER BY 1",
        ("reopened",),
        Step.WEEK,
        "%",
    ),
    Chart(
        "Reopened, by group",
        "Percent of the solutions that did not last, by the group the tickets are with now.",
        "analysis_reopen_rate",
        Kind.BARS,
        "SELECT coalesce(group_name, 'no group') AS name, "
        "100.0 * sum(reopens) / sum(solves) AS reopened FROM {view} "
        f"WHERE period = 'month' AND {_IN_PERIOD.format('period_start')} GROUP BY 1 ORDER BY 2",
        ("reopened",),
        unit="%",
    ),
    Chart(
        "Satisfaction",
        "Percent of the answers of a month that were good.",
        "analysis_csat",
        Kind.LINES,
        "SELECT month, 100.0 * sum(good) / nullif(sum(received), 0) AS good, "
        "100.0 * sum(received) / sum(offered) AS answered FROM {view} "
        f"WHERE {_IN_PERIOD.format('month')} GROUP BY 1 ORDER BY 1",
        ("good", "answered at all"),
        Step.MONTH,
        "%",
    ),
    Chart(
        "Satisfaction, by group",
        "Percent of the answers that were good, by the group at the time.",
        "analysis_csat",
        Kind.BARS,
        "SELECT coalesce(group_name, 'no group') AS name, "
        "100.0 * sum(good) / sum(received) AS good FROM {view} "
        f"WHERE received > 0 AND {_IN_PERIOD.format('month')} GROUP BY 1 ORDER BY 2",
        ("good",),
        unit="%",
    ),
)


def _people(name: str, nobody: str) -> str:
    """Return a query of the last seven days of each agent or group."""
    solved = _THIS_WEEK.format(_DAY.format("solved_at")) + " AND is_solved"
    created = _THIS_WEEK.format(_DAY.format("created_at"))
    return (
        f"SELECT coalesce({name}, '{nobody}') AS name, "
        f"count(*) FILTER (WHERE {created}) AS created, "
        f"count(*) FILTER (WHERE {solved}) AS solved, "
        "count(*) FILTER (WHERE NOT is_solved) AS unsolved, "
        f"{_FIRST_REPLY} FILTER (WHERE {created}) AS first_reply, "
        f"{_RESOLUTION} FILTER (WHERE {solved}) AS full_resolution "
        "FROM {view} GROUP BY 1 "
        f"HAVING count(*) FILTER (WHERE {created} OR ({solved})) > 0 ORDER BY 3 DESC, 1"
    )


_FIGURES: Final = ("created", "solved", "unsolved now", "first reply, h", "full resolution, d")

TABLES: Final = (
    Table(
        "Agents",
        "The last seven days, by the agent the tickets are assigned to now; times are medians.",
        "analysis_ticket_times",
        _people("assignee_name", "nobody"),
        ("agent", *_FIGURES),
    ),
    Table(
        "Groups",
        "The last seven days, by the group the tickets are with now; times are medians.",
        "analysis_ticket_times",
        _people("group_name", "no group"),
        ("group", *_FIGURES),
    ),
)


def _split(column: str) -> str:
    weeks = (week.format(_DAY.format("created_at")) for week in (_THIS_WEEK, _LAST_WEEK))
    counts = ", ".join(f"count(*) FILTER (WHERE {week})" for week in weeks)
    return f"SELECT {column}, {counts} FROM {{view}} WHERE {column} IS NOT NULL GROUP BY 1"


SPLITS: Final = tuple(
    Split(what, "analysis_ticket_times", _split(column))
    for what, column in (
        ("group", "group_name"),
        ("agent", "assignee_name"),
        ("channel", "channel"),
        ("brand", "brand_name"),
        ("form", "form_name"),
        ("organization", "organization_name"),
        ("priority", "priority"),
    )
)
