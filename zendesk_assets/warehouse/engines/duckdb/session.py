"""A transaction on a DuckDB file that is attached to an in-memory connection.

Who may have the file when is `duckdb_file`'s; the order of a load is `transaction`'s.
"""
# names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.dialect import DUCKDB, Dialect
from zendesk_assets.warehouse.engines.session import Counts
from zendesk_assets.warehouse.upsert import Upsert

__all__ = ["DuckDBSession"]


@dataclass(frozen=True)
class DuckDBSession:
    """The staged rows and the file are on one connection: nothing has to be sent."""

    connection: duckdb.DuckDBPyConnection
    dialect: Dialect = DUCKDB

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        return self.connection.execute(query, values).fetchall()

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""
        row = self.connection.execute(statement, values).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def upsert(self, upsert: Upsert, now: datetime) -> Counts:
        """Judge the rows of `incoming`, delete what they replace, insert them."""
        self.change(upsert.build_verdicts())
        ((repeated,),) = self.ask(
            "SELECT (SELECT count(*) FROM verdicts) - (SELECT count(*) FROM incoming)"
        )
        if repeated:  # each row would be replaced together with its namesakes
            raise WarehouseError(
                f"The table {upsert.table} has several rows with one key "
                f"({', '.join(upsert.primary_key)}), and nothing was written: if the key of your "
                "asset has changed, give the asset another name, or remove the repeated rows."
            )
        ((to_compare,),) = self.ask("SELECT count(*) FROM verdicts WHERE verdict = 'compare'")
        if to_compare:
            self.change(upsert.build_comparison())
        counts = self.ask(upsert.build_counts())
        values = [now] if upsert.received else []
        if any(row[2] for row in counts):
            self._replace(upsert, values)
        self.change(upsert.build_insert("insert"), values)
        return counts

    def _replace(self, upsert: Upsert, values: list[datetime]) -> None:
        """Replace the old states by the new ones; other columns stay."""
        if upsert.others:
            self.change(upsert.build_kept())
        self.change(upsert.build_delete())
        again = upsert.build_return() if upsert.others else upsert.build_insert("update")
        self.change(again, values)
