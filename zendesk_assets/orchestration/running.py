"""Whether a sync of a source is at work at this moment, as Dagster knows it."""

from datetime import datetime

import dagster as dg

_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def running_since(instance: dg.DagsterInstance, schema: str) -> datetime | None:
    """Return when the oldest run of a source was made that has not ended; None if there is none.

    Runs count that a schedule or `zendesk-assets sync` has started, and no backfill from the UI.
    """
    ours = dg.RunsFilter(statuses=_AT_WORK, tags={"zendesk/source": schema})
    records = instance.get_run_records(ours, limit=1, ascending=True)
    return records[0].create_timestamp if records else None
