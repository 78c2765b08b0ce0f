"""Waiting for a place in a pool: names the holder, releases dead ones, and reacts to signals.

A DuckDB file has one writer at a time, which is a Dagster pool. Dagster's own wait, in a process
that executes steps itself, never sleeps, ignores signals, and never ends if the holder is stopped
(1.13, `InstanceConcurrencyContext.interval_to_next_pending_claim_check`). This is the only module
that knows how Dagster waits.
https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-pools
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import dagster as dg
from dagster._core.definitions.executor_definition import IN_PROC_CONFIG
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from dagster._core.executor import in_process
from dagster._utils.interrupts import check_captured_interrupt

from zendesk_assets.errors import PoolHeldError
from zendesk_assets.orchestration.dagster_internals.dead_runs import end_dead_run, is_dead
from zendesk_assets.orchestration.dagster_internals.run_launcher import (
    WatchedRunLauncher,
    Worker,
    this_host,
)
from zendesk_assets.storage.holders import STOPPED_SECONDS, described, is_stopped

# For one step of another run: a load of a first year takes minutes.
LONGEST_WAIT_SECONDS: Final = 1_800.0
_ASK_EVERY_SECONDS: Final = 1.0
_SLEEP_SECONDS: Final = 0.1


@contextmanager
def pool_turns(
    say: Callable[[str], object], interrupted: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Let runs that this process executes wait for pools in this module's way.

    `say` receives which process they wait for; `interrupted` is called before a signal ends a
    wait. A run whose wait is too long fails with PoolHeldError.
    """
    module: Any = in_process
    before = module.InstanceConcurrencyContext
    ours = partial(_Turns, say=say, interrupted=interrupted)
    module.InstanceConcurrencyContext = ours
    try:
        yield
    finally:
        module.InstanceConcurrencyContext = before


@dg.executor(name="in_process", config_schema=IN_PROC_CONFIG)
def patient_executor(context: dg.InitExecutorContext) -> _PatientExecutor:
    """Execute the steps of a run one by one like Dagster, except for its wait for pools."""
    given: Any = context.executor_config
    return _PatientExecutor(
        retries=RetryMode.from_config(given["retries"]) or RetryMode.ENABLED,
        step_dependency_config=StepDependencyConfig.from_config(
            given.get("step_dependency_config")
        ),
    )


class _PatientExecutor(in_process.InProcessExecutor):
    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        with pool_turns(plan_context.log.info):
            yield from super().execute(plan_context, execution_plan)


@dataclass
class _Wait:
    """A wait for one holder: a step of a run, and since when."""

    holder: tuple[str, str]
    since: float


class _Turns(InstanceConcurrencyContext):
    """Claims places for the steps of one run."""

    def __init__(
        self,
        instance: dg.DagsterInstance,
        dagster_run: dg.DagsterRun,
        say: Callable[[str], object],
        interrupted: Callable[[], object],
    ) -> None:
        super().__init__(instance, dagster_run)
        self._say, self._interrupted = say, interrupted
        self._waits: dict[str, _Wait] = {}
        self._said: set[str] = set()

    def claim(self, concurrency_key: str, step_key: str, step_priority: int = 0) -> bool:
        """Return whether the step has its place now.

        Raises:
            PoolHeldError: if another process has held the pool for too long.
        """
        is_new = step_key not in self._pending_claims
        is_due = is_new or time.time() > self._pending_timeouts[step_key]
        if super().claim(concurrency_key, step_key, step_priority):
            self._waits.pop(concurrency_key, None)
            return True
        if is_due:
            self._pending_timeouts[step_key] = time.time() + _ASK_EVERY_SECONDS
            self._look_at(concurrency_key)
        return False

    def interval_to_next_pending_claim_check(self) -> float:
        """Return how long to sleep if there is nothing else to do; also react to signals."""
        if check_captured_interrupt():
            self._interrupted()
            raise DagsterExecutionInterruptedError
        return _SLEEP_SECONDS

    def _look_at(self, pool: str) -> None:
        """Release dead holders; name living ones; give up on one that holds it for too long."""
        info = self._instance.event_log_storage.get_concurrency_info(pool)
        holders = [(each.run_id, each.step_key) for each in info.claimed_slots]
        holders += [
            (each.run_id, each.step_key) for each in info.pending_steps if each.assigned_timestamp
        ]
        others = [each for each in holders if each[0] != self._run_id]
        for holder in others:
            run = self._instance.get_run_by_id(holder[0])
            if run is None or run.is_finished:
                self._instance.event_log_storage.free_concurrency_slots_for_run(holder[0])
            elif is_dead(self._instance, run):
                end_dead_run(self._instance, run)
            else:
                self._wait_for(pool, holder, run)

    def _wait_for(self, pool: str, holder: tuple[str, str], run: dg.DagsterRun) -> None:
        worker = _worker(self._instance, run)
        pid = worker.pid if worker else None
        who = described(pid) if pid else "a worker on another machine"
        longest = STOPPED_SECONDS if pid and is_stopped(pid) else LONGEST_WAIT_SECONDS
        wait = self._waits.get(pool)
        if wait is None or wait.holder != holder:
            wait = self._waits[pool] = _Wait(holder, time.monotonic())
        asset = holder[1].replace("__", ".")
        if time.monotonic() - wait.since >= longest:
            raise PoolHeldError(
                f"The pool {pool} is held by {who} (run {run.run_id[:8]}, {asset}) and was not "
                "released in time: end that process if it hangs, or cancel its run, and sync "
                "again."
            )
        if who not in self._said:
            self._said.add(who)
            self._say(
                f"Waiting up to {longest:.0f} s for the pool {pool}: {who} holds it "
                f"(run {run.run_id[:8]}, {asset})."
            )


def _worker(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Worker | None:
    """Return the process of this machine that works on a run, if it is known."""
    launcher: Any = instance.run_launcher
    known = isinstance(launcher, WatchedRunLauncher)
    worker = launcher.worker_of(run) if known else Worker.of_tag(run.tags)
    return worker if worker and worker.host == this_host() else None
