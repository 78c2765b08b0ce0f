"""The merge: each incoming row is judged, what it replaces is replaced, what is new is inserted.

Written once, over statements that engines have in common. The judgement is a temporary table. An
incoming row is found by its row id, which only the commit of the row changes, a row of the table by
its key: the table may have a column of a user's that is called `rowid`, and then it has no other.
The table needs no index, and where it has one by the key, it is used.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.upsert import Counts, Upsert

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.dialect import Dialect
    from zendesk_assets.warehouse.engines.engine import Session


def merge(session: Session, upsert: Upsert, now: datetime | None = None) -> Counts:
    """Merge the upsert's source into its table; return what has become of the rows.

    Raises:
        WarehouseError: if several rows of the table have one key, and that is an error.
    """
    if not session.ask(f"SELECT 1 FROM {ident(upsert.source)} LIMIT 1"):
        return []
    steps = Merge(upsert, session.dialect)
    session.change(steps.build_verdicts())
    ((repeated, to_compare),) = session.ask(steps.build_faults())
    if repeated and upsert.is_unique:  # each row would be replaced together with its namesakes
        raise WarehouseError(
            f"The table {upsert.table} has several rows with one key "
            f"({', '.join(upsert.primary_key)}), and nothing was written: if the key of your "
            "asset has changed, give the asset another name, or remove the repeated rows."
        )
    if to_compare:
        session.change(steps.build_comparison())
    counts = session.ask(steps.build_counts())
    stamp = [now] if upsert.received else []
    if any(updated for _, _, updated, _ in counts):
        if session.dialect.updates_in_place or upsert.others:  # other columns stay
            session.change(steps.build_update(), stamp)
        else:
            session.change(steps.build_delete())
            session.change(steps.build_insert("update"), stamp)
    if any(inserted for _, inserted, _, _ in counts):
        session.change(steps.build_insert("insert"), stamp)
    return counts


class Merge:
    """The statements of a merge; the parameter of those that write is `loaded_at`, if any."""

    def __init__(self, upsert: Upsert, dialect: Dialect) -> None:
        self.upsert, self.dialect = upsert, dialect
        self.verdicts = ident(f"{upsert.source}_verdicts")
        self.source = f"{ident(upsert.source)} AS s"
        self.row_id = f"s.{dialect.row_id}"

    def build_verdicts(self) -> str:
        """Return the statement that judges each row."""
        was = 'coalesce(t."_deleted", false)' if self.upsert.received else "false"
        return self.dialect.temporary.format(
            self.verdicts,
            f"SELECT {self.row_id} AS incoming, {was} AS was_deleted, "
            f"{self.upsert.verdict()} AS verdict\n"
            f"FROM {self.source} LEFT JOIN {self.upsert.table} AS t ON {self.upsert.match()}",
        )

    def build_faults(self) -> str:
        """Return the query for (rows of the table too many, rows whose content is to compare)."""
        return (
            f"SELECT count(*) - (SELECT count(*) FROM {self.source}), "
            f"count(*) FILTER (WHERE verdict = 'compare') FROM {self.verdicts}"
        )

    def build_comparison(self) -> str:
        """Return the statement that finds out which rows of one version differ in content."""
        return (
            f"UPDATE {self.verdicts} SET verdict = 'update' WHERE verdict = 'compare' "
            f"AND incoming IN (\nSELECT {self.row_id} FROM {self.source} "
            f"JOIN {self.upsert.table} AS t ON {self.upsert.match()}\n"
            f"WHERE {self._judged('compare')} AND ({self.upsert.differs()}))"
        )

    def build_counts(self) -> str:
        """Return the query for (batch, inserted, updated, newly marked as deleted)."""
        received = self.upsert.received
        batch = 's."_batch_id"' if received else "NULL"
        marked = 's."_deleted" AND NOT v.was_deleted' if received else "false"
        return (
            f"SELECT {batch}, count(*) FILTER (WHERE v.verdict = 'insert'), "
            "count(*) FILTER (WHERE v.verdict = 'update'), "
            f"count(*) FILTER (WHERE v.verdict IN ('insert', 'update') AND {marked})\n"
            f"FROM {self.verdicts} AS v JOIN {self.source} ON {self.row_id} = v.incoming "
            "GROUP BY 1"
        )

    def build_update(self) -> str:
        """Return the statement that replaces old states where they are, but for the key."""
        pairs = zip(self.upsert.stamped, self.upsert.values, strict=True)
        key = self.upsert.primary_key
        changes = ", ".join(f"{ident(name)} = {new}" for name, new in pairs if name not in key)
        return (
            f"UPDATE {self.upsert.table} AS t SET {changes}\nFROM {self.source} "
            f"WHERE {self.upsert.match()} AND {self._judged('update')}"
        )

    def build_delete(self) -> str:
        """Return the statement that removes the replaced states."""
        return (
            f"DELETE FROM {self.upsert.table} AS t USING {self.source}\n"
            f"WHERE {self.upsert.match()} AND {self._judged('update')}"
        )

    def build_insert(self, verdict: str) -> str:
        """Return the statement that inserts the rows so judged."""
        return (
            f"INSERT INTO {self.upsert.table} ({listing(self.upsert.stamped)})\n"
            f"SELECT {', '.join(self.upsert.values)} "
            f"FROM {self.source} WHERE {self._judged(verdict)}"
        )

    def _judged(self, verdict: str) -> str:
        judged = f"SELECT incoming FROM {self.verdicts} WHERE verdict = '{verdict}'"
        return f"{self.row_id} IN ({judged})"
