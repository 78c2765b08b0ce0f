"""The progress display of a sync: a live picture on a terminal, sentences elsewhere.

It receives events and decides when a line is due. Pages, waits and loads come from the assets
(`orchestration.progress_listener`); beginnings, ends, warnings and checks from Dagster's events.
`sync_figures` has the figures, `sync_screen` the picture, `sync_lines` the sentences.
"""

import logging
import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

import dagster as dg
from dagster import EventLogEntry
from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderResult
from rich.live import Live
from rich.markup import escape

from zendesk_assets.cli.never_raises import never_raises
from zendesk_assets.cli.sync_course import Stage
from zendesk_assets.cli.sync_figures import SourceFigures
from zendesk_assets.cli.sync_lines import (
    AnalysisLine,
    ChecksLine,
    HubLine,
    ProgressLine,
    TableLine,
    lines_of,
)
from zendesk_assets.cli.sync_outcome import SyncOutcome
from zendesk_assets.cli.sync_screen import Screen, source_table
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.hub import Manifest
from zendesk_assets.orchestration.dagster_internals.names import DagsterExecutionInterruptedError
from zendesk_assets.orchestration.progress_listener import ProgressListener
from zendesk_assets.plain_text import counted, unescape_markdown
from zendesk_assets.warehouse import LoadResult

_LINE_EVERY: Final = timedelta(seconds=10)
_TICK_SECONDS: Final = 1.0
_STOPPED: Final = (
    "Stopped. What is in the hub or in a table stays; the next sync continues from there."
)
_UPSTREAM_FAILED: Final = "Dependencies for step "
_ENDS: Final = {
    dg.DagsterEventType.STEP_SUCCESS: Stage.DONE,
    dg.DagsterEventType.STEP_FAILURE: Stage.FAILED,
}


