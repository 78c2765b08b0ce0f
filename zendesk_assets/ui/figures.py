"""What the pages show of a source, collected from hub and warehouse: values for the templates.

A DuckDB file that a load holds is not waited for: pages then show the figures of the last look, and
say so. A published copy is read instead of the file, so that no load ever waits for a page.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import WarehouseLockedError
from zendesk_assets.hub import Certificate
from zendesk_assets.orchestration.running import SyncTimes
from zendesk_assets.orchestration.schedule_times import next_time
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.settings.places import DuckDBTarget
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.status import (
    AccountUse,
    CollectionStatus,
    account_use,
    collection_statuses,
    problems_of_source,
)
from zendesk_assets.status.calendar import (
    Calendar,
    calendars_of,
    history_in_words,
    streams_of,
)
from zendesk_assets.warehouse import Warehouse, open_duckdb
from zendesk_assets.warehouse_opening import open_warehouse

# A page waits no longer for a DuckDB file, and no more often looks at all tables.
_PATIENCE_SECONDS: Final = 1.0
_GOOD_FOR_SECONDS: Final = 5.0
_LOADING: Final = (
    "A load or another program holds the DuckDB file at this moment: the figures of tables are "
    "those of {}. Nothing is wrong; they follow when it lets go."
)

# Returns the months of a stream whose last run failed: of a schema, and a stream.
FailedMonths = Callable[[str, str], Collection[str]]
# Returns why the last sync of each of the streams of a schema failed, if it did.
FailedSyncs = Callable[[str, Iterable[str]], Mapping[str, str]]
# Returns when syncs of a schema began.
Syncs = Callable[[str], SyncTimes]


@dataclass(frozen=True)
class Tables:
    """The states of a source's tables as of `at`; `notice` says if they are not of now."""

    rows: tuple[CollectionStatus, ...]
    at: datetime | None
    notice: str = ""

    def of(self, name: str) -> CollectionStatus | None:
        """Return the state of one table."""
        return next((each for each in self.rows if each.collection == name), None)


@dataclass(frozen=True)
class SourceFigures:
    """A source at a glance: its tables, schedules (UTC), budget, problems, calendars, proof."""

    source: Source
    tables: Tables
    now: datetime
    next_sync: datetime
    next_load: datetime
    use: AccountUse | None
    calendars: tuple[Calendar, ...]
    certificates: dict[str, Certificate]
    failed: Mapping[str, str]
    syncs: SyncTimes

    @property
    def last_sync(self) -> datetime | None:
        """Return when the newest page of any stream landed in the hub."""
        landed = [each.last_landed for each in self.tables.rows if each.last_landed]
        return datetime.fromisoformat(max(landed)) if landed else None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Return a mark and a sentence for each problem, failed syncs first."""
        return list(problems_of_source(self.tables.rows, self.failed, self.certificates.values()))

    @property
    def refused(self) -> list[CollectionStatus]:
        """Return what the account does not have, which is a normal state."""
        return [each for each in self.tables.rows if each.is_refused]

    @property
    def proof(self) -> str:
        """Return what comparisons with Zendesk have proved."""
        chosen = [each.name for each in chosen_collections(self.source)]
        return summary(self.certificates.values(), chosen)

    @property
    def history(self) -> str:
        """Return from when to when there is history, and how much of it is missing."""
        return history_in_words(self.calendars)


@dataclass
class Figures:
    """Collects figures; what has `failed`, Dagster knows. Shared by the threads of the server."""

    failed: FailedMonths
    failed_syncs: FailedSyncs
    syncs: Syncs
    clock: Clock = field(default_factory=SystemClock)
    _known: dict[tuple[str, str], Tables] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, sources: Sources, source: Source) -> SourceFigures:
        """Return a source at a glance. Raises HubError, or WarehouseError if it is unreachable."""
        now, warehouse = self.clock.now(), reading_of(sources)
        syncs = self.syncs(source.schema_name)
        proof = of_warehouse(
            Account(sources, source).hub.certificates.all(), open_warehouse(sources).name
        )
        return SourceFigures(
            source,
            self._tables(sources, source, warehouse, now, syncs.began),
            now,
            next_time(source.source_sync_cron, now),
            next_time(source.warehouse_sync_cron, now),
            account_use(sources, source),
            tuple(self.calendars(sources, source)),
            proof,
            self.failed_syncs(source.schema_name, [each.name for each in streams_of(source)]),
            syncs,
        )

    def calendars(self, sources: Sources, source: Source) -> list[Calendar]:
        """Return the calendar of each stream of a source that has months. Raises HubError."""
        return calendars_of(sources, source, self.clock.now(), self.failed)

    def _tables(
        self,
        sources: Sources,
        source: Source,
        warehouse: Warehouse,
        now: datetime,
        since: datetime | None,
    ) -> Tables:
        """Return the states of the tables, or what they were when the file was free."""
        place = (warehouse.name, source.schema_name)
        with self._lock:
            known = self._known.get(place)
            if known and known.at and (now - known.at).total_seconds() < _GOOD_FOR_SECONDS:
                return known
            try:
                rows = tuple(collection_statuses(sources, source, warehouse, since))
            except WarehouseLockedError:
                when = f"{known.at:%H:%M:%S} UTC" if known and known.at else "a later look"
                return Tables(known.rows if known else (), None, _LOADING.format(when))
            found = self._known[place] = Tables(rows, now)
            return found


def reading_of(sources: Sources) -> Warehouse:
    """Return the warehouse as pages read it: the copy for readers, or the file, without waiting."""
    target = sources.warehouse
    if not isinstance(target, DuckDBTarget):
        return open_warehouse(sources)
    copy = Path(sources.resolve(target.published)) if target.published else None
    path = copy if copy and copy.exists() else Path(sources.resolve(target.path))
    return open_duckdb(path, lock_timeout=_PATIENCE_SECONDS)
