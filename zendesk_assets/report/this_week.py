"""What the page says of the last seven days: numbers, agents and groups, and what has changed.

All of it is data, each part with its query of one view, where its numbers are defined.
"""

# ruff: noqa: S608  # nothing in these queries comes from outside

from typing import Final

from zendesk_assets.report.parts import Split, Table, Tile
from zendesk_assets.report.queries import (
    DAY,
    ENDED,
    FIRST_REPLY,
    GOOD,
    LAST_WEEK,
    MET,
    RESOLUTION,
    THIS_WEEK,
    both_weeks,
    percent_of_both_weeks,
)

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
        both_weeks("sum(created_tickets)", "day"),
    ),
    Tile(
        "Solved",
        "changes to solved or closed",
        "analysis_backlog_by_day",
        both_weeks("sum(solved_tickets)", "day"),
    ),
    Tile(
        "Reopened",
        "changes from solved or closed to unsolved",
        "analysis_backlog_by_day",
        both_weeks("sum(reopened_tickets)", "day"),
    ),
    Tile(
        "Median first reply",
        "calendar hours, of the tickets created in that week",
        "analysis_ticket_times",
        both_weeks(FIRST_REPLY, DAY.format("created_at")),
        "h",
    ),
    Tile(
        "Median full resolution",
        "calendar days, of the tickets solved in that week",
        "analysis_ticket_times",
        both_weeks(RESOLUTION, DAY.format("solved_at"), " WHERE is_solved"),
        "d",
    ),
    Tile(
        "Satisfaction",
        "good answers, of those given in that week",
        "analysis_satisfaction",
        percent_of_both_weeks(*GOOD, DAY.format("rated_at")),
        "%",
    ),
    Tile(
        "SLA targets met",
        "of those met or missed in that week",
        "analysis_slas",
        percent_of_both_weeks(*MET, DAY.format(ENDED)),
        "%",
    ),
)


def _people(name: str, nobody: str) -> str:
    """Return a query of the last seven days of each agent or group."""
    solved = THIS_WEEK.format(DAY.format("solved_at")) + " AND is_solved"
    created = THIS_WEEK.format(DAY.format("created_at"))
    return (
        f"SELECT coalesce({name}, '{nobody}') AS name, "
        f"count(*) FILTER (WHERE {created}) AS created, "
        f"count(*) FILTER (WHERE {solved}) AS solved, "
        "count(*) FILTER (WHERE NOT is_solved) AS unsolved, "
        f"{FIRST_REPLY} FILTER (WHERE {created}) AS first_reply, "
        f"{RESOLUTION} FILTER (WHERE {solved}) AS full_resolution "
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
    weeks = (week.format(DAY.format("created_at")) for week in (THIS_WEEK, LAST_WEEK))
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
