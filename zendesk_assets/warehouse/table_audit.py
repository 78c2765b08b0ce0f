"""A loaded table, looked at: five questions on one open, read-only session.

The SQL is built in `audit`; what the answers mean is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import audit, transaction
from zendesk_assets.warehouse.engines.dialect import DUCKDB, Dialect
from zendesk_assets.warehouse.engines.session import Session
from zendesk_assets.warehouse.results import Dangling, KeyFaults, Link, LoadRecord, Quarantined

__all__ = ["TableAudit"]


@dataclass(frozen=True)
class TableAudit:
    """Questions about one table; where the file or the table is gone, there is nothing to find."""

    session: Session | None
    schema: str
    collection: Collection

    def key_faults(self) -> KeyFaults:
        """Return whether the primary key is unique and complete; `examples` are at most 20."""
        query = audit.build_keys(self._dialect, self.schema, self.collection)
        rows = self._ask(query, self.collection.name)
        return KeyFaults(*rows[0]) if rows else KeyFaults()

    def dangling(self, links: Sequence[Link]) -> list[Dangling]:
        """Return the dangling ids of each link whose table exists; at most 20 examples."""
        known = [link for link in links if link.collection in self._tables()]
        if not known:
            return []
        query = audit.build_dangling(self._dialect, self.schema, self.collection, known)
        return [Dangling(*row) for row in self._ask(query, self.collection.name, "_loads")]

    def quarantined(self, since: datetime | None) -> list[Quarantined]:
        """Return why rows or values were rejected; `new` are those after `since` (None: all)."""
        query = audit.build_reasons(self._dialect.database, self.schema, graded=self._graded)
        return [Quarantined(*row) for row in self._ask(query, "_rejects", name=True, since=since)]

    def unknown_properties(self) -> dict[str, int]:
        """Return the properties that no column is declared for, with the rows that have them."""
        query = audit.build_unknown(self._dialect, self.schema, self.collection)
        return dict(self._ask(query, self.collection.name))

    def load_records(self) -> list[LoadRecord]:
        """Return what the load log says of each loaded batch, in the order of loading."""
        query = audit.build_loads(self._dialect.database, self.schema, graded=self._graded)
        needs = (self.collection.name, "_loads", "_rejects")
        return [LoadRecord(*row) for row in self._ask(query, *needs, name=True)]

    @property
    def _dialect(self) -> Dialect:
        return self.session.dialect if self.session else DUCKDB

    @property
    def _graded(self) -> bool:
        return self.session is not None and transaction.knows_warnings(self.session, self.schema)

    def _tables(self) -> set[str]:
        return transaction.table_names(self.session, self.schema) if self.session else set()

    def _ask(self, query: str, *needs: str, name: bool = False, **more: Any) -> list[Any]:
        """Return what the query finds; nothing if a table it needs is gone."""
        if self.session is None or set(needs) - self._tables():
            return []
        values = [self.collection.name] if name else []
        return self.session.ask(query, [*values, *more.values()])
