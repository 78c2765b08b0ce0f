"""How `status` shows a source on one screen: what changed, what is wrong, and how much more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from zendesk_assets.cli.budget_use import AccountUse
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.tables import GridColumn, grid, if_any
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source

_SHOWN: Final = 3
_ROWS: Final = 20  # of a table on one screen
_NAMES: Final = 10
_LONG_AGO: Final = timedelta(days=300)


@dataclass(frozen=True)
class CollectionStatus:
    """One collection of one source; times are ISO 8601, UTC, and null if there is nothing.

    `unavailable` says why Zendesk refuses it at present; `incomplete_seconds` are those with
    more records than Zendesk showed; `not_read` are parts that the last walk could not read.
    `requests`, `requests_refused` (by the rate limit) and `seconds_waited` are of the last walk
    of its stream (of its last pages, if `requests_are_more`). `budget_used` is the share of the
    account's budget that was used in the last minute by all that count their requests in the
    same store. `other_account` says why the source may not write here: another account has
    filled the schema. `changed` counts the rows that the last sync wrote, which began to load
    at `synced_from`; `area` is the product area, and `needs` the plan or role of a collection
    that not every account has. `no_room_for_history` is the relation of others that has the
    name of its history, so that it has none.
    """

    source: str
    collection: str
    rows: int
    covered_to: str | None
    lag_minutes: float | None
    last_landed: str | None
    last_loaded: str | None
    batches: int
    batches_to_load: int
    abandoned: int
    quarantined: int
    warnings: int = 0
    unavailable: str | None = None
    unavailable_since: str | None = None
    hint: str | None = None
    incomplete_seconds: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    requests: int | None = None
    requests_are_more: bool = False
    seconds_waited: float | None = None
    requests_refused: int | None = None
    budget_used: float | None = None
    other_account: str | None = None
    area: str = ""
    needs: str = ""
    changed: int = 0
    synced_from: str | None = None
    no_room_for_history: str | None = None

    @property
    def is_refused(self) -> bool:
        """Return whether the account does not have it, which is a normal state."""
        return bool(self.unavailable and self.needs)

    @property
    def is_wrong(self) -> bool:
        """Return whether somebody may have to do something about it."""
        refused = bool(self.unavailable and not self.needs)
        numbers = self.batches_to_load, self.abandoned, self.quarantined, self.warnings
        return (
            refused
            or any(numbers)
            or bool(self.incomplete_seconds or self.not_read or self.no_room_for_history)
        )


def status_lines(
    source: Source,
    rows: Sequence[CollectionStatus],
    use: AccountUse | None,
    width: int,
    *,
    everything: bool,
) -> Iterator[RenderableType]:
    """Yield what is shown of a source, at most `width` characters wide.

    Of more than 20 tables only those that changed or need attention are shown, unless `everything`
    is asked for.
    """
    yield Text.assemble((source.schema_name, "bold"), f" ({source.nickname}), {source.url}")
    yield from wrapped("", _what_changed(rows), width)
    chosen = _chosen(rows, everything=everything)
    if chosen:
        yield _table(chosen, width)
    yield from _folded([row for row in rows if row not in chosen], width)
    yield from _problems(rows, width)
    yield from _refused(rows, width)
    yield from wrapped("", _sentence_of(use), width)


def _what_changed(rows: Sequence[CollectionStatus]) -> str:
    """Return what the last sync did, in a sentence."""
    begun = next((row.synced_from for row in rows if row.synced_from), None)
    if begun is None:
        return "Nothing is loaded yet: `zendesk-assets sync` does it."
    changed = [row.changed for row in rows if row.changed]
    rows_changed, tables = counted(sum(changed), "changed row"), counted(len(changed), "table")
    what = f"{rows_changed} in {tables}" if changed else "nothing new"
    ago = (datetime.now(UTC) - datetime.fromisoformat(begun)).total_seconds() / 60
    return f"Loaded since {_short(begun)} UTC, {_lag(ago)} ago: {what}."


def _chosen(rows: Sequence[CollectionStatus], *, everything: bool) -> list[CollectionStatus]:
    """Return the tables to show: the most changed first, then those that need attention."""
    ordered = sorted(rows, key=lambda row: (-row.changed, not row.is_wrong, row.is_refused))
    if everything or len(rows) <= _ROWS:
        return ordered
    wrong = [row for row in ordered if row.is_wrong]
    changed = [row for row in ordered if row.changed and not row.is_wrong]
    shown = {row.collection for row in (*wrong, *changed[: max(0, _ROWS - len(wrong))])}
    return [row for row in ordered if row.collection in shown]


def _folded(rows: Sequence[CollectionStatus], width: int) -> Iterator[Text]:
    """Yield a line for each kind of table that is not shown."""
    loaded = [row for row in rows if row.last_loaded and not row.is_refused]
    kinds = {
        ("more table", "changed"): [row for row in loaded if row.changed],
        ("table", "unchanged"): [row for row in loaded if not row.changed],
    }
    for (noun, state), some in kinds.items():
        if some:
            what = f"{counted(len(some), noun)} {state}{_read(some)}"
            yield from wrapped("", f"{what}; `status --all` shows them.", width, "dim")
    new = [row.collection for row in rows if not row.last_loaded and not row.unavailable]
    if new:
        more = f" and {len(new) - _NAMES} more" if len(new) > _NAMES else ""
        names = f"{', '.join(new[:_NAMES])}{more}"
        what = f"{counted(len(new), 'table')} not loaded yet: {names}."
        yield from wrapped("", what, width, "dim")


def _read(rows: Sequence[CollectionStatus]) -> str:
    """Return when tables were read for the last time: `, read 5 min to 3 h ago`."""
    times = [datetime.fromisoformat(row.last_landed) for row in rows if row.last_landed]
    if not times:
        return ""
    now = datetime.now(UTC)
    ages = [_lag((now - each).total_seconds() / 60) for each in (max(times), min(times))]
    (least, unit), (_, other) = (age.split() for age in ages)
    first = [f"{least} to" if unit == other else f"{ages[0]} to"] if ages[0] != ages[1] else []
    return f", read {' '.join([*first, ages[1]])} ago"


def _sentence_of(use: AccountUse | None) -> str:
    if use is None:
        return "The number of requests in the last minute is unknown."
    return use.sentence


def _problems(rows: Sequence[CollectionStatus], width: int) -> Iterator[Text]:
    """Yield lines for each problem of a source."""
    if any(row.abandoned for row in rows):
        sentence = (
            "A crash left uncommitted parts, which nothing reads. "
            "`zendesk-assets hub clean` removes them."
        )
        yield from wrapped("! ", sentence, width)
    for sentence in dict.fromkeys(row.other_account for row in rows if row.other_account):
        yield from wrapped("✗ ", sentence, width)
    for row in rows:
        for mark, sentence in _problems_of(row):
            yield from wrapped(f"{mark} ", sentence, width)


def _problems_of(row: CollectionStatus) -> Iterator[tuple[str, str]]:
    """Yield a mark and a sentence for each problem of a table."""
    name = row.collection
    if row.unavailable and not row.needs:
        since = f"{name} has not been available since {_short(row.unavailable_since)}"
        yield "✗", f"{since}: {row.unavailable} It is requested again at each sync."
    if row.incomplete_seconds:
        shown = ", ".join(row.incomplete_seconds[:_SHOWN])
        more = ", …" if len(row.incomplete_seconds) > _SHOWN else ""
        sentence = (
            f"{name}: {counted(len(row.incomplete_seconds), 'second')} may be incomplete, because "
            f"Zendesk did not show all of their records ({shown}{more}): "
            f"`zendesk-assets reconcile --collection {name} --repair` reads them again."
        )
        yield "!", sentence
    if row.not_read:
        shown = ", ".join(row.not_read[:_SHOWN])
        more = ", …" if len(row.not_read) > _SHOWN else ""
        sentence = (
            f"{name}: Zendesk refused a part of it the last time ({shown}{more}); the rows of that "
            "part stay as they were."
        )
        yield "!", sentence
    if row.warnings:
        sentence = (
            f"{name}: {counted(row.warnings, 'row')} with a value that does not fit its column. "
            "The column is NULL, and `_unknown` has the value: "
            f"`zendesk-assets rejects --collection {name}` lists them."
        )
        yield "!", sentence
    if row.no_room_for_history:
        sentence = (
            f"{name} has no history, because {row.no_room_for_history} is not of this project and "
            f"is left alone: rename it, or leave {name} out of `history` in sources.yaml."
        )
        yield "!", sentence
    if row.hint and not row.unavailable:
        yield "!", f"{name}: {row.hint}"


def _refused(rows: Sequence[CollectionStatus], width: int) -> Iterator[Text]:
    """Yield grey lines for what the account does not have, by what it would need."""
    refused: dict[str, list[CollectionStatus]] = {}
    for row in rows:
        if row.is_refused:
            refused.setdefault(row.needs, []).append(row)
    for needs, some in refused.items():
        names = ", ".join(row.collection for row in some)
        since = min(_short(row.unavailable_since) for row in some)
        state = f"{names}: not available since {since}, needs {needs}"
        yield from wrapped("· ", f"{state}; requested again once a day.", width, "dim")


def _table(rows: list[CollectionStatus], width: int) -> Table:
    columns = [
        GridColumn("table", [row.collection for row in rows], right=False),
        GridColumn("rows", [f"{row.rows:,}" for row in rows]),
        GridColumn("changed", [if_any(row.changed, "green") for row in rows], 3),
        GridColumn("behind", [_lag(row.lag_minutes) for row in rows]),
        GridColumn("loaded", [_loaded(row.last_loaded) for row in rows], 2),
        GridColumn("to load", [if_any(row.batches_to_load, "yellow") for row in rows], 1),
        GridColumn("requests", [_requests(row) for row in rows], 4),
        GridColumn("quarantined", [if_any(row.quarantined, "red") for row in rows]),
    ]
    return grid(columns, width)


def _requests(row: CollectionStatus) -> str:
    if row.requests is None:
        return "-"
    return f"{row.requests:,}{'+' if row.requests_are_more else ''}"


def _short(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else "never"


def _loaded(time: str | None) -> str:
    """Return day and time without the year; long ago, the date."""
    if not time or datetime.now(UTC) - datetime.fromisoformat(time) < _LONG_AGO:
        return _short(time)[-11:]
    return time[:10]


def _lag(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    minutes = max(0.0, minutes)  # a simulated account's clock may run ahead
    for unit, each, most in (("min", 1, 120), ("h", 60, 72)):
        if minutes / each < most:
            return f"{minutes / each:.0f} {unit}"
    return f"{minutes / 1440:,.0f} d"
