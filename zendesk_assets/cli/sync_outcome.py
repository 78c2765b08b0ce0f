"""What came of a sync, from Dagster's events: which assets failed and why, who refused us.

The exit code and the summary are made of this. It is apart from the display (`progress`), so that
nothing that is wrong with showing changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import dagster as dg
from dagster import EventLogEntry
from dagster._core.errors import DagsterExecutionInterruptedError

from zendesk_assets.errors import PoolHeldError
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.failures import CREDENTIALS_REFUSED

__all__ = ["SyncOutcome"]

_FAILED: Final = "the run failed: see it in the Dagster UI."


@dataclass
class SyncOutcome:
    """`failed` holds the assets that failed, with the sentence; `names` those of steps, by key.

    `incomplete` counts, for each asset, the seconds that could not be read whole (trap T6).
    `is_refused` says that an account refuses our credentials, `is_held` that somebody does not let
    go of the pool of those who write.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, int] = field(default_factory=dict)
    is_refused: bool = False
    is_held: bool = False

    @property
    def is_well(self) -> bool:
        """Return whether all that was asked for is up to date and whole."""
        return not (self.failed or self.incomplete)

    def land(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Note the seconds of a landed page that may be incomplete."""
        if page.incomplete_seconds:
            step = asset.to_python_identifier()
            name = self.names.get(step, step.replace("__", "."))
            self.incomplete[name] = self.incomplete.get(name, 0) + len(page.incomplete_seconds)

    def take_in(self, entry: EventLogEntry) -> None:
        """Note a step that failed, or a run, outside of any step."""
        event = entry.dagster_event
        if event and event.event_type is dg.DagsterEventType.RUN_FAILURE:
            error = event.job_failure_data.error
            if error and error.cls_name == PoolHeldError.__name__:
                self.is_held = True
                self.failed[event.job_name] = error.message.partition(": ")[2].strip()
        elif event and event.event_type is dg.DagsterEventType.STEP_FAILURE:
            self.is_refused |= _is_refused(entry)
            step = entry.step_key or ""
            self.failed[self.names.get(step, step.replace("__", "."))] = _sentence(entry)

    def end_run(self, run: dg.DagsterRun | None) -> None:
        """Note a run that failed outside of any step."""
        if run and not run.is_success and not self.failed:
            self.failed[run.job_name] = _FAILED


def _is_refused(entry: EventLogEntry) -> bool:
    data = entry.dagster_event.step_failure_data if entry.dagster_event else None
    failure = data.user_failure_data if data else None
    return bool(failure and CREDENTIALS_REFUSED in failure.metadata)


def _sentence(entry: EventLogEntry) -> str:
    """Return why a step failed, without Dagster's own words around it."""
    event = entry.dagster_event
    data = event.step_failure_data if event else None
    if data is None:
        return entry.user_message
    failure = data.user_failure_data
    if failure and failure.description:
        return failure.description
    error = data.error
    if error and error.cls_name == DagsterExecutionInterruptedError.__name__:
        return "it was interrupted; what had landed stays."
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else entry.user_message
