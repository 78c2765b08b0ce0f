"""The steps of a row's history, in their order: states that landed, deletions, what was pruned.

A state that came several times is one step. Which step counts is judged in `verdict`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from zendesk_assets.erasing import ERASED
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import RejectedState, StateRow
from zendesk_assets.why.differences import plain
from zendesk_assets.why.history import Kind, Step
from zendesk_assets.why.landed import Landed, Origin

NEVER: Final = datetime.min.replace(tzinfo=UTC)
# Of the receipt, not of the state.
_OF_RECEIPT: Final = ("received_at", "_batch_id")


@dataclass(frozen=True)
class Happened:
    """One thing that happened to a row, before what is the same becomes one step."""

    kind: Kind
    version: datetime | None
    origin: Origin
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    wiped: bool = False
    place: tuple[int, ...] = ()

    @property
    def rank(self) -> tuple[bool, datetime, datetime, str, tuple[int, ...]]:
        """Return what decides which of two states counts, as a load does it."""
        version = self.version
        return (version is not None, version or NEVER, *self.receipt)

    @property
    def receipt(self) -> tuple[datetime, str, tuple[int, ...]]:
        """Return the order of receipt."""
        return (self.origin.received, self.origin.batch, self.place)


def list_happened(
    collection: Collection, landed: Landed, rejects: Iterable[RejectedState]
) -> list[Happened]:
    """Return all that happened to a row: as Zendesk says, or lists that are read whole, as read."""
    refused = {(each.batch, each.line): each for each in rejects}
    found = [
        *(_state(collection, landed, each, refused) for each in landed.states),
        *_tombstones(landed),
        *_absences(landed),
        *(Happened(Kind.PRUNED, None, each) for each in landed.pruned),
        *_gone_rejects(landed, refused.values()),
    ]
    by_receipt = collection.vanishes or not collection.is_versioned
    return sorted(found, key=lambda each: (_moment(each, by_receipt=by_receipt), each.receipt))


def to_steps(happened: Iterable[Happened]) -> list[tuple[Step, list[Happened]]]:
    """Return the steps, each with what it was made from."""
    groups: list[list[Happened]] = []
    for each in happened:
        if groups and _is_same(groups[-1][-1], each):
            groups[-1].append(each)
        else:
            groups.append([each])
    return [(_step(number, group), group) for number, group in enumerate(groups, 1)]


def _state(
    collection: Collection,
    landed: Landed,
    row: StateRow,
    refused: dict[tuple[str, int], RejectedState],
) -> Happened:
    values = plain(row.values, collection)
    reject = refused.get((row.line.batch_id, row.line.number))
    stayed_out = bool(row.fault) or (reject is not None and not reject.in_table)
    return Happened(
        Kind.QUARANTINED if stayed_out else Kind.STATE,
        row.values[collection.version] if collection.is_versioned else None,
        landed.origin(row.line),
        {name: value for name, value in values.items() if name not in _OF_RECEIPT},
        # An engine refuses more than does not fit its column.
        row.fault or row.warning or (reject.reason if reject else ""),
        row.wiped,
        row.place,
    )


def _tombstones(landed: Landed) -> Iterator[Happened]:
    """Yield the deletions by another record that does not have the row itself."""
    with_row = {_place_of(landed.origin(state.line)) for state in landed.states}
    for each in landed.tombstones:
        origin = landed.origin(each.line)
        if _place_of(origin) not in with_row:
            yield Happened(Kind.DELETED_BESIDE, each.version, origin, place=(origin.line,))


def _place_of(origin: Origin) -> tuple[str, str, int]:
    return origin.batch, origin.part, origin.line


def _absences(landed: Landed) -> Iterator[Happened]:
    """Yield the complete walks that did not show the row, each first one since it was shown."""
    shown_in = {each.line.batch_id for each in landed.states}
    received = [each.line.received_at for each in landed.states]
    gone_since: datetime | None = None
    for walk in landed.walks:
        before = [each for each in received if each < walk.started]
        is_told = gone_since is not None and not any(each > gone_since for each in before)
        if walk.partial or walk.batches & shown_in or not before or is_told:
            continue
        gone_since = walk.started
        pages = len(walk.batches)
        origin = Origin(walk.last, "", 0, walk.started, pages, walk.started)
        yield Happened(Kind.ABSENT, None, origin)


def _gone_rejects(landed: Landed, rejects: Iterable[RejectedState]) -> Iterator[Happened]:
    """Yield the rejects of the load log whose batches are no longer in the hub."""
    there = {origin.batch for origin in landed.origins.values()}
    for each in rejects:
        if each.batch not in there:
            received = each.received or NEVER
            origin = Origin(each.batch, each.part, each.line, received, 0, received)
            kind = Kind.PRUNED if each.in_table else Kind.QUARANTINED
            yield Happened(kind, None, origin, reason=each.reason)


def _moment(each: Happened, *, by_receipt: bool) -> datetime:
    if by_receipt:
        return each.origin.received
    if each.version is None and each.kind is Kind.STATE:
        return NEVER  # what is missing is older than any version
    return each.version or each.origin.received


def _is_same(before: Happened, each: Happened) -> bool:
    """Return whether two things that follow each other are one step."""
    if before.kind is not each.kind:
        return False
    if each.kind is Kind.DELETED_BESIDE:
        return True
    same = before.version == each.version and before.values == each.values
    return same and each.kind in (Kind.STATE, Kind.QUARANTINED) and bool(each.values)


def _step(number: int, group: list[Happened]) -> Step:
    first = group[0]
    erased = [each.origin.erased for each in group if each.origin.erased]
    return Step(
        number,
        first.kind,
        first.version,
        [each.origin for each in group],
        first.values,
        reason=first.reason,
        deleted=first.kind in (Kind.DELETED_BESIDE, Kind.ABSENT)
        or bool(first.values.get("_deleted")),
        wiped=first.wiped,
        erased=max(erased) if erased and ERASED in str(first.values) else None,
    )
