"""One loaded table, looked at by five questions in one transaction; `summaries` looks at all.

The questions: keys, references, quarantine, unknown properties, loads; each is one pass over the
columns it is about. What an answer means is said where it is asked (`orchestration.checks`).
"""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from zendesk_assets.records.paths import Path
from zendesk_assets.spec import Collection, ColumnType
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.load_log import is_recent, sum_up
from zendesk_assets.warehouse.reject_log import costs_row, knows_warnings
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.results import (
    Dangling,
    KeyFaults,
    Link,
    LoadedUpTo,
    LoadRecord,
    Quarantined,
)
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.unknown import find_declared
from zendesk_assets.warehouse.upsert import OLDEST
from zendesk_assets.warehouse.warehouse import Warehouse

EXAMPLES: Final = 20


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
        rows = self._ask(_build_keys, self.collection.name)
        return KeyFaults(*rows[0]) if rows else KeyFaults()

    def dangling(self, links: Sequence[Link]) -> list[Dangling]:
        """Return the dangling ids of each link whose table exists; at most 20 examples."""
        tables = table_names(self.session, self.schema) if self.session else set()
        known = [link for link in links if link.collection in tables]
        texts = [link for link in known if self._is_text(link)]
        # One query each, because their examples are of different types.
        kinds = ((texts, "<> ''"), ([link for link in known if link not in texts], "> 0"))
        return [
            Dangling(*row)
            for some, is_id in kinds
            if some
            for row in self._ask(
                partial(_build_dangling, links=some, is_id=is_id), self.collection.name, "_loads"
            )
        ]

    def _is_text(self, link: Link) -> bool:
        return self.collection.column(link.column).type is ColumnType.TEXT

    def quarantined(self, since: datetime | None) -> list[Quarantined]:
        """Return why rows or values were rejected; `new` are those after `since` (None: all)."""
        values = [self.collection.name, since]
        return [Quarantined(*row) for row in self._ask(_build_reasons, "_rejects", values=values)]

    def unknown_properties(self) -> dict[str, int]:
        """Return the properties that no column is declared for, with the rows that have them."""
        return dict(self._ask(_build_unknown, self.collection.name))

    def load_records(
        self, through: str, besides: Sequence[str]
    ) -> tuple[LoadedUpTo, list[LoadRecord]]:
        """Return what the load log says of loaded batches, in the order of loading.

        Those up to `through`, except for some `besides`, are only summed up.
        """
        name = self.collection.name
        values = [name, through, list(besides)]
        rows = self._ask(_build_loads, name, "_loads", "_rejects", values=values)
        if self.session is None or {name, "_loads"} - table_names(self.session, self.schema):
            return LoadedUpTo(), []
        records = [LoadRecord(*row) for row in rows]
        faulty = tuple(
            each for each in records if each.batch_id <= through and each.batch_id not in besides
        )
        older = sum_up(self.session, self.schema, name, through, besides)
        found = {each.batch_id for each in faulty}
        return replace(older, faulty=faulty), [e for e in records if e.batch_id not in found]

    def _ask(
        self,
        build: Callable[[Session, str, Collection], str],
        *needs: str,
        values: Sequence[Any] = (),
    ) -> list[Any]:
        """Return what the query finds; nothing if a table it needs is gone."""
        if self.session is None or set(needs) - table_names(self.session, self.schema):
            return []
        return self.session.ask(build(self.session, self.schema, self.collection), values)


def _build_keys(session: Session, schema: str, collection: Collection) -> str:
    """Return the query for (rows, rows without a key, keys that repeat, some of those)."""
    key = listing(collection.primary_key)
    missing = " OR ".join(f"{ident(name)} IS NULL" for name in collection.primary_key)
    shown = f"concat_ws(', ', {key})"
    repeats = f"n > 1 AND NOT ({missing})"
    some = session.dialect.smallest.format(shown, EXAMPLES, repeats)
    table = name_table(session, schema, collection.name)
    return (
        "SELECT coalesce(sum(n), 0)::BIGINT, "
        f"coalesce(sum(n) FILTER (WHERE {missing}), 0)::BIGINT, "
        f"count(*) FILTER (WHERE {repeats}), {some}\n"
        f"FROM (SELECT {key}, count(*) AS n FROM {table} GROUP BY {key}) AS keys"
    )


