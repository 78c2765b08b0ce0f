"""A run that this process executes itself: a signal cancels it, and it releases what it holds.

Dagster treats a signal that was not announced as a failure, so the run's months would stay red.
But the end was intended: the run is canceled, and its months count as never requested.
https://docs.dagster.io/guides/operate/run-executors
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import dagster as dg
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.plan.objects import ErrorSource
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from zendesk_assets.orchestration.dagster_internals.pool_turns import pool_turns

# What every workspace file of ours calls the code location.
CODE_LOCATION: Final = "zendesk_assets"


@dataclass(frozen=True)
class OwnRun:
    """A run by its id; it may not exist yet."""

    instance: dg.DagsterInstance
    run_id: str

    def execute(
        self, job: dg.JobDefinition, *, tags: dict[str, str], run_config: dict[str, Any]
    ) -> None:
        """Execute a job of the code location; the pages of the UI list the run by its job.

        Dagster has no argument for it: such runs have no origin, and no page lists them.
        """
        instance: Any = self.instance
        origin = _origin(job.name)
        instance.create_run_for_job = partial(instance.create_run_for_job, remote_job_origin=origin)
        try:
            job.execute_in_process(
                run_id=self.run_id,
                instance=instance,
                tags=tags,
                raise_on_error=False,
                run_config=run_config,
            )
        finally:
            del instance.create_run_for_job

    def cancel(self) -> None:
        """Report it as canceled if it is not finished, before this process ends."""
        run = self.instance.get_run_by_id(self.run_id)
        if run and not run.is_finished:
            self.instance.report_run_canceled(run, "Its process was asked to end.")
        self.instance.event_log_storage.free_concurrency_slots_for_run(self.run_id)

    def _listen(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event and event.event_type is dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            if data.error_source is ErrorSource.INTERRUPT:
                self._announce()

    def _announce(self) -> None:
        """Announce the end to Dagster, so that the run counts as canceled, not failed."""
        run = self.instance.get_run_by_id(self.run_id)
        if run and run.status is dg.DagsterRunStatus.STARTED:
            self.instance.report_run_canceling(run, "Its process was asked to end.")


@contextmanager
def own_run(
    instance: dg.DagsterInstance, run_id: str, say: Callable[[str], object]
) -> Iterator[OwnRun]:
    """Execute a run with this id in the block; `say` receives which process it waits for."""
    run = OwnRun(instance, run_id)
    instance.add_event_listener(run_id, run._listen)  # noqa: SLF001 # ours
    try:
        with pool_turns(say, run._announce):  # noqa: SLF001 # ours
            yield run
    except KeyboardInterrupt:
        run.cancel()
        raise
    finally:
        # Dagster leaves releasing the place of an unfinished step to the daemon.
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _origin(job: str) -> RemoteJobOrigin:
    location = RegisteredCodeLocationOrigin(CODE_LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME), job)
