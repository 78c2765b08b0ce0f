"""When syncs of a source began, and whether one is at work, as Dagster knows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import dagster as dg

from zendesk_assets.orchestration import keys

# So many runs are looked at: after a sync come those of views, the report and comparisons.
_RUNS: Final = 10
_AT_WORK: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dataclass(frozen=True)
class SyncTimes:
    """When the oldest run was made that has not ended, and when the newest sync `began`.

    The first is None if nothing is at work, the second if a schedule loaded the tables last.
    """

    at_work_since: datetime | None = None
    began: datetime | None = None


def sync_times(instance: dg.DagsterInstance, schema: str) -> SyncTimes:
    """Return when syncs of a source began.

    Runs count that a schedule or `zendesk-assets sync` has started, and no backfill from the UI.
    """
    ours = {keys.SOURCE_TAG: schema}
    at_work = dg.RunsFilter(statuses=_AT_WORK, tags=ours)
    oldest = instance.get_run_records(at_work, limit=1, ascending=True)
    newest = instance.get_runs(dg.RunsFilter(tags=ours), limit=_RUNS)
    return SyncTimes(oldest[0].create_timestamp if oldest else None, _began(newest))


def _began(runs: Iterable[dg.DagsterRun]) -> datetime | None:
    """Return when the command began that made the newest of the runs that load tables."""
    for tags in (run.tags for run in runs):
        if began := tags.get(keys.SYNC_TAG):
            return datetime.fromisoformat(began)
        if tags.get(keys.LAYER_TAG) == keys.TO_TABLES:
            return None
    return None
