"""What a sync shows: one line per asset, kept up to date on a terminal, plain lines elsewhere.

Reads Dagster's events and nothing else, so it shows what the UI's log has.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

import dagster as dg
from dagster import EventLogEntry
from rich.console import Console
from rich.live import Live
from rich.table import Table

from zendesk_assets.orchestration import keys

__all__ = ["SyncDisplay"]

_MARKS = {"running": "[cyan]…[/cyan]", "done": "[green]✓[/green]", "failed": "[red]✗[/red]"}

_LINE_EVERY_SECONDS = 10


class SyncDisplay:
    """Follows runs by their events. `failed` holds the assets that failed, with the sentence."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(soft_wrap=True)
        self._lines: dict[str, tuple[str, str]] = {}
        self._live = Live(console=self._console, refresh_per_second=4, auto_refresh=True)
        self._printed: dict[str, float] = {}
        self.failed: dict[str, str] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.update(self._table())
            self._live.stop()

    def take_in(self, entry: EventLogEntry) -> None:
        """Show an event of a run: a step's beginning, its log lines, its end."""
        asset = _asset_name(entry.step_key)
        event = entry.dagster_event
        if asset is None or _is_idle(entry):
            return
        if event is None:
            if int(entry.level) >= logging.INFO:
                self._set(asset, "running", entry.user_message)
        elif event.event_type is dg.DagsterEventType.STEP_SUCCESS:
            self._set(asset, "done", self._lines.get(asset, ("", ""))[1] or "done")
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            self._fail(asset, _sentence(entry))

    def end_run(self, run_id: str, instance: dg.DagsterInstance) -> None:
        """Take notice of a run that failed without a step of its own failing."""
        run = instance.get_run_by_id(run_id)
        if run and not run.is_success and not self.failed:
            self._fail(run.job_name, "the run failed: see it in the Dagster UI.")

    def note(self, sentence: str) -> None:
        """Print a sentence that stays."""
        self._console.print(sentence, highlight=False)

    def summary(self) -> None:
        """Print what failed, one sentence each, or that all went well."""
        for asset, sentence in self.failed.items():
            self._console.print(f"[red]✗[/red] {asset}: {sentence}", highlight=False)
        if not self.failed:
            self._console.print("[green]✓[/green] All is up to date.", highlight=False)

    def _fail(self, asset: str, sentence: str) -> None:
        self.failed[asset] = sentence
        self._set(asset, "failed", sentence)

    def _set(self, asset: str, state: str, text: str) -> None:
        # One asset runs many times in a long sync: a failure stays visible.
        if asset in self.failed and state != "failed":
            return
        self._lines[asset] = (state, text)
        if self._console.is_terminal:
            self._live.update(self._table())
        elif state != "running" or self._is_time_for_a_line(asset):
            self._console.print(f"{_MARKS[state]} {asset}: {text}", highlight=False)

    def _is_time_for_a_line(self, asset: str) -> bool:
        """Return whether a step has been at it for long enough to say so where lines stay."""
        now = time.monotonic()
        due = now - self._printed.setdefault(asset, now) >= _LINE_EVERY_SECONDS
        if due:
            self._printed[asset] = now
        return due

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for asset, (state, text) in self._lines.items():
            table.add_row(_MARKS[state], asset, text)
        return table


def _is_idle(entry: EventLogEntry) -> bool:
    """Return whether this is from a step that only rides along, and has not failed."""
    event = entry.dagster_event
    failed = event and event.event_type is dg.DagsterEventType.STEP_FAILURE
    return keys.is_reconciliation(entry.step_key or "") and not failed


def _asset_name(step_key: str | None) -> str | None:
    """Return `zendesk_prod.tickets`, or `zendesk_prod.hub.tickets`, of a step's key."""
    return step_key.replace("__", ".") if step_key else None


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
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else entry.user_message
