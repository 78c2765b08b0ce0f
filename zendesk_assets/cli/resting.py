"""Which lists a sync need not touch: read recently enough, and in their tables.

A list of configuration is read once an hour or once a day. In between, its steps would ask Zendesk
and the warehouse for nothing, at the cost of a run's steps; so a sync of everything leaves it out.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.errors import HubError, WarehouseError
from zendesk_assets.history import histories_of
from zendesk_assets.hub import SourceHub
from zendesk_assets.hub.integrity import is_list_lost
from zendesk_assets.orchestration import keys
from zendesk_assets.spec import Collection, Stream, due_after
from zendesk_assets.warehouse import Warehouse, find_loaded, name_history, without_room


@dataclass(frozen=True)
class Resting:
    """The collections that nothing has to be done for, and when the first of them is due."""

    collections: frozenset[str] = frozenset()
    due: datetime | None = None

    def sentence(self, schema: str) -> str:
        """Return what a sync says of them."""
        count, due = len(self.collections), f"{self.due:%Y-%m-%d %H:%M} UTC"
        if count == 1:
            return f"{schema}: 1 list is not due until {due}; --refetch reads it now."
        lists = f"{count} lists are not due yet, the first of them at {due}"
        return f"{schema}: {lists}; --refetch reads them now."


@dataclass(frozen=True)
class _Read:
    """A list that is not due: its last batch, its tables, and when it is due."""

    stream: Stream
    batch: str
    tables: tuple[str, ...]
    due: datetime


def find_resting(account: Account, instance: dg.DagsterInstance, now: datetime) -> Resting:
    """Return what needs neither be read nor loaded; nothing where that cannot be seen."""
    schema, chosen = account.source.schema_name, chosen_collections(account.source)
    with suppress(HubError, WarehouseError):
        read = [each for each in _lists_read(account.hub, chosen) if each.due > now]
        read = _recorded(read, schema, instance)
        if not read:  # another process may hold the warehouse, which is then not asked
            return Resting()
        warehouse = account.warehouse()
        kept = histories_of(account.source, chosen)
        with_history = [each for each in chosen if each.name in kept]
        histories = kept - without_room(warehouse, schema, with_history)
        read = _loaded(read, schema, warehouse, histories)
        if read:
            names = frozenset(name for each in read for name in each.tables)
            return Resting(names, min(each.due for each in read))
    return Resting()


def _lists_read(hub: SourceHub, chosen: Iterable[Collection]) -> list[_Read]:
    """Return the lists with a cadence that the hub has, as their last walk left them."""
    tables: dict[str, list[str]] = {}
    for each in chosen:
        tables.setdefault(each.stream, []).append(each.name)
    found = []
    for name, its in tables.items():
        stream = declared().streams[name]
        if not stream.cadence or is_list_lost(hub, stream):
            continue
        known = hub.look(name)
        if known.recent and known.newest_whole and not known.open:
            due = due_after(known.newest_whole, stream.cadence)
            found.append(_Read(stream, known.recent[-1].name, tuple(its), due))
    return found


def _recorded(read: list[_Read], schema: str, instance: dg.DagsterInstance) -> list[_Read]:
    """Return those whose assets Dagster knows: others are materialized, to be seen in the UI."""
    wanted = {each.stream.name: _assets(each, schema) for each in read}
    records = instance.get_asset_records([key for some in wanted.values() for key in some])
    known = {
        each.asset_entry.asset_key for each in records if each.asset_entry.last_materialization
    }
    return [each for each in read if wanted[each.stream.name] <= known]


def _assets(read: _Read, schema: str) -> set[dg.AssetKey]:
    tables = {keys.table_key(schema, name) for name in read.tables}
    return {keys.hub_key(schema, read.stream.name), *tables}


def _loaded(
    read: list[_Read], schema: str, warehouse: Warehouse, histories: AbstractSet[str]
) -> list[_Read]:
    """Return those whose last batch is in all of their tables, and in their `histories`."""
    found = find_loaded(warehouse, schema, [each.batch for each in read])
    return [
        each
        for each in read
        if all((name, each.batch) in found for name in _with_histories(each.tables, histories))
    ]


def _with_histories(tables: Iterable[str], histories: AbstractSet[str]) -> list[str]:
    names = list(tables)
    return [*names, *(name_history(name) for name in names if name in histories)]
