"""Explain a row: from the hub and the warehouse of one source, without a request."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from zendesk_assets.catalog import declared
from zendesk_assets.errors import HubError
from zendesk_assets.hub import BatchId, SourceHub
from zendesk_assets.properties import as_chosen
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import OneRow, ToldChange, Warehouse, find_row
from zendesk_assets.why.differences import Difference, find_differences
from zendesk_assets.why.history import Change, History, Kind, Step
from zendesk_assets.why.judging import judge, moment
from zendesk_assets.why.key_index import Say
from zendesk_assets.why.landed import Landed, find_landed
from zendesk_assets.why.steps import NEVER, list_happened, to_steps


def explain(
    source: Source,
    hub: SourceHub,
    warehouse: Warehouse,
    collection: Collection,
    key: tuple[str, ...],
    say: Say,
) -> History | None:
    """Return the history of a row, None if neither hub nor table ever had it.

    `key` has a text for each column of the primary key; `say` is told what takes a while.

    Raises:
        HubError: if the hub cannot be read.
        WarehouseError: if the warehouse cannot be read.
    """
    chosen = as_chosen(source, collection)
    landed = find_landed(hub, chosen, key, say)
    batches = {each.batch for each in landed.origins.values()}
    batches |= {each.last for each in landed.walks}
    row = find_row(warehouse, hub.schema, declared(), chosen, key, batches)
    happened = list_happened(chosen, landed, row.rejects)
    if not happened and row.values is None:
        return None
    told = to_steps(happened)
    steps = [step for step, _ in told]
    states = [len(e.origins) for e in steps if e.kind in (Kind.STATE, Kind.QUARANTINED)]
    history = History(
        hub.schema, collection.name, key, chosen.version, steps, len(states), sum(states)
    )
    _tell_changes(chosen, history.steps, row)
    judge(history, chosen, told, row, partial(_fate, hub, chosen.stream))
    history.notes += _limits(chosen, landed, row)
    return history


def _tell_changes(collection: Collection, steps: Sequence[Step], row: OneRow) -> None:
    """Write into each state what it changed, and who did that as far as it is told."""
    before: Step | None = None
    for step in steps:
        if step.kind is not Kind.STATE:
            continue
        old: dict[str, Any] = before.values if before else {}
        step.is_first = before is None
        for each in find_differences(old, step.values):
            if each.column != collection.version:
                step.changes.append(_told(collection, each, before, step, row.told or []))
        before = step


def _told(
    collection: Collection,
    difference: Difference,
    before: Step | None,
    step: Step,
    told: Sequence[ToldChange],
) -> Change:
    """Return a change with who made it: the last to set that field between the two states."""
    names = _names(collection, difference)
    since, until = (before.version if before else None) or NEVER, step.version or NEVER
    within = [
        each
        for each in told
        if each.field in names and (since < each.at <= until or since == each.at == until)
    ]
    same = [each for each in within if each.value == _as_text(difference.new)]
    if before is None or not within:
        return Change(difference)
    last = (same or within)[-1]
    return Change(difference, last.by, last.name, last.at)


def _names(collection: Collection, difference: Difference) -> set[str]:
    """Return what a difference is called where it is told: its property, or a custom field's id."""
    inside = difference.place.strip(".[]")
    paths = {each.name: each.source_path for each in collection.columns}
    return {inside} if inside else {paths.get(difference.column, difference.column)}


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _fate(hub: SourceHub, stream: str, batch_id: str) -> str:
    """Return what has become of a batch that cannot be read, "" if it can."""
    batch = BatchId.find(batch_id)
    if batch is None:
        return "which was not landed by this project"
    for lost in hub.damaged.lost(stream):
        if lost.id == batch:
            return f"which was moved aside as damaged on {moment(lost.set_aside)}"
    try:
        manifest = hub.manifest(hub.batch(stream, batch_id))
    except HubError:
        return "which is not in the hub (any more)"
    if manifest.pruned:
        return f"whose records `hub prune` removed on {moment(manifest.pruned)}"
    return ""


def _limits(collection: Collection, landed: Landed, row: OneRow) -> list[str]:
    """Return what limits the answer, in sentences."""
    found = [
        f"The records of batch {each.batch}, which had a state of this row, were removed by "
        f"`hub prune` on {moment(each.pruned)}."
        for each in landed.pruned
    ]
    if landed.pruned_unread:
        found.append(
            f"Of {landed.pruned_unread:,} of the batches of {collection.stream}, `hub prune` has "
            "removed the records: states that came with them are not here."
        )
    if collection.changes_in and row.told is None:
        found.append(
            f"Who changed what is not known: {collection.changes_in.collection} is not in the "
            "warehouse."
        )
    return [*found, *dict.fromkeys(landed.troubles)]
