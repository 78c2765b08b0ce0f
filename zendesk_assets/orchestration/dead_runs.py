"""Runs whose worker is dead, where no daemon is there to notice: `zendesk-assets sync` runs alone.

Whether a worker is dead is known to `run_launcher`; `dagster dev` asks it by itself.
"""

from __future__ import annotations

import dagster as dg
from dagster._core.launcher import WorkerStatus

__all__ = ["fail_dead_runs"]


def fail_dead_runs(instance: dg.DagsterInstance) -> int:
    """Report the runs of killed processes as failed, free their pools, return how many there were.

    Else whoever comes next waits for ever for a place in a pool that a dead run holds.
    """
    launcher = instance.run_launcher
    if not launcher.supports_check_run_worker_health:
        return 0
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    dead = [
        run
        for run in started
        if launcher.check_run_worker_health(run).status is WorkerStatus.FAILED
    ]
    for run in dead:
        instance.report_run_failed(run, "Its process was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)
