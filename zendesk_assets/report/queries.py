"""Pieces of SQL that the report's queries share, for DuckDB and PostgreSQL alike."""

# ruff: noqa: S608  # nothing in these queries comes from outside

from typing import Final

MEDIAN: Final = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {0})"
NINE_OF_TEN: Final = "percentile_cont(0.9) WITHIN GROUP (ORDER BY {0})"
DAY: Final = "CAST({0} AT TIME ZONE 'UTC' AS DATE)"
WEEK: Final = "CAST(date_trunc('week', {0} AT TIME ZONE 'UTC') AS DATE)"
IN_PERIOD: Final = "{0} >= {{since}} AND {0} < {{until}}"
THIS_WEEK: Final = "{0} >= {{week}} AND {0} < {{until}}"
LAST_WEEK: Final = "{0} >= {{fortnight}} AND {0} < {{week}}"


def both_weeks(aggregate: str, day: str, rest: str = "") -> str:
    """Return a query of an aggregate for the last seven days and for the seven before."""
    weeks = (week.format(day) for week in (THIS_WEEK, LAST_WEEK))
    columns = ", ".join(f"{aggregate} FILTER (WHERE {week})" for week in weeks)
    return f"SELECT {columns} FROM {{view}}{rest}"


def times(minutes: str, moment: str, per: int, where: str = "") -> str:
    """Return a query of how long half, and nine of ten, took, by week; `per` is minutes a unit."""
    in_units = f"{minutes} / {per}.0"
    return (
        f"SELECT {WEEK.format(moment)} AS week, {MEDIAN.format(in_units)} AS half, "
        f"{NINE_OF_TEN.format(in_units)} AS nine_of_ten FROM {{view}} "
        f"WHERE {minutes} IS NOT NULL AND {IN_PERIOD.format(DAY.format(moment))}{where} "
        "GROUP BY 1 ORDER BY 1"
    )


FIRST_REPLY: Final = MEDIAN.format("first_reply_minutes / 60.0")
RESOLUTION: Final = MEDIAN.format("full_resolution_minutes / 1440.0")
ENDED: Final = "coalesce(breached_at, fulfilled_at)"


def percent(when: str, of: str, group: str = "") -> str:
    """Return SQL for a share in percent, of all rows or of those of a `group`."""
    share = "100.0 * count(*) FILTER (WHERE {0}{2}) / nullif(count(*) FILTER (WHERE {1}{2}), 0)"
    return share.format(when, of, f" AND {group}" if group else "")


def percent_of_both_weeks(when: str, of: str, day: str) -> str:
    """Return a query of a share for the last seven days and for the seven before."""
    weeks = (week.format(day) for week in (THIS_WEEK, LAST_WEEK))
    return f"SELECT {', '.join(percent(when, of, week) for week in weeks)} FROM {{view}}"


GOOD: Final = ("score = 'good'", "is_answered")
MET: Final = ("is_met", "(is_met OR is_breached)")
