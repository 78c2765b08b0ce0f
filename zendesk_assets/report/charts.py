"""The charts of the page, as data, each with its query of one view.

All numbers come from the views: nothing is defined here.
"""

# ruff: noqa: S608  # nothing in these queries comes from outside

from typing import Final

from zendesk_assets.report.parts import Chart, Kind
from zendesk_assets.report.period import Step
from zendesk_assets.report.queries import DAY, ENDED, IN_PERIOD, MET, WEEK, percent, times

CHARTS: Final = (
    Chart(
        "Backlog",
        "Unsolved tickets as each week ended, by status.",
        "analysis_backlog_by_day",
        Kind.STACKED,
        "SELECT week, open_tickets, new_tickets, pending_tickets, on_hold_tickets FROM ("
        "SELECT *, CAST(date_trunc('week', day) AS DATE) AS week, row_number() OVER ("
        "PARTITION BY date_trunc('week', day) ORDER BY day DESC) AS place FROM {view} "
        f"WHERE {IN_PERIOD.format('day')}) AS days WHERE place = 1 ORDER BY week",
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
        f"WHERE {IN_PERIOD.format('day')} GROUP BY 1 ORDER BY 1",
        ("created", "solved", "reopened"),
        Step.WEEK,
    ),
    Chart(
        "First reply",
        "Calendar hours to the first public reply, by the week in which the ticket was created.",
        "analysis_ticket_times",
        Kind.LINES,
        times("first_reply_minutes", "created_at", 60),
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
        times("full_resolution_minutes", "solved_at", 1440, " AND is_solved"),
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
        f"WHERE period = 'week' AND {IN_PERIOD.format('period_start')} GROUP BY 1 ORDER BY 1",
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
        f"WHERE period = 'month' AND {IN_PERIOD.format('period_start')} GROUP BY 1 ORDER BY 2",
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
        f"WHERE {IN_PERIOD.format('month')} GROUP BY 1 ORDER BY 1",
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
        f"WHERE received > 0 AND {IN_PERIOD.format('month')} GROUP BY 1 ORDER BY 2",
        ("good",),
        unit="%",
    ),
    Chart(
        "SLA targets met",
        "Percent of the targets of a week, by when they were met or missed.",
        "analysis_slas",
        Kind.LINES,
        f"SELECT {WEEK.format(ENDED)} AS week, {percent(*MET)} AS met FROM {{view}} "
        f"WHERE {IN_PERIOD.format(DAY.format(ENDED))} GROUP BY 1 ORDER BY 1",
        ("met",),
        Step.WEEK,
        "%",
    ),
    Chart(
        "SLA targets met, by policy",
        "Percent of the targets that were met.",
        "analysis_slas",
        Kind.BARS,
        f"SELECT coalesce(policy_name, 'unknown policy') AS name, {percent(*MET)} AS met "
        f"FROM {{view}} WHERE {IN_PERIOD.format(DAY.format(ENDED))} GROUP BY 1 ORDER BY 2",
        ("met",),
        unit="%",
    ),
)
