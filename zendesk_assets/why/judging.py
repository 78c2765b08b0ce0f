"""Sets the table's row beside the state that counts, and says in sentences what is so and why."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import OneRow
from zendesk_assets.why.differences import Difference, find_differences, plain
from zendesk_assets.why.history import History, Kind, Step
from zendesk_assets.why.steps import Happened
from zendesk_assets.why.verdict import (
    Told,
    expect,
    find_winner,
    is_absent,
    is_deleted_beside,
)

# What has become of a batch that is not (whole) in the hub: a phrase, or "" if it is.
Fate = Callable[[str], str]
_OURS = ("received_at", "_batch_id", "loaded_at")


def judge(history: History, collection: Collection, told: Told, row: OneRow, fate: Fate) -> None:
    """Write into a history which state counts, which one the table shows, and why."""
    found = find_winner(collection, told)
    history.loaded = row.loaded
    shown = plain(row.values, collection) if row.values else None
    if found is None:
        history.verdict = [_without_state(history, row, fate)]
        history.agrees = shown is None
        return
    winner, state = found
    wanted = expect(collection, told, state)
    history.winner = winner.number
    if shown is not None:
        there = {name: value for name, value in wanted.items() if name in shown}
        history.differs = find_differences(there, {name: shown[name] for name in there})
        history.shown = _find_shown(history.steps, winner, shown, history.differs)
    history.agrees = shown is not None and not history.differs
    history.verdict = [_outcome(history, collection, state, row, fate)]
    history.verdict += [_why_it_counts(collection, history.steps, winner, state)]
    history.verdict += _why_deleted(collection, told, state, row)
    if row.lacking and shown is not None:
        history.notes.append(
            f"The table has no column {', '.join(row.lacking)} yet: the next load adds it."
        )


def _find_shown(
    steps: Sequence[Step], winner: Step, shown: dict[str, Any], differs: Sequence[Difference]
) -> int | None:
    """Return the number of the step that the table shows, marks aside."""
    if not differs:
        return winner.number
    marks = ("_deleted", "_scrubbed", *_OURS)
    content = {name: value for name, value in shown.items() if name not in marks}
    for step in reversed(steps):
        if step.kind is Kind.STATE and all(
            content.get(name) == value for name, value in step.values.items() if name in content
        ):
            return step.number
    return None


def _outcome(
    history: History, collection: Collection, state: Happened, row: OneRow, fate: Fate
) -> str:
    """Return the sentence that says whether the table shows the state that counts."""
    number, name = history.winner, f"{history.schema}.{history.collection}"
    if history.agrees:
        return f"The table shows state {number}."
    load = f"`zendesk-assets sync --warehouse-only --collection {history.collection}`"
    again = load.replace("--collection", "--replay --collection")
    is_loaded = state.origin.batch in row.loaded
    if not row.has_table:
        return f"There is no table {name} yet: {load} makes it, and it will show state {number}."
    shows = f"state {history.shown}" if history.shown else "none of these states"
    if row.values is None:
        if is_loaded:
            return (
                f"The table has no such row, although state {number} was loaded on "
                f"{moment(row.loaded[state.origin.batch])}: it was removed by something else than "
                f"this project. {again} brings it back."
            )
        return f"The table has no such row: state {number} is not loaded yet. {load} loads it."
    if not is_loaded:
        return f"The table shows {shows}: state {number} is not loaded yet. {load} loads it."
    return _unexpected(history, collection, row, fate, shows, again)


def _unexpected(
    history: History, collection: Collection, row: OneRow, fate: Fate, shows: str, again: str
) -> str:
    """Return the sentence about a table that shows other than what was loaded."""
    values = row.values or {}
    batch = values.get("_batch_id") or ""
    names = ", ".join(dict.fromkeys(each.path for each in history.differs))
    if batch and (what := fate(batch)):
        return (
            f"The table shows a state of batch {batch}, {what}; of what the hub still has, "
            f"state {history.winner} would count (it differs in {names})."
        )
    if {each.column for each in history.differs} == {"_deleted"}:
        return _other_mark(history, collection, row, values, again)
    return (
        f"The table shows {shows}, and should show state {history.winner} (it differs in {names}): "
        "the table was changed by something else than this project, or an older release or other "
        f"settings read the batch in another way. {again} writes what the hub has."
    )


def _other_mark(
    history: History, collection: Collection, row: OneRow, values: dict[str, Any], again: str
) -> str:
    """Return the sentence about a row that is marked as deleted and should not be, or not."""
    if not values["_deleted"]:
        return _unmarked(history, row, again)
    due = values.get(collection.due) if collection.due else None
    if due is not None:
        return (
            f"The table shows this state as deleted: it was a forecast for {moment(due)}, and that "
            "time came without it."
        )
    return (
        "The table shows this state as deleted, and nothing in the hub says so: the walk that no "
        f"longer showed the row was pruned, or something else marked it. {again} writes what the "
        "hub has."
    )


def _unmarked(history: History, row: OneRow, again: str) -> str:
    shows = f"The table shows state {history.winner}, but not as deleted"
    deletions = [e for e in history.steps if e.kind in (Kind.ABSENT, Kind.DELETED_BESIDE)]
    last = deletions[-1] if deletions else None
    if last and last.origins[-1].batch not in row.loaded:
        load = again.replace("--replay ", "")
        return f"{shows}: its deletion ({last.number}) is not loaded yet. {load} loads it."
    if last and last.kind is Kind.ABSENT:
        accept = again.replace("--replay", "--accept-deletions")
        return (
            f"{shows}, although the list no longer has it ({last.number}): so many rows were "
            f"missing at once that a person has to confirm it. {accept} does."
        )
    return (
        f"{shows}: it was changed by something else than this project. {again} writes what the hub "
        "has."
    )


def _without_state(history: History, row: OneRow, fate: Fate) -> str:
    """Return the sentence about a row of which no state can be read from the hub."""
    if row.values is not None:
        batch = row.values.get("_batch_id") or ""
        what = fate(batch) if batch else ""
        return (
            f"The table shows a state of batch {batch}, {what or 'which cannot be read'}; the hub "
            "has no other."
        )
    if any(step.kind is Kind.QUARANTINED for step in history.steps):
        return (
            "The table has no such row: every state of it is quarantined. `zendesk-assets rejects "
            f"--collection {history.collection}` says what to do."
        )
    return "The table has no such row, and the hub has no record of it any more."


def _why_it_counts(
    collection: Collection, steps: Sequence[Step], winner: Step, state: Happened
) -> str:
    """Return the sentence that says why one state counts before all others."""
    others = [step for step in steps if step.kind is Kind.STATE and step is not winner]
    number, column = winner.number, collection.version
    if not others:
        return f"State {number} is the only one that landed."
    if collection.scrub and collection.scrub.keep and any(each.wiped for each in others):
        return (
            f"State {number} counts because `on_scrub: keep` keeps the newest content that there "
            "was before Zendesk wiped it."
        )
    if not collection.is_versioned:
        return f"State {number} counts because it was received last: its records have no time."
    if state.version is None:
        return f"No state has a {column}: state {number} counts because it was received last."
    same = [each.number for each in others if each.version == state.version]
    if same:
        listed = ", ".join(str(each) for each in same)
        how = _tie(steps, same, state)
        return (
            f"State {number} counts because {how}, of those with the newest {column}, "
            f"{moment(state.version)} (also: {listed})."
        )
    return _newest(collection, others, number, state)


def _tie(steps: Sequence[Step], same: Sequence[int], state: Happened) -> str:
    others = [origin for step in steps if step.number in same for origin in step.origins]
    if any(each.batch == state.origin.batch for each in others):
        return "its line comes last in the batch"
    return "it was received last"


def _newest(collection: Collection, others: Sequence[Step], number: int, state: Happened) -> str:
    said = (
        f"State {number} counts because its {collection.version}, {moment(state.version)}, is the "
        "newest"
    )
    late = [
        str(each.number)
        for each in others
        if any(origin.received > state.origin.received for origin in each.origins)
    ]
    if not late:
        return f"{said}."
    return f"{said}; {', '.join(late)} came later, but with an older one."


def _why_deleted(collection: Collection, told: Told, state: Happened, row: OneRow) -> list[str]:
    """Return the sentences about what marks the row beside its own state."""
    if row.values is None:
        return []
    found = []
    if is_deleted_beside(collection, told, state):
        found.append("It is marked as deleted, because another record has deleted it since.")
    if is_absent(told):
        found.append(
            "It is marked as deleted, because the last complete walk of the list did not show it."
        )
    if row.values.get("_scrubbed") and not state.wiped:
        found.append("It is marked as wiped, because Zendesk has wiped its content since.")
    return found


def moment(time: datetime | None) -> str:
    """Return a moment in UTC, as text for people."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if time else "no time"
