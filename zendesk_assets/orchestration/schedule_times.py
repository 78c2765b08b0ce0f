"""When a cron was due for the last time, and when it is due next: the times of the schedules.

Crons are evaluated as Dagster does it, in UTC.
"""

from datetime import UTC, datetime

from zendesk_assets.orchestration.dagster_internals.names import (
    cron_string_iterator,
    reverse_cron_string_iterator,
)


def next_time(cron: str, now: datetime) -> datetime:
    """Return the first time after `now` at which a cron is due, in UTC."""
    ticks = cron_string_iterator(now.timestamp(), cron, "UTC")
    return next(each.astimezone(UTC) for each in ticks if each > now)


def previous_time(cron: str, now: datetime) -> datetime:
    """Return the last time, `now` included, at which a cron was due, in UTC."""
    ticks = reverse_cron_string_iterator(now.timestamp() + 1, cron, "UTC")
    return next(each.astimezone(UTC) for each in ticks if each <= now)


def clock_time(moment: datetime, now: datetime) -> str:
    """Return a time as `06:00 UTC`, or `Mon 2026-11-30 06:00 UTC` if that is not today."""
    day = "" if moment.date() == now.date() else f"{moment:%a %Y-%m-%d} "
    return f"{day}{moment:%H:%M} UTC"
