"""A run of a job in this process: what `sync` and its first comparison have in common.

Which job it is, of which assets and with which settings, is for the commands.
"""

import os
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import dagster as dg

from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.project import Project
from zendesk_assets.orchestration.dagster_internals.own_runs import own_run
from zendesk_assets.orchestration.dagster_internals.run_launcher import Worker
from zendesk_assets.warehouse.engines.duckdb.kept_open import staying_open

QUIET: Final = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_here(
    project: Project,
    job: dg.JobDefinition,
    say: Callable[[str], object],
    *,
    tags: Mapping[str, str],
    ops: Mapping[str, Any] | None = None,
    on_event: Callable[[dg.EventLogEntry], None] | None = None,
    beside: AbstractContextManager[object] | None = None,
) -> dg.DagsterRun | None:
    """Execute a job in this process, and return its run.

    `ops` is the configuration of its steps, `say` receives which process it waits for, and
    `on_event` each event. What is open `beside` the run is closed before the run is canceled. If
    this process is told to end and cannot, the run counts as canceled.

    Raises:
        KeyboardInterrupt: after a signal, even if Dagster has swallowed it.
    """
    instance, run_id, worker = project.instance, str(uuid.uuid4()), Worker.seen(os.getpid())
    if on_event:
        instance.add_event_listener(run_id, on_event)
    with own_run(instance, run_id, say) as ours:
        current().last_act = ours.cancel
        with beside or nullcontext(), staying_open():
            ours.execute(
                job,
                # The worker: if we are killed, `dagster dev` and the next sync find the run dead.
                tags={**tags, **(worker.tag if worker else {})},
                run_config={**QUIET, "ops": dict(ops or {})},
            )
    if current().number:
        raise KeyboardInterrupt
    return instance.get_run_by_id(run_id)
