"""Business hours, holidays, and what the clocks of their time zones show."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from collections.abc import Iterable, Sequence
from typing import Final

from zendesk_assets.analysis import Column, build_typed
from zendesk_assets.fivetran._declaration import (
    columns_of,
    computed,
    declare,
    empty,
    listed,
    ours,
    table_of,
    taken,
)
from zendesk_assets.fivetran._zones import Zone, read_zones
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literal

_ZONE: Final = ("schedules.time_zone",)


def _minute(name: str) -> str:
    return build_typed("BIGINT", f"(t._element ->> '{name}')", "CAST")


_PARTS: Final = (
    *taken("schedules", "id", "name", "time_zone", "created_at"),
    computed("start_time", "BIGINT", "When hours begin: minutes since Sunday 0:00 there.",
             _minute("start_time"), "schedules.intervals"),
    computed("end_time", "BIGINT", "When they end: minutes since Sunday 0:00 there.",
             _minute("end_time"), "schedules.intervals"),
    *ours("schedules"),
)  # fmt: skip


def _build_intervals(around: Surroundings) -> str:
    say = around.dialect
    rows = say.unnested.format(
        around["schedules"], say.elements.format("intervals"), "_element", "_place"
    )
    return f"SELECT {listed(_PARTS)}\nFROM {rows} AS t"


SCHEDULE = declare(
    "schedule",
    "Business hours: a row for each interval of a week, in the local time of the schedule.",
    columns_of(_PARTS),
    ("schedules",),
    _build_intervals,
    ("id", "start_time"),
)

SCHEDULE_HOLIDAY = table_of(
    "schedule_holiday",
    "schedule_holidays",
    "Days on which the hours of a schedule do not count. Those that were taken away are left out, "
    "because dbt_zendesk would count them.",
    *taken("schedule_holidays", "id", "schedule_id", "name", "start_date", "end_date"),
    *ours("schedule_holidays"),
    where="NOT t._deleted",
)

# Until Zendesk tells which schedule a ticket has, dbt_zendesk takes the oldest for all.
TICKET_SCHEDULE = empty(
    "ticket_schedule",
    "Always empty: no export of Zendesk's tells which schedule a ticket has.",
    "tickets",
    Column("ticket_id", "BIGINT", "The ticket."),
    Column("created_at", "TIMESTAMP", "When it got the schedule."),
    Column("schedule_id", "BIGINT", "The schedule."),
    Column("_fivetran_synced", "TIMESTAMP", "When this row was last written."),
)


def _zones_of(around: Surroundings) -> list[Zone]:
    """Return the time zones of the account's schedules."""
    names = around.rows(
        "schedules", "DISTINCT time_zone", "WHERE time_zone IS NOT NULL ORDER BY time_zone"
    )
    known = around.rows(
        "users",
        "time_zone, min(iana_time_zone)",
        "WHERE iana_time_zone IS NOT NULL GROUP BY time_zone",
    )
    return read_zones([row[0] for row in names], dict(known))


def _values(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Return a SELECT of rows that are texts, cast to the types of the columns."""
    lines = [f"({', '.join(literal(value) for value in row)})" for row in rows]
    if not lines:
        return f"SELECT {', '.join(f'NULL AS {each.name}' for each in columns)} WHERE false"
    names = ", ".join(each.name for each in columns)
    kinds = ", ".join(f"CAST({each.name} AS {each.sql_type}) AS {each.name}" for each in columns)
    return f"SELECT {kinds} FROM (VALUES\n  " + ",\n  ".join(lines) + f"\n) AS v ({names})"


_STANDARD: Final = (
    Column("time_zone", "VARCHAR", "The time zone, as Zendesk calls it.", _ZONE),
    Column("standard_offset", "VARCHAR", "The least that it was ever ahead of UTC, as +01:00."),
)
_SEASONS: Final = (
    Column("time_zone", "VARCHAR", "The time zone, as Zendesk calls it.", _ZONE),
    Column("year", "BIGINT", "The year in which the season begins."),
    Column("daylight_offset", "BIGINT", "By how many hours clocks are ahead of standard_offset."),
    Column("daylight_start_utc", "TIMESTAMP", "When clocks go forward. In UTC."),
    Column("daylight_end_utc", "TIMESTAMP", "When they go back. In UTC."),
)
# What is computed was never written: the column is there because the shape has it.
_SYNCED: Final = Column("_fivetran_synced", "TIMESTAMP", "NULL: it is computed.")


def _with_synced(sql: str) -> str:
    return f"SELECT *, CAST(NULL AS TIMESTAMP) AS _fivetran_synced FROM ({sql}) AS computed"


TIME_ZONE = declare(
    "time_zone",
    "The time zones of the account's schedules.",
    (*_STANDARD, _SYNCED),
    ("schedules", "users"),
    lambda around: _with_synced(
        _values(_STANDARD, ((zone.name, zone.standard) for zone in _zones_of(around)))
    ),
    ("time_zone",),
)

DAYLIGHT_TIME = declare(
    "daylight_time",
    "When clocks of these time zones are ahead of their standard time, from 2000 to 2049.",
    (*_SEASONS, _SYNCED),
    ("schedules", "users"),
    lambda around: _with_synced(
        _values(_SEASONS, (row for zone in _zones_of(around) for row in zone.seasons))
    ),
    ("time_zone", "daylight_start_utc"),
)
