"""How old an asset may grow before Dagster says so: policies, from the source's own crons.

https://docs.dagster.io/guides/observe/asset-freshness-policies. Dagster's daemon does the watching.
"""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from dagster._utils.schedules import cron_string_iterator

__all__ = ["freshness_policy"]

# From any Monday; as many ticks as show the longest pause of a week of weekdays, or of some months.
_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_TICKS = 200


def freshness_policy(cron: str) -> dg.FreshnessPolicy:
    """Warn two ticks after the last success; fail after four, and not before a day is over.

    A tick is the longest pause between two of them: `0 8 * * 1-5` pauses from Friday to Monday.
    """
    pause = _longest_pause(cron)
    return dg.FreshnessPolicy.time_window(
        fail_window=max(4 * pause, timedelta(days=1)), warn_window=2 * pause
    )


def _longest_pause(cron: str) -> timedelta:
    ticks = islice(cron_string_iterator(_FROM.timestamp(), cron, "UTC"), _TICKS)
    return max(later - earlier for earlier, later in pairwise(ticks))
