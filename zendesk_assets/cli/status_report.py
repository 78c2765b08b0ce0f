"""How `status` shows a source on one screen: what changed, what is wrong, and how much more."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.tables import GridColumn, grid, if_any
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source
from zendesk_assets.status import AccountUse, CollectionStatus
from zendesk_assets.status.problems import short

_ROWS: Final = 20  # of a table on one screen
_NAMES: Final = 10
_LONG_AGO: Final = timedelta(days=300)


def status_lines(
    source: Source,
    rows: Sequence[CollectionStatus],
    use: AccountUse | None,
    width: int,
    *,
    everything: bool,
    about: Sequence[str] = (),
    problems: Sequence[tuple[str, str]] = (),
) -> Iterator[RenderableType]:
    """Yield what is shown of a source, at most `width` characters wide.

    `about` are sentences on the whole source, as when its next sync is, and `problems` are marks
    and sentences. Of more than 20 tables only those that changed or need attention are shown,
    unless `everything` is asked for.
    """
    yield Text.assemble((source.schema_name, "bold"), f" ({source.nickname}), {source.url}")
    for sentence in (_what_changed(rows), *about):
        yield from wrapped("", sentence, width)
    chosen = _chosen(rows, everything=everything)
    if chosen:
        yield _table(chosen, width)
    yield from _folded([row for row in rows if row not in chosen], width)
    for mark, sentence in problems:
        yield from wrapped(f"{mark} ", sentence, width)
    yield from _refused(rows, width)
    yield from wrapped("", _sentence_of(use), width)
    yield from wrapped("", _legend(rows, chosen, {mark for mark, _ in problems}), width, "dim")


def _what_changed(rows: Sequence[CollectionStatus]) -> str:
    """Return what the last sync did, in a sentence."""
    begun = next((row.synced_from for row in rows if row.synced_from), None)
    if begun is None:
        return "Nothing is loaded yet: `zendesk-assets sync` does it."
    changed = [row.changed for row in rows if row.changed]
    rows_changed, tables = counted(sum(changed), "changed row"), counted(len(changed), "table")
    what = f"{rows_changed} in {tables}" if changed else "nothing new"
    ago = (datetime.now(UTC) - datetime.fromisoformat(begun)).total_seconds() / 60
    return f"Loaded since {short(begun)} UTC, {_lag(ago)} ago: {what}."


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


def _legend(
    rows: Sequence[CollectionStatus], shown: Sequence[CollectionStatus], marks: AbstractSet[str]
) -> str:
    """Return what the signs that are shown mean, or ''; `marks` are those of problems."""
    signs = {
        "✗ not working": "✗" in marks,
        "! worth a look": "!" in marks,
        "· not in this account": any(row.is_refused for row in rows),
        "- nothing yet": any(row.lag_minutes is None or row.requests is None for row in shown),
        "+ at least so many": any(row.requests_are_more for row in shown),
    }
    return f"Signs: {', '.join(each for each, is_shown in signs.items() if is_shown)}." * any(
        signs.values()
    )


def _refused(rows: Sequence[CollectionStatus], width: int) -> Iterator[Text]:
    """Yield grey lines for what the account does not have, by what it would need."""
    refused: dict[str, list[CollectionStatus]] = {}
    for row in rows:
        if row.is_refused:
            refused.setdefault(row.needs, []).append(row)
    for needs, some in refused.items():
        names = ", ".join(row.collection for row in some)
        since = min(short(row.unavailable_since) for row in some)
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


def _loaded(time: str | None) -> str:
    """Return day and time without the year; long ago, the date."""
    if not time or datetime.now(UTC) - datetime.fromisoformat(time) < _LONG_AGO:
        return short(time)[-11:]
    return time[:10]


def _lag(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    minutes = max(0.0, minutes)  # a simulated account's clock may run ahead
    for unit, each, most in (("min", 1, 120), ("h", 60, 72)):
        if minutes / each < most:
            return f"{minutes / each:.0f} {unit}"
    return f"{minutes / 1440:,.0f} d"
