"""The sensor that tells people of problems: what runs did since its last evaluation.

A run is looked at once, when it has ended: which steps failed, and which checks. What it found goes
to `zendesk_assets.alerts`, which groups it by cause. The cursor has the open problems and the
messages that could not be sent yet, so that none is lost while a place cannot be reached.
https://docs.dagster.io/guides/automate/sensors
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import dagster as dg
import msgspec
from dagster import EventLogEntry

from zendesk_assets.alerts import Finding, Message, Problem, deliver, follow
from zendesk_assets.clock import Clock
from zendesk_assets.orchestration import placement
from zendesk_assets.orchestration.dagster_internals.names import WILL_RETRY_TAG
from zendesk_assets.orchestration.failures import failure_sentence
from zendesk_assets.plain_text import unescape_markdown
from zendesk_assets.settings.sources import Sources

_EVERY_SECONDS: Final = 60
_RUNS_AT_ONCE: Final = 25
_MOST_WAITING: Final = 100
_ENDED: Final = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
]
_KINDS: Final = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
_Place = tuple[str, ...]  # what the keys of a source begin with
_RUN_FAILED: Final = "The run failed outside its steps: the Dagster UI shows its log."


class _Cursor(msgspec.Struct):
    """Until when runs were looked at, the last of them, open problems, messages not sent yet."""

    until: datetime
    seen: list[str] = []
    problems: list[Problem] = []
    waiting: list[tuple[str, Message]] = []


def build_alerts(sources: Sources, clock: Clock) -> list[dg.SensorDefinition]:
    """Return the sensor, if the sources file says where messages go."""
    settings = sources.alerts
    places = frozenset(placement.path_of(each) for each in sources.sources)

    @dg.sensor(
        name=placement.alerts_name(sources.sources),
        minimum_interval_seconds=_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Tells of problems by {', '.join(settings.channels)}: one message a cause.",
    )
    def tell(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        cursor = _read(context.cursor, clock)
        reader = _Reader(context.instance, places, settings.dagster_url, warnings=settings.warnings)
        cursor.problems, due = follow(cursor.problems, reader.new(cursor), clock.now())
        every = [*cursor.waiting, *((name, each) for each in due for name in settings.channels)]
        left, errors = deliver(settings, every)
        cursor.waiting = left[-_MOST_WAITING:]
        context.update_cursor(msgspec.json.encode(cursor).decode())
        for error in errors:
            context.log.error(error)
        return dg.SkipReason(_summary(cursor, len(every) - len(left), errors))

    return [tell] if settings.channels else []


def _read(text: str | None, clock: Clock) -> _Cursor:
    """Return the cursor; a new one begins now, and so does one of another version."""
    try:
        return msgspec.json.decode(text or "", type=_Cursor)
    except msgspec.DecodeError:
        return _Cursor(clock.now())


def _summary(cursor: _Cursor, sent: int, errors: Sequence[str]) -> str:
    said = f"Open problems: {len(cursor.problems)}. Messages sent: {sent}."
    return " ".join([said, *([f"Waiting: {len(cursor.waiting)}."] if errors else []), *errors])


class _Reader:
    """Reads what the runs of our sources found."""

    def __init__(
        self, instance: dg.DagsterInstance, places: AbstractSet[_Place], url: str, *, warnings: bool
    ) -> None:
        self._instance, self._places = instance, places
        self._ours = tuple(f"{'.'.join(each)}." for each in places)
        self._url, self._warnings = url.rstrip("/"), warnings

    def new(self, cursor: _Cursor) -> list[Finding]:
        """Return what the runs found that ended since, oldest first; the cursor moves on."""
        records = self._instance.get_run_records(
            dg.RunsFilter(statuses=_ENDED, updated_after=cursor.until),
            limit=_RUNS_AT_ONCE,
            order_by="update_timestamp",
            ascending=True,
        )
        found: list[Finding] = []
        for record in records:
            run, cursor.until = record.dagster_run, record.update_timestamp
            if run.run_id not in cursor.seen:  # tags may be added to a run after its end
                found += self._findings(run)
        cursor.seen = [*cursor.seen, *(each.dagster_run.run_id for each in records)][-500:]
        return found

    def _findings(self, run: dg.DagsterRun) -> Iterator[Finding]:
        if run.tags.get(WILL_RETRY_TAG) == "true":
            return
        link, failed = f"{self._url}/runs/{run.run_id}", False
        events = self._instance.get_records_for_run(run.run_id, of_type=_KINDS).records
        for record in events:
            for subject, sentence in self._read(record.event_log_entry):
                failed |= bool(sentence)
                if f"{subject}.".startswith(self._ours):
                    yield Finding(subject, sentence, link)
        if place := self._place_of(run):
            outside = not run.is_success and not failed
            yield Finding(f"{'.'.join(place)}: a run", _RUN_FAILED if outside else "", link)

    def _read(self, entry: EventLogEntry) -> Iterator[tuple[str, str]]:
        """Yield what an event is about, and what is wrong with it or ''."""
        event = entry.dagster_event
        if event is None:
            return
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            is_bad = not found.passed and (
                self._warnings or found.severity is dg.AssetCheckSeverity.ERROR
            )
            said = unescape_markdown(found.description or "The check did not pass.")
            subject = ".".join(found.asset_key.path)
            yield f"{subject} ({found.check_name})", said if is_bad else ""
            return
        is_failure = event.event_type is dg.DagsterEventType.STEP_FAILURE
        step = (entry.step_key or "").replace("__", ".")
        yield step, failure_sentence(entry) if is_failure else ""

    def _place_of(self, run: dg.DagsterRun) -> _Place | None:
        """Return the source of a run, by its assets or by the name of its job."""
        keys = [tuple(key.path) for key in run.asset_selection or ()]
        named = {each for each in self._places for key in keys if key[: len(each)] == each}
        names = {"__".join(each): each for each in self._places}
        matches = {each for name, each in names.items() if run.job_name.startswith(f"{name}_")}
        return min(named, default=None) or max(matches, key=_length, default=None)


def _length(place: _Place) -> int:
    return len(".".join(place))