def _build_dangling(
    session: Session, schema: str, collection: Collection, links: Sequence[Link], is_id: str
) -> str:
    """Return the query for (column, collection, ids that are not there, their rows, some of them).

    Not judged: deleted rows, whose surroundings may be gone; values that are not ids (-1 is the
    system); rows that landed after what the other table was last fed with, for it may follow in a
    minute.
    """
    some = session.dialect.smallest.format("id", EXAMPLES, "true")
    named = partial(name_table, session, schema)
    return "\nUNION ALL\n".join(
        f"SELECT {literal(link.column)}, {literal(link.collection)}, count(*), "
        f"coalesce(sum(n), 0)::BIGINT, {some} FROM (\n"
        f"  SELECT r.{ident(link.column)} AS id, count(*) AS n\n"
        f"  FROM {named(collection.name)} AS r\n"
        f"  WHERE NOT r._deleted AND r.{ident(link.column)} {is_id} AND r.received_at <= "
        f"(SELECT max(received_at) FROM {named('_loads')} "
        f"WHERE collection = {literal(link.collection)})"
        f"{_since(named(link.collection), collection, link)}\n"
        f"  AND NOT EXISTS (SELECT 1 FROM {named(link.collection)} AS o "
        f"WHERE o.{ident(link.target)} = r.{ident(link.column)})\n  GROUP BY 1) AS missing"
        for link in links
    )


def _build_reasons(session: Session, schema: str, _: Collection) -> str:
    """Return the query for (reason, rows, of them new, last moment, only a warning).

    Its parameters are the collection and the last look.

    New is what was first seen since: a row that is read again and still bad is not.
    """
    moment = "coalesce(first_seen, rejected_at)"
    return (
        "SELECT reason, count(*), "
        f"count(*) FILTER (WHERE {moment} > coalesce($2, {OLDEST})), "
        f"max({moment}), NOT {costs_row(graded=knows_warnings(session, schema))} "
        f"FROM {name_table(session, schema, '_rejects')} "
        "WHERE collection = $1 GROUP BY 1, 5 ORDER BY 3 DESC, 2 DESC, 1"
    )


def _build_unknown(session: Session, schema: str, collection: Collection) -> str:
    """Return the query for (path of a property that no column is declared for, rows that have it).

    Values that do not fit their column are in `_unknown` too, but are not such properties.
    """
    held, objects = find_declared(collection)
    dialect, table = session.dialect, name_table(session, schema, collection.name)
    found = [
        f"SELECT {literal(f'{path}.' if path else '')} || name AS name FROM (SELECT "
        f"{dialect.keys.format(dialect.if_object.format(_inside(path)))} AS name "
        f"FROM {table} WHERE _unknown IS NOT NULL) AS names"
        for path in ("", *sorted(objects))
    ]
    declared = ", ".join(literal(path) for path in sorted(held | objects))
    return (
        f"SELECT name, count(*) FROM ({' UNION ALL '.join(found)}) AS names "
        f"WHERE name NOT IN ({declared}) GROUP BY 1 ORDER BY 2 DESC, 1"
    )


def _inside(path: str) -> str:
    """Return SQL for what `_unknown` has at a path; `../` is part of the first key."""
    steps = Path.parse(path).from_first if path else ()
    return "".join(["_unknown", *(f" -> {literal(key)}" for key in steps)])


def _build_loads(session: Session, schema: str, _: Collection) -> str:
    """Return the query for what `_loads` says, with the rejects there are or were (collection)."""
    rejects = (
        "SELECT batch_id, count(*) AS rejects FROM "
        f"{name_table(session, schema, '_rejects')} WHERE collection = $1 "
        f"AND {costs_row(graded=knows_warnings(session, schema))} "
        "GROUP BY 1"
    )
    return (
        "SELECT batch_id, rows_in, inserted, updated, unchanged, quarantined, "
        "coalesce(rejects, 0) + coalesce(superseded, 0), loaded_at\n"
        f"FROM {name_table(session, schema, '_loads')} "
        f"LEFT JOIN ({rejects}) AS kept USING (batch_id) "
        f"WHERE collection = $1 AND ({is_recent(session.dialect)} "
        "OR inserted + updated + unchanged + quarantined <> rows_in "
        "OR least(inserted, updated, unchanged, quarantined) < 0 "
        "OR coalesce(rejects, 0) + coalesce(superseded, 0) <> quarantined) "
        "ORDER BY loaded_at, batch_id"
    )


def _since(table: str, collection: Collection, link: Link) -> str:
    """Return the condition that leaves out what is older than all that the other `table` has."""
    if link.oldest is None:
        return ""
    when, oldest = ident(collection.due or collection.version), ident(link.oldest)
    return f"\n  AND r.{when} >= (SELECT min({oldest}) FROM {table})"
