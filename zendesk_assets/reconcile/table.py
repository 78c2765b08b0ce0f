"""Our side of a comparison: a table and its hub. It only reads, and sends no requests.

It decides what the last load should have: what was fetched by then, and nothing newer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Self

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import SourceHub, covers, incomplete_seconds
from zendesk_assets.properties import property_filter
from zendesk_assets.reconcile.compare import Row
from zendesk_assets.reconcile.sample import Choice, Sample, choose, missing_ids
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.records.property_filter import PropertyFilter
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Stream, Window
from zendesk_assets.warehouse import KeyTimes, Warehouse, draw_keys, find_gaps

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class ComparedTable:
    """The table of `collection`, made from `stream`; `properties` excludes or hashes."""

    collection: Collection
    stream: Stream
    hub: SourceHub
    warehouse: Warehouse
    properties: PropertyFilter

    @classmethod
    def of(
        cls, source: Source, collection: Collection, hub: SourceHub, warehouse: Warehouse
    ) -> Self:
        """Return a table of a source."""
        stream = declared().stream_of(collection)
        return cls(collection, stream, hub, warehouse, property_filter(source, stream))

    @property
    def name(self) -> str:
        """Return `schema.table`."""
        return f"{self.hub.schema}.{self.collection.name}"

    @cached_property
    def loaded_to(self) -> datetime:
        """Return up to when the table was filled.

        Raises:
            ZendeskAssetsError: if it never was.
        """
        loaded = self.warehouse.loaded_batches(self.hub.schema, self.collection.name)
        batches = self.hub.batches(self.stream.name)
        ends = [each.window.end for each in batches if each.name in loaded]
        if not ends:
            raise ZendeskAssetsError(f"{self.name} is not loaded from this hub: sync first.")
        return max(ends)

    @cached_property
    def covered(self) -> list[Window]:
        """Return the hub's coverage: a record outside was never requested, and so is not lost."""
        return self.hub.coverage(self.stream.name)

    @property
    def fetched_from(self) -> datetime | None:
        """Return where the history that was fetched begins; None for a list without months."""
        return self.covered[0].start if self.stream.partitioned and self.covered else None

    def incomplete(self) -> list[datetime]:
        """Return the seconds of the stream that Zendesk did not show in full (trap T6)."""
        return incomplete_seconds(self.hub, self.stream.name)

    def rows(
        self, columns: Sequence[str], values: Sequence[int | str] | None = None, key: str = "id"
    ) -> list[dict[str, Any]]:
        """Return these columns of the rows whose `key` is one of `values`, or of all."""
        schema, name = self.hub.schema, self.collection.name
        return self.warehouse.rows(schema, name, columns, values, key)

    def whole_rows(self, values: Sequence[int | str], key: str = "id") -> dict[int | str, Row]:
        """Return all columns of such rows, by `key`."""
        columns = [*(each.name for each in self.collection.columns), "_deleted"]
        return {row[key]: row for row in self.rows(columns, values, key)}

    def live(self) -> int:
        """Return the number of rows that are not deleted."""
        query = "SELECT count(*) FROM {} WHERE NOT _deleted"
        found = self.warehouse.ask(self.hub.schema, self.collection.name, query)
        return int(found[0][0]) if found else 0

    @property
    def key(self) -> str:
        """Return the column that tells rows apart: comparison is for tables with one."""
        (key,) = self.collection.primary_key
        return key

    def draw(self, choice: Choice) -> Sample:
        """Return some keys of the table's rows, of each day."""
        return self._draw([self._own_keys], choice)

    def draw_tickets(self, choice: Choice, *, all_of_them: bool) -> Sample:
        """Return some of the tickets that have rows, of each day of their last change.

        With `all_of_them` also those of the table tickets, if it exists: their rows may be lost.
        """
        tickets = declared().collections["tickets"]
        places = [replace(self._own_keys, key="ticket_id")]
        places += [KeyTimes(tickets.name, "id", tickets.version)] * all_of_them
        return self._draw(places, choice)

    def lacked(self, choice: Choice) -> list[int]:
        """Return some of the ids that no row has, between those that rows have."""
        gaps = find_gaps(self.warehouse, self.hub.schema, self._own_keys, *choice.bounds)
        return missing_ids(gaps, choice.size, choice.seed)

    @property
    def _own_keys(self) -> KeyTimes:
        return KeyTimes(self.collection.name, self.key, self.collection.version)

    def _draw(self, places: Sequence[KeyTimes], choice: Choice) -> Sample:
        schema, size, seed = self.hub.schema, choice.size, choice.seed
        found = draw_keys(self.warehouse, schema, places, size, seed, *choice.bounds)
        return Sample(found.known, tuple(choose(found.keys, size, seed)))

    def read(self, records: Iterable[bytes]) -> list[dict[str, Any]]:
        """Return records after the same filter and lenient decoding as landed ones.

        Of a child of a small parent, this is the record itself, with what is around it under `../`.
        """
        kept = self.properties.apply(list(records))
        return [self._own(decode_leniently(each, dict[str, Any])) for each in kept]

    def _own(self, record: dict[str, Any]) -> dict[str, Any]:
        parent = self.stream.parent
        if parent is None:
            return record
        around = {f"../{name}": value for name, value in record.items()}
        return {**record[parent.child_name], **around}

    def is_due(self, moment: datetime | None) -> bool:
        """Return whether the last load should have what last changed at `moment`."""
        if not self.collection.is_versioned:
            return True  # it does not say when it changed
        return (
            moment is not None
            and moment < self.loaded_to
            and covers(self.covered, Window(moment, moment + _SECOND))
        )
