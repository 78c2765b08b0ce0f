"""Runs whose worker is dead, where no daemon can notice.

`zendesk-assets sync` runs alone, and a container's processes cannot be seen from another. Elsewhere
the daemon asks `run_launcher` whether a worker is dead.
https://docs.dagster.io/deployment/execution/run-monitoring
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import dagster as dg
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from zendesk_assets.orchestration.dagster_internals.run_launcher import (
    Worker,
    announce_retry,
    this_host,
)

_AT_WORK: Final = (
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def fail_dead_runs(instance: dg.DagsterInstance) -> int:
    """Report the runs of killed processes as failed, free their pools, and return their number.

    Otherwise the next run would wait forever for a place in a pool that a dead run holds.
    """
    unfinished = instance.get_runs(dg.RunsFilter(statuses=list(_AT_WORK)))
    dead = [run for run in unfinished if is_dead(instance, run)]
    for run in dead:
        end_dead_run(instance, run)
    return len(dead)


def is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Return whether the process that works on a run is known to be dead."""
    launcher = instance.run_launcher
    if run.status is not dg.DagsterRunStatus.STARTED:  # a launched run may still be starting
        worker = Worker.of_tag(run.tags)
        return bool(worker and worker.host == this_host() and not worker.is_alive)
    if not launcher.supports_check_run_worker_health:
        return False
    return launcher.check_run_worker_health(run).status is WorkerStatus.FAILED


def end_dead_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Report a dead process's run as failed (canceled if it was canceling); free its pools."""
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "Its process ended while it was being canceled.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    else:
        _fail(instance, run, "Its process was killed.")


def live_runs(instance: dg.DagsterInstance) -> set[str]:
    """Return the ids of the runs in progress, after reporting the dead ones as failed."""
    fail_dead_runs(instance)
    started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    return {run.run_id for run in started}


def fail_runs_of_server(instance: dg.DagsterInstance, server: CodeServer, before: float) -> int:
    """Report the runs of a code server that started before a time as failed, to be retried.

    This is for workers that end with their server, as in a container: what ran in the previous
    container has lost its worker. `before` is when this one started, in seconds since the epoch.
    Returns the number of runs.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    lost = [
        record.dagster_run
        for record in records
        if server.launched(record.dagster_run) and (record.start_time or before) < before
    ]
    for run in lost:
        announce_retry(instance, run)
        _fail(instance, run, f"Its worker ended with the code server {server.host}:{server.port}.")
    return len(lost)


@dataclass(frozen=True)
class CodeServer:
    """A code server with its own address, as started by `dagster code-server start`."""

    host: str
    port: int

    def launched(self, run: dg.DagsterRun) -> bool:
        """Return whether the run was launched through this server."""
        tag = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
        return (tag.get("host"), tag.get("port")) == (self.host, self.port)

    @property
    def serves(self) -> bool:
        """Whether it responds."""
        from dagster._grpc.client import DagsterGrpcClient  # noqa: PLC0415 # gRPC with it

        client = DagsterGrpcClient(host=self.host, port=self.port)
        answer = client.health_check_query()  # type: ignore[no-untyped-call]
        return bool(answer == "SERVING")


def _fail(instance: dg.DagsterInstance, run: dg.DagsterRun, reason: str) -> None:
    instance.report_run_failed(run, reason)
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
