"""Which state of a row counts, by the rules of a load, and what the table has to show of it.

The rules are those of `warehouse.upsert`, `scrubs`, `absence` and the tombstones, applied here to
states in memory, so that hub and table are compared by two ways.
"""

from collections.abc import Sequence
from datetime import datetime

from zendesk_assets.spec import Collection
from zendesk_assets.why.differences import Values
from zendesk_assets.why.history import Kind, Step
from zendesk_assets.why.steps import NEVER, Happened

Told = Sequence[tuple[Step, list[Happened]]]


def find_winner(collection: Collection, told: Told) -> tuple[Step, Happened] | None:
    """Return the state that counts, and the step that it is of; None if none landed."""
    keeps = collection.scrub is not None and collection.scrub.keep
    states = [(step, one) for step, group in told if step.kind is Kind.STATE for one in group]
    if not states:
        return None
    # Where content is kept, every state with content counts before a wiped one.
    return max(states, key=lambda each: (not (keeps and each[1].wiped), each[1].rank))


def expect(collection: Collection, told: Told, winner: Happened) -> Values:
    """Return what the table has to show where this state counts: marks of others added to it."""
    values = dict(winner.values)
    keeps = collection.scrub is not None and collection.scrub.keep
    if collection.scrub is not None:
        values["_scrubbed"] = winner.wiped
    if keeps and any(one.wiped and _moment(one) >= _moment(winner) for one in _all(told)):
        values |= {"_scrubbed": True, "_deleted": True}
    if is_deleted_beside(collection, told, winner) or is_absent(told):
        values["_deleted"] = True
    return values


def is_deleted_beside(collection: Collection, told: Told, winner: Happened) -> bool:
    """Return whether another record has deleted the row since.

    One that brings all its rows is not older than those that it brings.
    """
    deletions = [_moment(one) for one in _all(told) if one.kind is Kind.DELETED_BESIDE]
    if not deletions:
        return False
    newest, mine = max(deletions), _moment(winner)
    return newest > mine if collection.comes_whole else newest >= mine


def is_absent(told: Told) -> bool:
    """Return whether the last complete walk of a list did not show the row, nor did one since."""
    gone = [one.origin.received for one in _all(told) if one.kind is Kind.ABSENT]
    shown = (Kind.STATE, Kind.QUARANTINED)
    seen = [one.origin.received for one in _all(told) if one.kind in shown]
    return bool(gone) and max(gone) > max(seen, default=NEVER)


def _all(told: Told) -> list[Happened]:
    return [one for _, group in told for one in group]


def _moment(one: Happened) -> tuple[datetime, datetime]:
    return one.version or NEVER, one.origin.received
