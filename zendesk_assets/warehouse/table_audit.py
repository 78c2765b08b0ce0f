"""A loaded table, looked at: five questions on one open, read-only session.

The SQL is built in `audit`; what the answers mean is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import audit
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.reject_log import knows_warnings
from zendesk_assets.warehouse.relations import table_names
from zendesk_assets.warehouse.results import Dangling, KeyFaults, Link, LoadRecord, Quarantined
from zendesk_assets.warehouse.warehouse import Warehouse

__all__ = ["TableAudit", "open_audit"]


@contextmanager
def open_audit(warehouse: Warehouse, schema: str, collection: Collection) -> Iterator[TableAudit]:
    """Open the warehouse once, to read, for several questions about a table."""
    with warehouse.reading() as session:
        yield TableAudit(session, schema, collection)


@dataclass(frozen=True)
class TableAudit:
    """Questions about one table; where the file or the table is gone, there is nothing to find."""

    session: Session | None
    schema: str
    collection: Collection

    def key_faults(self) -> KeyFaults:
        """Return whether the primary key is unique and complete; `examples` are at most 20."""
        rows = self._ask(
            lambda session: audit.build_keys(session.dialect, self.schema, self.collection),
            needs=[self.collection.name],
        )
        return KeyFaults(*rows[0]) if rows else KeyFaults()

    def dangling(self, links: Sequence[Link]) -> list[Dangling]:
        """Return the dangling ids of each link whose table exists; at most 20 examples."""
        tables = table_names(self.session, self.schema) if self.session else set()
        known = [link for link in links if link.collection in tables]
        if not known:
            return []
        rows = self._ask(
            lambda session: audit.build_dangling(
                session.dialect, self.schema, self.collection, known
            ),
            needs=[self.collection.name, "_loads"],
        )
        return [Dangling(*row) for row in rows]

    def quarantined(self, since: datetime | None) -> list[Quarantined]:
        """Return why rows or values were rejected; `new` are those after `since` (None: all)."""
        rows = self._ask(
            lambda session: audit.build_reasons(
                session.dialect.database, self.schema, graded=knows_warnings(session, self.schema)
            ),
            [self.collection.name, since],
            needs=["_rejects"],
        )
        return [Quarantined(*row) for row in rows]

    def unknown_properties(self) -> dict[str, int]:
        """Return the properties that no column is declared for, with the rows that have them."""
        return dict(
            self._ask(
                lambda session: audit.build_unknown(session.dialect, self.schema, self.collection),
                needs=[self.collection.name],
            )
        )

    def load_records(self) -> list[LoadRecord]:
        """Return what the load log says of each loaded batch, in the order of loading."""
        rows = self._ask(
            lambda session: audit.build_loads(
                session.dialect.database, self.schema, graded=knows_warnings(session, self.schema)
            ),
            [self.collection.name],
            needs=[self.collection.name, "_loads", "_rejects"],
        )
        return [LoadRecord(*row) for row in rows]

    def _ask(
        self, build: Callable[[Session], str], values: Sequence[Any] = (), *, needs: Sequence[str]
    ) -> list[Any]:
        """Return what the query finds; nothing if a table it needs is gone."""
        if self.session is None or set(needs) - table_names(self.session, self.schema):
            return []
        return self.session.ask(build(self.session), values)
