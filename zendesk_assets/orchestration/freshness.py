"""How old an asset may become before Dagster warns: policies from the source's own crons.

https://docs.dagster.io/guides/observe/asset-freshness-policies. Dagster's daemon evaluates them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise, takewhile

import dagster as dg

from zendesk_assets.orchestration.dagster_internals.names import cron_string_iterator
from zendesk_assets.settings.sources import Source

# The longest pause of a cron is between two times of a day, or two of so many dates. A fifth Friday
# in February comes every 28 years.
_FROM, _LATEST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_DATES = 366
_DAY = timedelta(days=1)


@cache
def freshness_policy(cron: str, cadence: timedelta = timedelta()) -> dg.FreshnessPolicy:
    """Warn two ticks after the last success; fail after four, but not before a day has passed.

    A tick counts as the longest pause between ticks: `0 8 * * 1-5` pauses from Friday to Monday.
    What is read once in a `cadence` may be that much older.
    """
    warn, fail = freshness_windows(cron, cadence)
    return dg.FreshnessPolicy.time_window(fail_window=fail, warn_window=warn)


def report_policy(source: Source) -> dg.FreshnessPolicy | None:
    """Warn of a report that is older than its tables and the pauses of `report_cron` make it.

    With `report_cron: off` it has no policy, because no time says when it is too old.
    """
    if source.report_cron is None:
        return None
    return freshness_policy(source.warehouse_sync_cron, _longest_pause(source.report_cron))


def freshness_windows(cron: str, cadence: timedelta = timedelta()) -> tuple[timedelta, timedelta]:
    """Return after which age of an asset there is a warning, and after which it has failed."""
    pause = _longest_pause(cron) + cadence
    return 2 * pause, max(4 * pause, timedelta(days=1))


@cache
def _longest_pause(cron: str) -> timedelta:
    minute, hour, *days = cron.split()
    times = list(_ticks([minute, hour, "*", "*", "*"], _FROM + _DAY))
    within = max((later - earlier for earlier, later in pairwise(times)), default=timedelta())
    between = _DAY
    if set(days) != {"*"}:
        dates = islice(_ticks(["0", "0", *days], _LATEST), _DATES)
        between = max(later - earlier for earlier, later in pairwise(dates))
    return max(within, between - (times[-1] - times[0]))


def _ticks(fields: Sequence[str], end: datetime) -> Iterator[datetime]:
    """Yield when a cron of these fields is due before a moment."""
    ticks = cron_string_iterator(_FROM.timestamp(), " ".join(fields), "UTC")
    return takewhile(lambda tick: tick < end, ticks)
