"""A run that this process executes itself: what a signal ends is canceled, and nothing stays held.

Dagster takes a signal that nobody has announced to it for a failure, and so the days of the run
stay red. But an end was wanted: the run is canceled, and its days are as if never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
from dagster._core.execution.plan.objects import ErrorSource

from zendesk_assets.orchestration.pool_turns import pool_turns

__all__ = ["OwnRun", "own_run"]


@dataclass(frozen=True)
class OwnRun:
    """A run by its id; it may not be there yet."""

    instance: dg.DagsterInstance
    run_id: str

    def cancel(self) -> None:
        """Report it as canceled, if it is not over: for whoever is about to end this process."""
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
        """Tell Dagster that the run is to end: then it is canceled and has not failed."""
        run = self.instance.get_run_by_id(self.run_id)
        if run and run.status is dg.DagsterRunStatus.STARTED:
            self.instance.report_run_canceling(run, "Its process was asked to end.")


@contextmanager
def own_run(
    instance: dg.DagsterInstance, run_id: str, say: Callable[[str], object]
) -> Iterator[OwnRun]:
    """Execute a run of this id in the block; `say` is told whom it waits for."""
    run = OwnRun(instance, run_id)
    instance.add_event_listener(run_id, run._listen)  # noqa: SLF001 # ours
    try:
        with pool_turns(say, run._announce):  # noqa: SLF001 # ours
            yield run
    except KeyboardInterrupt:
        run.cancel()
        raise
    finally:
        # Dagster leaves the place of a step that did not come to its end to the daemon.
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