class SyncDisplay(ProgressListener):
    """Follows the runs of a sync: it listens to their assets, and `on_event` to Dagster.

    It never raises: errors do not affect the sync, and are in `trouble`. `outcome` has the outcome
    of the sync, and receives each event first.
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
        # Lines that only say that a step began, or that its checks passed.
        self._has_room = not any(each.has_many for each in sources)
        self._lock, self._ended = threading.RLock(), threading.Event()
        self._to_do: set[str] = set()
        self._due: dict[str, datetime] = {}
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        self._start()
        return self

    @never_raises
    def _start(self) -> None:
        if self._is_live:
            self._live.start()
        else:
            threading.Thread(target=self._tick_on, daemon=True).start()

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        """Draw the current state; an error in the picture leaves the terminal empty."""
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

    @never_raises
    def _stop(self, *, is_interrupted: bool) -> None:
        if self._is_live:
            self._live.stop()
        if is_interrupted:
            if self._is_live and (at_work := self._screen.at_work):
                self._print_table(at_work)
            self._print(_STOPPED)

    # Events of assets.

    def on_page(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Count a page that is in the hub."""
        self.outcome.land(asset, page)
        self._land(asset, page)

    @never_raises
    def _land(self, asset: dg.AssetKey, page: Manifest) -> None:
        with self._lock:
            if isinstance(line := self._line(asset), HubLine):
                line.figures.land(page)
                self._screen.note = ""

    @never_raises
    def on_nothing_asked(self, asset: dg.AssetKey, why: str, *, is_skipped: bool = False) -> None:
        """Show why Zendesk was not asked."""
        with self._lock:
            if isinstance(line := self._line(asset), HubLine):
                line.figures.why_nothing, line.figures.is_skipped = why, is_skipped

    @never_raises
    def on_wait(self, asset: dg.AssetKey, seconds: float) -> None:
        """Show a wait for the rate limit."""
        with self._lock:
            if isinstance(line := self._line(asset), HubLine):
                line.figures.wait(self._clock.now() + timedelta(seconds=seconds))
                self._screen.note = ""

    @never_raises
    def on_load(self, asset: dg.AssetKey, batches: int) -> None:
        """Show the beginning of a load."""
        with self._lock:
            if isinstance(line := self._line(asset), TableLine):
                line.figures.batches_in_work = batches

    @never_raises
    def on_loaded(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Count the rows of a load."""
        with self._lock:
            if isinstance(line := self._line(asset), TableLine):
                line.figures.load(result)
                self._screen.note = ""

    # Events of Dagster.

    def on_event(self, entry: EventLogEntry) -> None:
        """Record and show an event of a run: a step's beginning, messages and end."""
        self.outcome.on_event(entry)
        self._show(entry)

    @never_raises
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

    @never_raises
    def begin_run(self, source: SourceFigures, steps: AbstractSet[str]) -> None:
        """Record which steps a run is going to do."""
        source.begin_run(self._clock.now())
        self._to_do = steps & self._lines.keys()

    @never_raises
    def end_run(self, source: SourceFigures) -> None:
        """Record the end of a run, and what it did not reach."""
        with self._lock:
            source.end_run(self._clock.now())
            for step in self._to_do:
                self._lines[step].end(self._clock.now(), Stage.SKIPPED)
            if source.is_over and self._is_live:
                self._print_table(source)

    @never_raises
    def note(self, sentence: str) -> None:
        """Print a sentence."""
        self._print(escape(sentence))

    @never_raises
    def summary(self) -> None:
        """Print what failed, in one sentence each, or that all went well, and the warnings."""
        for sentence in self.outcome.failures():
            self._print(f"[red]✗[/red] {escape(sentence)}")
        for sentence in self.outcome.incomplete_sentences():
            self._warn(sentence)
        if self.outcome.is_well:
            warnings = f", with {counted(len(self._said), 'warning')}" if self._said else ""
            self._print(f"[green]✓[/green] Everything is up to date{warnings}.")

    @never_raises
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

    def _line(self, asset: dg.AssetKey) -> ProgressLine | None:
        return self._lines.get(asset.to_python_identifier())

    def _begin(self, line: ProgressLine) -> None:
        now = self._clock.now()
        line.begin(now)
        self._screen.note = ""
        self._due[line.name] = now + _LINE_EVERY
        is_news = self._has_room or any(line.course.windows)
        if is_news and not line.course.over and not self._is_live and line.at_first():
            self._print(f"{line.name}: {line.at_first()}")

    def _end(self, line: ProgressLine, stage: Stage) -> None:
        now = self._clock.now()
        self._to_do -= {step for step, each in self._lines.items() if each is line}
        line.end(now, stage)
        # Not before the last run: until then, ids of rows that a later run loads are missing.
        if isinstance(line, ChecksLine) and line.course.is_over:
            for name, sentence in line.figures.bad_checks.items():
                self._warn(f"{line.name}: {name}: {sentence}")
        if self._is_live:
            return
        if stage is Stage.FAILED:
            self._print(f"[red]✗[/red] {line.name}: {escape(self.outcome.reason(line.name))}")
        elif line.course.stage is Stage.DONE:
            is_bad = isinstance(line, ChecksLine) and line.figures.bad_checks
            if isinstance(line, ChecksLine) and not is_bad and not self._has_room:
                return
            mark = "[yellow]![/yellow]" if is_bad else "[green]✓[/green]"
            self._print(f"{mark} {line.name}: {escape(line.at_last(now))}")
        elif line.course.stage is Stage.SKIPPED:
            self._print(f"[yellow]-[/yellow] {line.name}: {escape(line.at_last(now))}")

    def _judge(self, line: ProgressLine, verdict: dg.AssetCheckEvaluation) -> None:
        if isinstance(line, ChecksLine):
            said = unescape_markdown(verdict.description or "")
            sentence = said or "it did not pass: see the Dagster UI."
            line.figures.verdicts[verdict.check_name] = "" if verdict.passed else sentence

    def _hear(self, line: ProgressLine, entry: EventLogEntry) -> None:
        """Keep a step's message for the next line; print a warning once."""
        if isinstance(line, ChecksLine):
            return  # its verdicts arrive as events
        if entry.user_message.startswith(_UPSTREAM_FAILED):
            return  # its mark shows that it was skipped, and the failed asset says why
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
        """Print a line; where lines stay, such as in a log, it begins with the time."""
        at = "" if self._is_live else f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} "
        self._console.print(f"{at}{markup}", soft_wrap=True)
