"""The state of each table of a source, from hub and warehouse alone: no request, no Dagster."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.errors import HubError
from zendesk_assets.history import histories_of
from zendesk_assets.hub import Known, Pending, SourceHub, find_all_pending, incomplete_seconds
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Collection
from zendesk_assets.status.budget_use import account_use, last_walk
from zendesk_assets.warehouse import (
    TableSummary,
    Warehouse,
    name_history,
    summarize,
    without_room,
)

# A batch is written in seconds; an older one that is not committed never will be.
_BEING_WRITTEN: Final = timedelta(hours=1)
_RATINGS: Final = "satisfaction_ratings"
_STALE: Final = timedelta(days=60)
NEW_SURVEYS: Final = (
    "An account on Zendesk's new CSAT surveys has its answers in survey_responses; the tables for "
    "legacy CSAT then stay empty or stale."
)


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
        parts = self.incomplete_seconds or self.not_read or self.no_room_for_history
        return refused or any(numbers) or bool(parts)


def collection_statuses(
    sources: Sources,
    source: Source,
    warehouse: Warehouse | None = None,
    since: datetime | None = None,
) -> list[CollectionStatus]:
    """Return the state of each collection of a source, from hub and warehouse alone.

    The `warehouse` is that of the sources file, unless another (a copy of it) is given. `since` is
    when the newest sync began, if that is known.

    Raises:
        HubError: if the hub cannot be read.
        WarehouseError: if the warehouse cannot be read.
    """
    account = Account(sources, source)
    warehouse, hub = warehouse or account.warehouse(), account.hub
    chosen, use = chosen_collections(source), account_use(sources, source)
    other = account.other(warehouse)
    found = summarize(warehouse, source.schema_name, chosen, since)
    summaries = {each.table: each for each in found}
    kept = histories_of(source, chosen)
    with_history = [each for each in chosen if each.name in kept]
    no_room = without_room(warehouse, source.schema_name, with_history)
    looks = {each.name: hub.look(each.stream) for each in chosen}
    pending = find_all_pending(looks, warehouse, source.schema_name)
    statuses = [
        replace(
            _status(
                source, hub, each, looks[each.name], pending[each.name], summaries.get(each.name)
            ),
            budget_used=use.share(each.stream) if use else None,
            other_account=other,
            no_room_for_history=(
                f"{source.schema_name}.{name_history(each.name)}" if each.name in no_room else None
            ),
        )
        for each in chosen
    ]
    hint = _hint(summaries)
    return [replace(row, hint=hint) if row.collection == _RATINGS else row for row in statuses]


def _not_read(hub: SourceHub, collection: Collection, known: Known) -> tuple[str, ...]:
    """Return the parents whose lists the last walk could not read, as `brand_id 7`."""
    parent = declared().stream_of(collection).parent
    if not parent or not known.recent:
        return ()
    try:
        unread = hub.manifest(known.recent[-1]).unread_parents
    except HubError:
        return ()
    return tuple(map(parent.describe, unread))


def _hint(summaries: Mapping[str, TableSummary]) -> str | None:
    """Return a hint that ratings may be elsewhere, if there are none or they are old."""
    ratings, tickets = summaries.get(_RATINGS), summaries.get("tickets")
    if ratings is None:
        return None
    if not ratings.rows:
        return f"there are none. {NEW_SURVEYS}"
    newest = tickets.newest if tickets else None
    if ratings.newest and newest and newest - ratings.newest > _STALE:
        return f"the newest is from {ratings.newest:%Y-%m-%d}. {NEW_SURVEYS}"
    return None


def _status(
    source: Source,
    hub: SourceHub,
    collection: Collection,
    known: Known,
    pending: Pending,
    summary: TableSummary | None,
) -> CollectionStatus:
    stream = collection.stream
    covered = known.coverage[-1].end if known.coverage else None
    lag = round((datetime.now(UTC) - covered).total_seconds() / 60, 1) if covered else None
    refusal, seconds = hub.refusals.of(stream), incomplete_seconds(hub, stream)
    walk = last_walk(hub, known.recent)
    stalled = datetime.now(UTC) - _BEING_WRITTEN
    return CollectionStatus(
        source=source.schema_name,
        collection=collection.name,
        rows=summary.rows if summary else 0,
        covered_to=_iso(covered),
        lag_minutes=lag,
        last_landed=_iso(known.recent[-1].id.landed if known.recent else None),
        last_loaded=_iso(summary.loaded_at if summary else None),
        batches=len(known),
        batches_to_load=len(pending.batches),
        abandoned=len(known.abandoned(stalled)),
        quarantined=summary.quarantined if summary else 0,
        warnings=summary.warnings if summary else 0,
        unavailable=refusal.message if refusal else None,
        unavailable_since=_iso(refusal.since if refusal else None),
        not_read=_not_read(hub, collection, known),
        incomplete_seconds=tuple(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in seconds),
        requests=walk.requests if walk else None,
        requests_are_more=bool(walk and walk.is_more),
        seconds_waited=walk.seconds_waited if walk else None,
        requests_refused=walk.refused if walk else None,
        area=declared().area_of(stream),
        needs=declared().streams[stream].needs,
        changed=summary.changed if summary else 0,
        synced_from=_iso(summary.synced_from if summary else None),
    )


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
