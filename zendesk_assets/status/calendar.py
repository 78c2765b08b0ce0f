"""Coverage as a calendar: what the hub has of each month of a stream, and a source in a sentence.

Which months failed is Dagster's to know, and is given.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.hub import gaps, incomplete_seconds
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import EPOCH, Stream, Window, midnight, months_in, window_of_months

_DAY = timedelta(days=1)


class State(Enum):
    """What the hub has of a month, and the word for it."""

    FETCHED = "fetched"
    PARTLY = "partly"
    MISSING = "missing"
    FAILED = "failed"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Month:
    """A month (`2026-11`) of a stream: its state, and what of it is not there, as windows.

    `incomplete` counts the seconds of which Zendesk did not show all records.
    """

    name: str
    state: State
    window: Window
    missing: tuple[Window, ...] = ()
    incomplete: int = 0

    @property
    def after(self) -> str:
        """Return the day after its last one that the source may have, as a command takes it."""
        end = self.window.end
        return f"{end if end == midnight(end) else midnight(end) + _DAY:%Y-%m-%d}"

    @property
    def words(self) -> str:
        """Return the state in a sentence."""
        sentence = {
            State.FETCHED: "The hub has all of it.",
            State.PARTLY: "The hub has a part of it.",
            State.MISSING: "It was never fetched.",
            State.FAILED: "Its last run failed.",
            State.OUTSIDE: "It is outside the source's history.",
        }[self.state]
        if not self.incomplete:
            return sentence
        noun = "second" if self.incomplete == 1 else "seconds"
        return f"{sentence} {self.incomplete:,} {noun} may be incomplete."


@dataclass(frozen=True)
class Calendar:
    """The months of a stream by year, the newest first; where its coverage begins and ends."""

    stream: str
    years: tuple[tuple[int, tuple[Month, ...]], ...]
    first: datetime | None
    last: datetime | None

    @property
    def months(self) -> list[Month]:
        """Return all months of the history, ascending."""
        every = (month for _, months in self.years for month in months)
        inside = (each for each in every if each.state is not State.OUTSIDE)
        return sorted(inside, key=lambda each: each.name)

    @property
    def open(self) -> list[Month]:
        """Return the months that are not there, or not in full."""
        return [each for each in self.months if each.state is not State.FETCHED]

    @property
    def spans(self) -> list[tuple[str, str]]:
        """Return the open months as ranges of days: the first, and the one after the last."""
        found: list[list[Month]] = []
        for month in self.open:
            if found and found[-1][-1].window.end == month.window.start:
                found[-1].append(month)
            else:
                found.append([month])
        return [(f"{each[0].window.start:%Y-%m-%d}", each[-1].after) for each in found]


def streams_of(source: Source) -> list[Stream]:
    """Return the streams that a source syncs."""
    names = dict.fromkeys(each.stream for each in chosen_collections(source))
    return [declared().streams[name] for name in names]


def calendars_of(
    sources: Sources,
    source: Source,
    now: datetime,
    failed: Callable[[str, str], Collection[str]] = lambda _schema, _stream: (),
) -> list[Calendar]:
    """Return the calendar of each stream of a source that has months.

    `failed` returns the months of a stream whose last run failed: of a schema, and a stream.

    Raises:
        HubError: if the hub cannot be read.
    """
    hub = Account(sources, source).hub
    begin = midnight(source.history_start)
    history = Window(begin, max(begin, now - source.settle))
    return [
        build_calendar(
            each.name,
            history,
            hub.coverage(each.name),
            now,
            failed(source.schema_name, each.name),
            incomplete_seconds(hub, each.name),
        )
        for each in streams_of(source)
        if each.partitioned
    ]


def history_in_words(calendars: Iterable[Calendar]) -> str:
    """Return from when to when there is history, and how many of its months are missing.

    Streams of which the same is to be said are named together.
    """
    said: dict[str, list[str]] = {}
    for each in calendars:
        said.setdefault(_history(each), []).append(each.stream)
    if len(said) == 1:
        (only,) = said
        return f"{only[0].upper()}{only[1:]}."
    return " ".join(f"{' and '.join(names)}: {what}." for what, names in said.items())


def _history(calendar: Calendar) -> str:
    """Return the history of a stream, without a capital letter and a full stop."""
    if not (calendar.first and calendar.last):
        return "no history was fetched yet"
    left = len(calendar.open)
    words = "1 month is" if left == 1 else f"{left:,} months are"
    more = f"{words} missing or incomplete" if left else "no month is missing"
    return f"history from {calendar.first:%Y-%m-%d} to {calendar.last:%Y-%m-%d %H:%M} UTC; {more}"


def command_for_history(calendars: Iterable[Calendar]) -> str:
    """Return the options of a sync that fetches what is missing, or ''."""
    spans = [span for each in calendars for span in each.spans]
    if not spans:
        return ""
    return f"--from {min(first for first, _ in spans)} --to {max(end for _, end in spans)}"


def build_calendar(
    stream: str,
    history: Window,
    covered: Sequence[Window],
    now: datetime,
    failed: Collection[str] = (),
    incomplete: Iterable[datetime] = (),
) -> Calendar:
    """Return the calendar of a stream.

    Args:
        stream: Its name.
        history: The days that the source may have, up to now less what never counts as covered.
        covered: The windows that the hub has.
        now: The current time.
        failed: The months whose last run failed.
        incomplete: The seconds of which Zendesk did not show all records.
    """
    seconds = [f"{each:%Y-%m}" for each in incomplete]
    first, last = history.start, max(history.start, now)
    names = months_in(Window(first.replace(month=1, day=1), _end_of_year(last)))
    months = [_month(name, history, covered, name in failed, seconds.count(name)) for name in names]
    years = groupby(months, key=lambda each: int(each.name[:4]))
    return Calendar(
        stream,
        tuple((year, tuple(some)) for year, some in reversed([(y, list(m)) for y, m in years])),
        covered[0].start if covered else None,
        covered[-1].end if covered else None,
    )


def _month(
    name: str,
    history: Window,
    covered: Sequence[Window],
    failed: bool,  # noqa: FBT001 # of one call
    incomplete: int,
) -> Month:
    window = window_of_months(name)
    asked = window.intersect(history)
    if not asked:
        return Month(name, State.OUTSIDE, window)
    missing = gaps(asked, covered)
    if asked.end == history.end and missing and missing[-1].end == history.end:
        # The end of the current month is what the next sync brings.
        reached = max((each.end for each in covered), default=EPOCH)
        is_begun = reached >= asked.start - _DAY
        missing = missing[:-1] if is_begun else missing
    state = State.FETCHED
    if missing:
        is_whole = missing == [asked]
        state = State.FAILED if failed else State.MISSING if is_whole else State.PARTLY
    return Month(name, state, asked, tuple(missing), incomplete)


def _end_of_year(moment: datetime) -> datetime:
    return moment.replace(
        year=moment.year + 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
