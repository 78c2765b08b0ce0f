"""Runs whose worker is dead, where no daemon can notice it.

`zendesk-assets sync` runs alone, and a container's processes are not seen from another. Elsewhere
`run_launcher` knows whether a worker is dead, and the daemon asks it.
"""

from __future__ import annotations

import json

import dagster as dg
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from zendesk_assets.orchestration.run_launcher import announce_retry

__all__ = ["fail_dead_runs", "fail_runs_of_server"]


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
        _fail(instance, run, "Its process was killed.")
    return len(dead)


def fail_runs_of_server(instance: dg.DagsterInstance, host: str, port: int) -> int:
    """Report the started runs of a code server as failed, so that they are tried again.

    For a server that is not up yet, and whose workers end with it, as in a container: whatever ran
    in the container before it has no worker any more. Returns how many runs there were.
    """
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    lost = [run for run in started if _is_of(run, host, port)]
    for run in lost:
        announce_retry(instance, run)
        _fail(instance, run, f"Its worker ended with the code server {host}:{port}.")
    return len(lost)


def _is_of(run: dg.DagsterRun, host: str, port: int) -> bool:
    """Return whether the run was launched through the code server at this address."""
    server = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
    return (server.get("host"), server.get("port")) == (host, port)


def _fail(instance: dg.DagsterInstance, run: dg.DagsterRun, reason: str) -> None:
    instance.report_run_failed(run, reason)
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
