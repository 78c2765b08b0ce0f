"""A transaction on a DuckLake, which other processes write to meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zendesk_assets.warehouse.engines.attached.session import DuckDBSession
from zendesk_assets.warehouse.engines.engine import CATALOG_CHANGES
from zendesk_assets.warehouse.engines.lake.dialect import AFTER_CHANGES


class NotAloneError(Exception):
    """What is to be done takes the turn for the whole lake: begin again with it."""


@dataclass(frozen=True)
class LakeSession(DuckDBSession):
    """A session that knows whether it has the turn for the whole lake."""

    is_alone: bool = True
    changes: list[str] = field(default_factory=list)

    def look_up(self, query: str, schema: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the catalog, with what this transaction has changed."""
        if not self.changes:
            found = super().look_up(query, schema)
            # Of a type that only DuckDB can name, there is none.
            if not any(None in row[:3] for row in found):
                return found
        return super().look_up(AFTER_CHANGES.get(query, query), schema)

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed."""
        if CATALOG_CHANGES.match(statement):
            self.changes.append(statement)
        return super().change(statement, values)

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing; only who is alone completes one.

        Raises:
            NotAloneError: if others may be at it too.
        """
        if not self.is_alone:
            raise NotAloneError
        super().make_schema(schema)

    def commit(self) -> None:
        """Commit what was changed."""
        self.connection.commit()
