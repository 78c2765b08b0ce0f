"""The verdicts of a table's checks: passed or not, a sentence, figures.

Pure functions over the answers of warehouse and hub, which `checks` collects.
https://docs.dagster.io/guides/test/asset-checks
"""

from collections.abc import Collection as Collected
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from zendesk_assets.hub import Batch
from zendesk_assets.plain_text import counted
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import Dangling, KeyFaults, LoadedUpTo, LoadRecord, Quarantined

# Each tick loads everything, so a batch that waits longer than this was skipped.
_LONGEST_WAIT: Final = timedelta(days=1)
_SHOWN: Final = 20


@dataclass(frozen=True)
class Verdict:
    """The result of a check: a sentence, figures, and the severity."""

    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)
    outcome: Literal["passed", "warning", "error"] = "passed"


def judge_keys(faults: KeyFaults) -> Verdict:
    """Judge whether the primary key is unique and not null."""
    figures = {"rows": faults.rows, "repeated": faults.repeated, "missing": faults.missing}
    if not faults.missing and not faults.repeated:
        return Verdict(f"{counted(faults.rows, 'row')}, each with a unique key.", figures)
    return Verdict(
        f"{counted(faults.repeated, 'key')} repeated, {counted(faults.missing, 'row')} without a "
        "key, which our loads never produce: find out what else writes to the table, or report "
        "this.",
        {**figures, "examples": list(faults.examples)},
        outcome="error",
    )


def judge_references(found: Sequence[Dangling], unsure: Collected[str] = ()) -> Verdict:
    """Judge whether ids refer to existing rows; those of `unsure` columns may not be loaded yet."""
    missing = [each for each in found if each.ids and each.column not in unsure]
    older = [each for each in found if each.ids and each.column in unsure]
    figures: dict[str, Any] = {each.column: _about(each) for each in found}
    figures["missing_ids"] = sum(each.ids for each in missing)
    if not missing:
        sure = counted(len(found) - len(older), "column")
        rest = "; ".join(f"{counted(each.ids, 'id')} in {each.column}" for each in older)
        told = f" Perhaps of months that were not fetched: {rest}." if older else ""
        return Verdict(f"All ids in {sure} were found.{told}", figures)
    lines = "; ".join(
        f"{counted(each.ids, 'id')} in {each.column} not in {each.collection} "
        f"(such as {each.examples[0]})"
        for each in missing
    )
    return Verdict(
        f"{lines}. They may be quarantined there, belong to a day that was never loaded, or have "
        "been deleted permanently in Zendesk.",
        figures,
        outcome="warning",
    )


def judge_quarantine(found: Sequence[Quarantined]) -> Verdict:
    """Judge whether rows were quarantined since the last check, or values did not fit."""
    rows = [each for each in found if not each.is_warning]
    values = [each for each in found if each.is_warning]
    new, every = sum(each.new for each in rows), sum(each.rows for each in rows)
    odd = sum(each.new for each in values)
    figures: dict[str, Any] = {"new": new, "quarantined": every}
    figures |= {"new_warnings": odd, "warnings": sum(each.rows for each in values)}
    if found:
        figures["reasons"] = {each.reason: each.rows for each in found}
        figures["until"] = max(each.last for each in found).isoformat()
    more = f" {_about_values(values, odd)}" if values else ""
    todo = "`zendesk-assets rejects` lists them with the reasons."
    if new:
        return Verdict(
            f"{counted(new, 'row')} could not be read and stayed out ({_usual(rows)}).{more} "
            f"{todo}",
            figures,
            outcome="error",
        )
    start = "No row is quarantined."
    if every:
        start = f"None new; {counted(every, 'row')} still quarantined ({_usual(rows)})."
    outcome: Literal["passed", "warning"] = "warning" if odd else "passed"
    return Verdict(f"{start}{more} {todo}" if found else start, figures, outcome=outcome)


def _about_values(found: Sequence[Quarantined], new: int) -> str:
    """Return a sentence about the rows that are there without a value."""
    every = sum(each.rows for each in found)
    have = "has" if every == 1 else "have"
    return (
        f"{counted(every, 'row')} in the table {have} a value that does not fit its column "
        f"({new} new; {_usual(found)}): the column is NULL, and `_unknown` has the value."
    )


