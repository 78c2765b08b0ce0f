"""What a sync shows while it goes on: a live picture on a terminal, sentences elsewhere.

Here: what is listened to, and when a line is due. Pages, waits and loads come from the assets
(`orchestration.watching`), beginnings, ends, warnings and checks from Dagster's events. Figures are
`sync_figures`', the picture is `sync_screen`'s, the sentences are `sync_lines`'.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from types import TracebackType
from typing import Final, ParamSpec, Self, cast

import dagster as dg
from dagster import EventLogEntry
from dagster._core.errors import DagsterExecutionInterruptedError
from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderResult
from rich.live import Live
from rich.markup import escape

from zendesk_assets.cli.sync_figures import SourceFigures, Stage
from zendesk_assets.cli.sync_lines import (
    AnalysisLine,
    ChecksLine,
    HubLine,
    Line,
    TableLine,
    lines_of,
)
from zendesk_assets.cli.sync_outcome import SyncOutcome
from zendesk_assets.cli.sync_screen import Screen, source_table
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration import keys
from zendesk_assets.plain_text import counted
from zendesk_assets.warehouse import LoadResult

__all__ = ["SyncDisplay"]

_LINE_EVERY: Final = timedelta(seconds=10)
_TICK_SECONDS: Final = 1.0
_STOPPED: Final = (
    "Stopped. What is in the hub or in a table stays; the next sync goes on from there."
)
_UPSTREAM_FAILED: Final = "Dependencies for step "
_ENDS: Final = {
    dg.DagsterEventType.STEP_SUCCESS: Stage.DONE,
    dg.DagsterEventType.STEP_FAILURE: Stage.FAILED,
}


_Shown = ParamSpec("_Shown")


def _only_shows(method: Callable[_Shown, None]) -> Callable[_Shown, None]:
    """Keep what goes wrong in showing from whoever is shown: it is said at the end."""

    @wraps(method)
    def shows(*args: _Shown.args, **kwargs: _Shown.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 # whatever it is, the sync is right
            display = cast("SyncDisplay", args[0])
            display.trouble = display.trouble or f"{type(error).__name__}: {error}"

    return shows


class SyncDisplay:
    """Follows the runs of a sync: the `Watcher` of their assets, `take_in` hears their events.

    Nothing in it raises: a fault leaves the sync as it is, and is in `trouble`. What came of the
    sync is `outcome`'s, which hears of each event first.
    """

    def __init__(
        self,
        sources: Sequence[SourceFigures],
        console: Console,
        clock: Clock | None = None,
    ) -> None:
        self._console, self._clock = console, clock or SystemClock()
        self._lines = {step: line for each in sources for step, line in lines_of(each).items()}
        self.outcome = SyncOutcome({step: line.name for step, line in self._lines.items()})
        self.trouble = ""
        self._screen = Screen(sources, self._clock.now)
        self._live = Live(self, console=self._console, transient=True, refresh_per_second=4)
        self._is_live = self._console.is_interactive and self._console.file.isatty()
        self._lock, self._ended = threading.RLock(), threading.Event()
        self._to_do: set[str] = set()
        self._due: dict[str, datetime] = {}
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        self._start()
        return self

    @_only_shows
    def _start(self) -> None:
        if self._is_live:
            self._live.start()
        else:
            threading.Thread(target=self._tick_on, daemon=True).start()

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        """Draw what is there now; a fault in the picture leaves the terminal empty."""
        try:
            yield from self._screen.__rich_console__(console, options)
        except Exception as error:  # noqa: BLE001 # as above
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._stop(
            is_interrupted=isinstance(error, KeyboardInterrupt | DagsterExecutionInterruptedError)
        )

    @_only_shows
    def _stop(self, *, is_interrupted: bool) -> None:
        if self._is_live:
            self._live.stop()
        if is_interrupted:
            if self._is_live and (at_work := self._screen.at_work):
                self._print_table(at_work)
            self._print(_STOPPED)

    # What assets tell.

    def landed(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Note a page that is in the hub, and count it."""
        self.outcome.land(asset, page)
        self._land(asset, page)

    @_only_shows
    def _land(self, asset: dg.AssetKey, page: Manifest) -> None:
        with self._lock:
            if isinstance(line := self._line(asset), HubLine):
                line.figures.land(page)
                self._screen.note = ""

    @_only_shows
    def waits(self, asset: dg.AssetKey, seconds: float) -> None:
        """Show that the rate limit is waited for."""
        with self._lock:
            if isinstance(line := self._line(asset), HubLine):
                line.figures.wait(self._clock.now() + timedelta(seconds=seconds))
                self._screen.note = ""

    @_only_shows
    def loads(self, asset: dg.AssetKey, batches: int) -> None:
        """Show that a table takes in batches."""
        with self._lock:
            if isinstance(line := self._line(asset), TableLine):
                line.figures.batches_in_work = batches

    @_only_shows
    def loaded(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Count what a load did."""
        with self._lock:
            if isinstance(line := self._line(asset), TableLine):
                line.figures.load(result)
                self._screen.note = ""

    # What Dagster tells.

    def take_in(self, entry: EventLogEntry) -> None:
        """Note an event of a run, and show it: a step's beginning, what it says, its end."""
        self.outcome.take_in(entry)
        self._show(entry)

    @_only_shows
    def _show(self, entry: EventLogEntry) -> None:
        with self._lock:
            line, event = self._lines.get(entry.step_key or ""), entry.dagster_event
            kind = event.event_type if event else None
            if line is None:
                return
            if event is None:
                self._hear(line, entry)
            elif kind is dg.DagsterEventType.STEP_START:
                self._begin(line)
            elif event.event_type in _ENDS:
                self._end(line, _ENDS[event.event_type])
            elif kind is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                self._judge(line, event.asset_check_evaluation_data)

    @_only_shows
    def begin_run(self, source: SourceFigures, assets: Sequence[dg.AssetKey]) -> None:
        """Note what a run is going to do."""
        source.begin_run(self._clock.now())
        steps = [key.to_python_identifier() for key in assets]
        self._to_do = {*steps, *(keys.checks_step(each) for each in steps)} & self._lines.keys()

    @_only_shows
    def end_run(self, source: SourceFigures) -> None:
        """Note that a run is over, and what it has not come to."""
        with self._lock:
            source.end_run(self._clock.now())
            for step in self._to_do:
                self._lines[step].end(self._clock.now(), Stage.SKIPPED)
            if source.is_over and self._is_live:
                self._print_table(source)

    @_only_shows
    def note(self, sentence: str) -> None:
        """Print a sentence that stays."""
        self._print(escape(sentence))

    @_only_shows
    def summary(self) -> None:
        """Print what failed, one sentence each, or that all went well."""
        for sentence in dict.fromkeys(self.outcome.failed.values()):
            assets = [name for name, each in self.outcome.failed.items() if each == sentence]
            self._print(f"[red]✗[/red] {_all_of(assets)}: {escape(sentence)}")
        for asset, seconds in self.outcome.incomplete.items():
            self._warn(
                f"{asset}: {counted(seconds, 'second')} may be incomplete, for more records share "
                "one than Zendesk showed: `zendesk-assets status` names them, and "
                "`zendesk-assets reconcile --repair` reads them again."
            )
        if self.outcome.is_well:
            self._print("[green]✓[/green] All is up to date.")

    @_only_shows
    def tick(self) -> None:
        """Print the lines that are due."""
        with self._lock:
            now = self._clock.now()
            for line in self._lines.values():
                if line.course.is_active and now >= self._due.get(line.name, now):
                    self._due[line.name] = now + _LINE_EVERY
                    note = f" {self._screen.note}" if self._screen.note else ""
                    self._print(escape(f"{line.name}: {line.meanwhile(now)}{note}"))

    def _tick_on(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            self.tick()

    def _line(self, asset: dg.AssetKey) -> Line | None:
        return self._lines.get(asset.to_python_identifier())

    def _begin(self, line: Line) -> None:
        now = self._clock.now()
        line.begin(now)
        self._screen.note = ""
        self._due[line.name] = now + _LINE_EVERY
        if not line.course.over and not self._is_live and line.at_first():
            self._print(f"{line.name}: {line.at_first()}")

    def _end(self, line: Line, stage: Stage) -> None:
        now = self._clock.now()
        self._to_do -= {step for step, each in self._lines.items() if each is line}
        line.end(now, stage)
        # Not before the last run: ids of what is loaded by a later one are missing until then.
        if isinstance(line, ChecksLine) and line.course.is_over:
            for name, sentence in line.figures.bad_checks.items():
                self._warn(f"{line.name}: {name}: {sentence}")
        if self._is_live:
            return
        if stage is Stage.FAILED:
            self._print(f"[red]✗[/red] {line.name}: {escape(self._why(line.name))}")
        elif line.course.stage is Stage.DONE:
            self._print(f"[green]✓[/green] {line.name}: {escape(line.at_last(now))}")

    def _why(self, asset: str) -> str:
        """Return why an asset failed; of a sentence that was there before, whose it was."""
        first = next(
            name for name, each in self.outcome.failed.items() if each == self.outcome.failed[asset]
        )
        return self.outcome.failed[asset] if first == asset else f"the same as {first}."

    def _judge(self, line: Line, verdict: dg.AssetCheckEvaluation) -> None:
        if isinstance(line, ChecksLine):
            sentence = verdict.description or "it did not pass: see it in the Dagster UI."
            line.figures.verdicts[verdict.check_name] = "" if verdict.passed else sentence

    def _hear(self, line: Line, entry: EventLogEntry) -> None:
        """Keep what a step says for the next line; print a warning, once."""
        if isinstance(line, ChecksLine):
            return  # its verdicts come as events
        if entry.user_message.startswith(_UPSTREAM_FAILED):
            return  # that it was not made is its mark, and why stands at what failed
        if int(entry.level) >= logging.WARNING:
            self._warn(f"{line.name}: {entry.user_message}")
        elif int(entry.level) >= logging.INFO:
            self._screen.note = entry.user_message
            if isinstance(line, AnalysisLine):
                line.figures.said = entry.user_message

    def _warn(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._print(f"[yellow]![/yellow] {escape(sentence)}")

    def _print_table(self, source: SourceFigures) -> None:
        now, width = self._clock.now(), self._console.width
        self._console.print(source_table(source, now, width))

    def _print(self, markup: str) -> None:
        self._console.print(markup, highlight=False, soft_wrap=True)


def _all_of(assets: Sequence[str]) -> str:
    first, *others = assets
    return f"{first} and {len(others)} more" if others else first
