"""The upsert into DuckDB as SQL: judge each incoming row, delete what it replaces, insert it.

Only pure functions that return SQL. The incoming rows are the temporary table `incoming`, unique by
primary key; the judgement is the temporary table `verdicts`. An incoming row is found by its row
id, which holds still within the transaction, a row of the table by its key: the table may have a
column of a user's that is called `rowid`, and then it has no other.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from zendesk_assets.spec import Scrub
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import ident, listing

__all__ = ["OLDEST", "TIES", "Upsert", "build_ties"]

# Which of two states with the same version counts: what was received later. The batch id makes the
# order total, so the outcome is the same whatever the order of loads, and a batch that is loaded
# again replaces what it wrote itself.
TIES = ("received_at", "_batch_id")
# What is missing is older than any value.
OLDEST = "TIMESTAMPTZ '0001-01-01 00:00:00+00'"


def build_ties(table: str, collation: str = "") -> str:
    """Return SQL for what decides between equal versions, as two values that are never NULL."""
    received, batch = (f"{table}.{ident(name)}" for name in TIES)
    return f"coalesce({received}, {OLDEST}), coalesce({batch}, ''){collation}"


@dataclass(frozen=True)
class Upsert:
    """What is upserted: `content` are the columns whose difference makes a row a changed one.

    `received` says whether rows carry `received_at`, `_batch_id`, `loaded_at` and `_deleted`;
    `keep` says, where wiped content is kept, how a wiped state shows. `staged` is what columns are
    called in `incoming` where it is not their name in the table; `others` are the columns of the
    table that the upsert is not about, which keep their values. `as_text` says that the version is
    a text, which is ordered by its bytes. With `restamped`, a state that was received later counts
    even if nothing in it has changed: `received_at` says when the row was last shown.
    """

    table: str
    primary_key: tuple[str, ...]
    content: tuple[str, ...]
    version: str | None = None
    received: bool = True
    keep: Scrub | None = None
    staged: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    as_text: bool = False
    restamped: bool = False

    def beside(self, present: Iterable[str]) -> Upsert:
        """Return the upsert for a table that has the columns `present`."""
        own = {fold(name) for name in self.stamped}
        return replace(self, others=tuple(name for name in present if fold(name) not in own))

    @property
    def written(self) -> tuple[str, ...]:
        """Return the columns that are written from `incoming`."""
        return (*self.content, *(TIES if self.received else ()))

    @property
    def stamped(self) -> tuple[str, ...]:
        """Return the columns that are written; the last is the moment of the load, if any."""
        return (*self.written, "loaded_at") if self.received else self.written

    def incoming(self, name: str) -> str:
        """Return the column of `incoming AS s` for a column of the table."""
        return f"s.{ident(self.staged.get(name, name))}"

    def match(self) -> str:
        """Return the condition that `incoming AS s` and the table `AS t` have the same key."""
        return " AND ".join(f"{self.incoming(key)} = t.{ident(key)}" for key in self.primary_key)

    def build_verdicts(self) -> str:
        """Return the statement that judges each row by key and version: narrow columns only."""
        was = 'coalesce(t."_deleted", false)' if self.received else "false"
        return (
            "CREATE OR REPLACE TEMP TABLE verdicts AS\n"
            f"SELECT s.rowid AS incoming, {was} AS was_deleted,\n"
            f"  CASE WHEN t.{ident(self.primary_key[0])} IS NULL THEN 'insert'"
            f"{self._fuller()}{self._newer()}{self._restamped()} {self._compared()} "
            "ELSE 'older' END AS verdict\n"
            f"FROM incoming AS s LEFT JOIN {self.table} AS t ON {self.match()}"
        )

    def build_comparison(self) -> str:
        """Return the statement that finds out which rows of one version differ in content."""
        differs = " OR ".join(
            f"{self.incoming(name)} IS DISTINCT FROM t.{ident(name)}" for name in self.content
        )
        return (
            "UPDATE verdicts SET verdict = 'update' WHERE verdict = 'compare' AND incoming IN (\n"
            "SELECT v.incoming FROM verdicts AS v JOIN incoming AS s ON s.rowid = v.incoming\n"
            f"JOIN {self.table} AS t ON {self.match()}\n"
            f"WHERE v.verdict = 'compare' AND ({differs}))"
        )

    def build_kept(self) -> str:
        """Return the statement that saves what stays of the replaced states."""
        others = ", ".join(f"t.{ident(name)} AS o{at}" for at, name in enumerate(self.others))
        return (
            f"CREATE OR REPLACE TEMP TABLE kept AS\nSELECT s.rowid AS incoming, {others}\n"
            f"FROM incoming AS s JOIN {self.table} AS t ON {self.match()}\n"
            f"WHERE s.rowid IN ({_judged('update')})"
        )

    def build_delete(self) -> str:
        """Return the statement that removes the replaced states."""
        return (
            f"DELETE FROM {self.table} AS t USING incoming AS s\n"
            f"WHERE {self.match()} AND s.rowid IN ({_judged('update')})"
        )

    def build_insert(self, *verdicts: str) -> str:
        """Return the statement that inserts the rows so judged; its parameter is `loaded_at`."""
        return (
            f"INSERT INTO {self.table} ({listing(self.stamped)})\nSELECT {self._values()} "
            f"FROM incoming AS s WHERE s.rowid IN ({_judged(*verdicts)})"
        )

    def build_return(self) -> str:
        """Return the statement that inserts what replaces a state, with what was saved."""
        kept = ", ".join(f"k.o{at}" for at, _ in enumerate(self.others))
        return (
            f"INSERT INTO {self.table} ({listing((*self.stamped, *self.others))})\n"
            f"SELECT {self._values()}, {kept} "
            "FROM incoming AS s JOIN kept AS k ON k.incoming = s.rowid"
        )

    def build_counts(self) -> str:
        """Return the query for (batch, inserted, updated, newly marked as deleted)."""
        batch = 's."_batch_id"' if self.received else "NULL"
        marked = 's."_deleted" AND NOT v.was_deleted' if self.received else "false"
        return (
            f"SELECT {batch}, count(*) FILTER (v.verdict = 'insert'), "
            "count(*) FILTER (v.verdict = 'update'), "
            f"count(*) FILTER (v.verdict IN ('insert', 'update') AND {marked})\n"
            "FROM verdicts AS v JOIN incoming AS s ON s.rowid = v.incoming GROUP BY 1"
        )

    def _values(self) -> str:
        values = [self.incoming(name) for name in self.written]
        return ", ".join([*values, "$1"] if self.received else values)

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
        new, old = self.incoming(self.version), f"t.{ident(self.version)}"
        return (
            f"\n    WHEN {new} > {old} OR ({old} IS NULL AND {new} IS NOT NULL) THEN 'update'\n   "
        )

    def _restamped(self) -> str:
        if not self.restamped:
            return ""
        return f"\n    WHEN {self._as_new('>')} THEN 'update'\n   "

    def _compared(self) -> str:
        return f"WHEN {self._as_new('>=')} THEN 'compare'"

    def _as_new(self, later: str) -> str:
        """Return the condition that the versions are equal, and what else decides is `later`."""
        conditions = []
        if self.version is not None:
            old = f"t.{ident(self.version)}"
            conditions.append(f"{self.incoming(self.version)} IS NOT DISTINCT FROM {old}")
        if self.received:
            conditions.append(f"({build_ties('s')}) {later} ({build_ties('t')})")
        return " AND ".join(conditions) or "true"


def _judged(*verdicts: str) -> str:
    these = ", ".join(f"'{each}'" for each in verdicts)
    return f"SELECT incoming FROM verdicts WHERE verdict IN ({these})"