def _usual(found: Sequence[Quarantined]) -> str:
    """Return the most frequent reason."""
    most = max(found, key=lambda each: each.rows)
    return most.reason.rstrip(".") + ("" if len(found) == 1 else ", and others")


def judge_unknown(found: Mapping[str, int]) -> Verdict:
    """Judge whether Zendesk sends properties that the catalog does not declare."""
    if not found:
        return Verdict("Every property that Zendesk sends has a column.", {"undeclared": 0})
    names = ", ".join(list(found)[:_SHOWN])
    return Verdict(
        f"No column for: {names}. Nothing is lost: the values are in the column `_unknown`.",
        {"undeclared": len(found), "rows_by_property": dict(found)},
        outcome="warning",
    )


def judge_loads(
    collection: Collection,
    loads: Sequence[LoadRecord],
    hub: Sequence[Batch],
    records: Mapping[str, int],
    older: LoadedUpTo,
) -> Verdict:
    """Judge whether the load log of the table agrees with the hub.

    `records` has the manifests' record counts of the batches that are examined more closely.
    `older` sums up batches that both have; `loads` and `hub` are the others.
    """
    here = {batch.name for batch in hub}
    loaded = {each.batch_id for each in loads}
    waiting = [batch for batch in hub if batch.name not in loaded]
    last = max((each for each in (older.last, *(e.loaded_at for e in loads)) if each), default=None)
    overlooked = [each.name for each in waiting if last and last - each.id.landed > _LONGEST_WAIT]
    wrong = [
        line for each in (*older.faulty, *loads) for line in _faults(collection, each, records)
    ]
    figures: dict[str, Any] = {
        "batches_loaded": len(loaded) + older.batches,
        "batches_waiting": len(waiting),
        "batches_gone_from_hub": len(loaded - here),
        "batches_compared": len(records),
    }
    if last:
        figures["until"] = last.isoformat()
    if wrong:
        return Verdict(
            f"The load log does not add up in {counted(len(wrong), 'place')}: {wrong[0]}. Load it "
            "again with `zendesk-assets sync --warehouse-only --replay`, and report this.",
            {**figures, "places": wrong[:_SHOWN]},
            outcome="error",
        )
    if overlooked:
        return Verdict(
            f"{len(overlooked)} of the hub's batches have waited for more than a day while others "
            "were loaded: materialize the current month, which loads all of them.",
            {**figures, "overlooked": overlooked[:_SHOWN]},
            outcome="warning",
        )
    rest = f"; {len(waiting):,} not yet, which the next load brings" if waiting else ""
    done, every = (len(each) + older.batches for each in (loaded, hub))
    return Verdict(f"Loaded: {done:,} of {counted(every, 'batch')}{rest}.", figures)


def _faults(collection: Collection, load: LoadRecord, records: Mapping[str, int]) -> list[str]:
    """Return what is wrong with the load log of one batch.

    Incoming rows are inserted, updated, unchanged or quarantined. If each record is a row, there
    are as many rows as records; a record with lists has any number of rows.
    """
    parts = (load.inserted, load.updated, load.unchanged, load.quarantined)
    found = []
    if sum(parts) != load.rows_in or min(parts) < 0:
        found.append(
            f"{load.batch_id}: {counted(load.rows_in, 'incoming row')}, "
            f"{sum(parts):,} accounted for"
        )
    if load.rejects != load.quarantined:
        said = counted(load.quarantined, "row")
        found.append(f"{load.batch_id}: {said} quarantined, {load.rejects:,} found")
    if load.batch_id in records and not _fits(collection, load.rows_in, records[load.batch_id]):
        found.append(
            f"{load.batch_id}: {counted(records[load.batch_id], 'record')} in the hub, "
            f"{counted(load.rows_in, 'incoming row')}"
        )
    return found


def _fits(collection: Collection, rows: int, records: int) -> bool:
    return bool(records) or not rows if collection.records else rows == records


def _about(found: Dangling) -> dict[str, Any]:
    about: dict[str, Any] = {"collection": found.collection, "missing_ids": found.ids}
    return about | ({"rows": found.rows, "examples": list(found.examples)} if found.ids else {})
