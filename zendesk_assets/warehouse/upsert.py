"""The upsert into DuckDB as SQL: judge each incoming row, delete what it replaces, insert it.

Only pure functions that return SQL. The incoming rows are the temporary table `incoming`, unique by
primary key; the judgement is the temporary table `verdicts`. Row ids hold still within the
transaction, so rows are joined by them once they are judged.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from dataclasses import dataclass

from zendesk_assets.spec import Scrub
from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import equal, ident, listing

__all__ = ["TIES", "Upsert"]

# Which of two states with the same version counts: what was received later. The batch id makes the
# order total, so the outcome is the same whatever the order of loads, and a batch that is loaded
# again replaces what it wrote itself.
TIES = ("received_at", "_batch_id")


@dataclass(frozen=True)
class Upsert:
    """What is upserted: `content` are the columns whose difference makes a row a changed one.

    `received` says whether rows carry `received_at` and `_batch_id`; `marked`, whether `_deleted`;
    `keep` says, where wiped content is kept, how a wiped state shows.
    """

    table: str
    primary_key: tuple[str, ...]
    content: tuple[str, ...]
    version: str | None = None
    received: bool = True
    keep: Scrub | None = None

    def build_verdicts(self) -> str:
        """Return the statement that judges each row by key and version: narrow columns only."""
        was = 't."_deleted"' if self.received else "false"
        return (
            "CREATE OR REPLACE TEMP TABLE verdicts AS\n"
            f"SELECT s.rowid AS incoming, t.rowid AS existing, {was} AS was_deleted,\n"
            f"  CASE WHEN t.rowid IS NULL THEN 'insert'{self._fuller()}{self._newer()} "
            f"{self._compared()} ELSE 'older' END AS verdict\n"
            f"FROM incoming AS s LEFT JOIN {self.table} AS t ON {equal(self.primary_key, 's', 't')}"
        )

    def build_comparison(self) -> str:
        """Return the statement that finds out which rows of one version differ in content."""
        differs = " OR ".join(
            f"s.{ident(name)} IS DISTINCT FROM t.{ident(name)}" for name in self.content
        )
        return (
            "UPDATE verdicts SET verdict = 'update' WHERE verdict = 'compare' AND existing IN (\n"
            f"SELECT v.existing FROM verdicts AS v JOIN incoming AS s ON s.rowid = v.incoming\n"
            f"JOIN {self.table} AS t ON t.rowid = v.existing\n"
            f"WHERE v.verdict = 'compare' AND ({differs}))"
        )

    def build_delete(self) -> str:
        """Return the statement that removes the states that are replaced."""
        return (
            f"DELETE FROM {self.table} WHERE rowid IN "
            "(SELECT existing FROM verdicts WHERE verdict = 'update')"
        )

    def build_insert(self) -> str:
        """Return the statement that inserts what is new or newer; its parameter is `loaded_at`."""
        columns = [*self.content, *(TIES if self.received else ())]
        stamped = [*columns, "loaded_at"] if self.received else columns
        values = listing(columns, "s") + (", $1" if self.received else "")
        return (
            f"INSERT INTO {self.table} ({listing(stamped)})\nSELECT {values} FROM incoming AS s "
            "WHERE s.rowid IN (SELECT incoming FROM verdicts WHERE verdict IN ('insert', 'update'))"
        )

    def build_counts(self) -> str:
        """Return the query for (batch, inserted, updated, newly marked as deleted)."""
        batch = 's."_batch_id"' if self.received else "NULL"
        marked = 's."_deleted" AND NOT coalesce(was_deleted, false)' if self.received else "false"
        return (
            f"SELECT {batch}, count(*) FILTER (verdict = 'insert'), "
            f"count(*) FILTER (verdict = 'update'), "
            f"count(*) FILTER (verdict IN ('insert', 'update') AND {marked})\n"
            "FROM verdicts JOIN incoming AS s ON s.rowid = verdicts.incoming GROUP BY 1"
        )

    def _fuller(self) -> str:
        """Return the branches by which content wins over a wiped state, whatever the versions."""
        if self.keep is None:
            return ""
        new, old = build_wiped(self.keep, "s"), build_wiped(self.keep, "t")
        emptier, fuller = f"{new} AND NOT {old}", f"{old} AND NOT {new}"
        return f"\n    WHEN {emptier} THEN 'older'\n    WHEN {fuller} THEN 'update'"

    def _newer(self) -> str:
        """Return the branch for a larger version: the version is content, so that has changed."""
        if self.version is None:
            return ""
        new, old = f"s.{ident(self.version)}", f"t.{ident(self.version)}"
        return (
            f"\n    WHEN {new} > {old} OR ({old} IS NULL AND {new} IS NOT NULL) THEN 'update'\n   "
        )

    def _compared(self) -> str:
        conditions = []
        if self.version is not None:
            name = ident(self.version)
            conditions.append(f"s.{name} IS NOT DISTINCT FROM t.{name}")
        if self.received:
            conditions.append(f"({listing(TIES, 's')}) >= ({listing(TIES, 't')})")
        return f"WHEN {' AND '.join(conditions) or 'true'} THEN 'compare'"
