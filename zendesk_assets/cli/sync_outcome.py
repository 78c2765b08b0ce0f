"""The outcome of a sync, from Dagster's events: which assets failed and why, and refusals.

The exit code and the summary come from it. It is separate from the display (`progress`), so that a
failing display cannot change it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import dagster as dg
from dagster import EventLogEntry

from zendesk_assets.errors import PoolHeldError
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.failures import CREDENTIALS_REFUSED, failure_sentence
from zendesk_assets.plain_text import counted

_FAILED: Final = "the run failed: see the Dagster UI."


@dataclass
class SyncOutcome:
    """`failed` maps assets that failed to a sentence; `names` maps steps to their assets.

    `incomplete` counts, for each asset, the seconds that could not be read in full (trap T6).
    `is_refused` means that an account refuses our credentials, `is_held` that the pool of writers
    was not released.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, int] = field(default_factory=dict)
    is_refused: bool = False
    is_held: bool = False

    @property
    def is_well(self) -> bool:
        """Return whether everything requested is up to date and complete."""
        return not (self.failed or self.incomplete)

    def failures(self) -> list[str]:
        """Return a sentence for each cause, with the assets that failed for it."""
        assets: dict[str, list[str]] = {}
        for asset, sentence in self.failed.items():
            assets.setdefault(sentence, []).append(asset)
        return [f"{_all_of(each)}: {sentence}" for sentence, each in assets.items()]

    def reason(self, asset: str) -> str:
        """Return why an asset failed; for a repeated sentence, the asset that had it first."""
        sentence = self.failed[asset]
        first = next(name for name, each in self.failed.items() if each == sentence)
        return sentence if first == asset else f"the same as {first}."

    def incomplete_sentences(self) -> list[str]:
        """Return a sentence for each asset with seconds that may be incomplete."""
        return [
            f"{asset}: {counted(seconds, 'second')} may be incomplete, because Zendesk did not "
            "show all of their records: `zendesk-assets status` names them, and "
            "`zendesk-assets reconcile --repair` reads them again."
            for asset, seconds in self.incomplete.items()
        ]

    def land(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Record the seconds of a landed page that may be incomplete."""
        if page.incomplete_seconds:
            step = asset.to_python_identifier()
            name = self.names.get(step, step.replace("__", "."))
            self.incomplete[name] = self.incomplete.get(name, 0) + len(page.incomplete_seconds)

    def on_event(self, entry: EventLogEntry) -> None:
        """Record a failed step, or a run that failed outside its steps."""
        event = entry.dagster_event
        if event and event.event_type is dg.DagsterEventType.RUN_FAILURE:
            error = event.job_failure_data.error
            if error and error.cls_name == PoolHeldError.__name__:
                self.is_held = True
                self.failed[event.job_name] = error.message.partition(": ")[2].strip()
        elif event and event.event_type is dg.DagsterEventType.STEP_FAILURE:
            self.is_refused |= _is_refused(entry)
            step = entry.step_key or ""
            self.failed[self.names.get(step, step.replace("__", "."))] = failure_sentence(entry)

    def end_run(self, run: dg.DagsterRun | None) -> None:
        """Record a run that failed outside its steps."""
        if run and not run.is_success and not self.failed:
            self.failed[run.job_name] = _FAILED


def _all_of(assets: Sequence[str]) -> str:
    first, *others = assets
    return f"{first} and {len(others)} more" if others else first


def _is_refused(entry: EventLogEntry) -> bool:
    data = entry.dagster_event.step_failure_data if entry.dagster_event else None
    failure = data.user_failure_data if data else None
    return bool(failure and CREDENTIALS_REFUSED in failure.metadata)
