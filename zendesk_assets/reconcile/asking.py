"""The requests of a reconciliation, planned before the first is sent.

Zendesk is asked by id (`show_many`, 100 a request) and, for groups, for the whole list. Counts are
approximate and cached (trap T33): they are told, never judged. What has changed since the last load
is asked of the export, at most a few pages, so that it is not taken for a difference.
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-multiple-tickets
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any, Final

import msgspec

from zendesk_assets.hub import PropertyFilter, covers
from zendesk_assets.reconcile.compare import Difference, Row, compare, moment_of
from zendesk_assets.reconcile.sample import choose, chunks, missing_ids
from zendesk_assets.spec import Collection, Stream, Window
from zendesk_assets.zendesk import Position, ZendeskClient

__all__ = ["Asked", "Inspector", "Plan"]

_BY_ID: Final = ("tickets", "organizations")
_CHANGES_PAGES: Final = 5
_MANY: Final = 100
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Plan:
    """What is going to be asked: `sample`, ids of rows, and `absent`, ids that no row has.

    `rows` is how many rows there are to choose from.
    """

    collection: Collection
    rows: int
    sample: tuple[int, ...]
    absent: tuple[int, ...]

    @property
    def is_by_id(self) -> bool:
        """Return whether records are asked for by id; else the list is read whole."""
        return self.collection.name in _BY_ID

    @property
    def requests(self) -> int:
        """Return the most requests this can take, without retries."""
        if not self.is_by_id:
            return 2 + self.rows // _MANY  # the list may have grown by less than a page
        asked = ceil(len(self.sample) / _MANY) + ceil(len(self.absent) / _MANY)
        return 1 + _CHANGES_PAGES + asked

    @classmethod
    def of(
        cls,
        collection: Collection,
        known: Sequence[Row],
        every: Iterable[int],
        sample: int,
        seed: str,
    ) -> Plan:
        """Plan to ask for `sample` of the `known` rows ({id, the version}).

        `every` id there is in the table is not missing, known or not.
        """
        days = [(row["id"], f"{row[collection.version] or ''}"[:10]) for row in known]
        ids = [row["id"] for row in known]
        return cls(
            collection,
            len(known),
            tuple(choose(days, sample, seed) if collection.name in _BY_ID else ids),
            tuple(missing_ids(ids, every, sample, seed) if collection.name == "tickets" else ()),
        )


@dataclass(frozen=True)
class Asked:
    """What came of it: differences, how many records were compared, how many left out as newer."""

    differences: tuple[Difference, ...]
    compared: int
    newer: int
    count: int | None


@dataclass(frozen=True)
class Inspector:
    """Asks Zendesk about one collection; `loaded_to` is how far the table was filled.

    `covered` is what the hub has: a ticket outside of it was never asked for, and is not missing.
    """

    client: ZendeskClient
    collection: Collection
    stream: Stream
    properties: PropertyFilter
    loaded_to: datetime
    covered: tuple[Window, ...]

    def ask(self, plan: Plan, rows: dict[int, Row]) -> Asked:
        """Send the requests and compare; `rows` are those of the sample. Raises ZendeskError."""
        count = self._count()
        if plan.is_by_id:
            records = self.records([*plan.sample, *plan.absent])
            # Asked last: what changed while the records were read is in it, but for a minute.
            changed = self._changed_since()
            known = [*plan.sample, *(key for key in plan.absent if key in records)]
        else:
            records, changed = {each["id"]: each for each in self._list()}, set()
            known = sorted({*plan.sample, *records})
        changed |= {key for key, record in records.items() if not self._is_due(record)}
        judged = [key for key in known if key not in changed]
        found = [compare(self.collection, records.get(key), rows.get(key)) for key in judged]
        differences = tuple(each for each in found if each)
        return Asked(differences, len(judged), len(known) - len(judged), count)

    def records(self, ids: Sequence[int]) -> dict[int, Row]:
        """Return Zendesk's records with these ids; those it does not show are left out."""
        found: dict[int, Row] = {}
        for some in chunks(ids):
            text = ",".join(map(str, some))
            answer: Any = self.client.get(f"/{self.collection.name}/show_many", {"ids": text})
            raw = [msgspec.json.encode(each) for each in answer.get(self.collection.name) or ()]
            found |= {each["id"]: each for each in self._read(raw)}
        return found

    def _count(self) -> int | None:
        if self.collection.name not in _BY_ID:
            return None
        answer: Any = self.client.get(f"/{self.collection.name}/count").get("count")
        value = answer.get("value") if isinstance(answer, dict) else None
        return value if isinstance(value, int) else None

    def _changed_since(self) -> set[int]:
        """Return the ids that the export has since the load: newer, or deleted since."""
        pages = self.client.walk(self.stream, Position(start=self.loaded_to))
        records = (raw for page in islice(pages, _CHANGES_PAGES) for raw in page.records)
        return {each["id"] for each in self._read(records)}

    def _list(self) -> list[Row]:
        pages = self.client.walk(self.stream, Position())
        return list(self._read(raw for page in pages for raw in page.records))

    def _read(self, raw: Iterable[bytes]) -> Iterable[Row]:
        kept = self.properties.apply(list(raw))
        return [msgspec.json.decode(each) for each in kept]

    def _is_due(self, record: Row) -> bool:
        """Return whether the last load ought to have it as it is: its time was fetched by then."""
        moment = moment_of(self.collection, record)
        return (
            moment is not None
            and moment < self.loaded_to
            and covers(self.covered, Window(moment, moment + _SECOND))
        )
