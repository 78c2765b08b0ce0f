"""A transaction on an Iceberg catalog, in as many commits as the catalog's abilities ask for.

A load that is repeated changes nothing, and is repeated unless `_loads` has its batches. So what is
in one commit with `_loads` or before it is safe: rows come first, lines of `_loads` last, and what
is taken out of `_loads` goes before anything else.
"""
# ruff: noqa: S608  # names are quoted

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from zendesk_assets.warehouse.engines.attached.session import DuckDBSession, transaction
from zendesk_assets.warehouse.sql import qualified

_CREATES: Final = re.compile("CREATE (TABLE|SCHEMA) ")
_DESCRIBES: Final = "SELECT * FROM set_iceberg_table_properties"
_WRITES: Final = re.compile('(INSERT INTO|UPDATE|DELETE FROM) "warehouse"[.]')
_LOG: Final = re.compile(rf'{_WRITES.pattern}"(?:[^"]|"")+"[.]"_loads"')


class Commits(StrEnum):
    """What a catalog can commit at once: all tables, one table, or one snapshot of a table."""

    TOGETHER = "together"
    BY_TABLE = "by_table"
    BY_STATEMENT = "by_statement"


@dataclass(frozen=True)
class IcebergSession(DuckDBSession):
    """A session that commits as its catalog can; `later` are the statements about `_loads`.

    `again` calls what another writer may refuse until it is done.
    """

    commits: Commits = Commits.BY_TABLE
    again: Callable[..., None] = lambda work, group: work(group)
    later: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    def list_columns(self, schema: str, name: str) -> list[tuple[Any, ...]]:
        """Return the columns of a table, which DuckDB knows of once it is described."""
        tables = [table for table, _kind in self.look_up(self.dialect.relations, schema)]
        same = (table for table in tables if table.lower() == name.lower())
        return [row for table in same for row in self._describe(schema, table)]

    def _describe(self, schema: str, table: str) -> list[tuple[Any, ...]]:
        name = qualified(self.dialect.database, schema, table)
        found = self.ask(f"SELECT column_name, column_type FROM (DESCRIBE {name})")
        query = f"SELECT value FROM iceberg_table_properties($${name}$$) WHERE key = 'comment'"
        comments = [] if _is_odd(name) else self.ask(query)
        ((comment,),) = comments or [(None,)]
        return [*((table, *row, None) for row in found), (table, "", "", comment)]

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement, or keep it for later; return how many rows it has changed by now."""
        if statement.startswith(_DESCRIBES) and _is_odd(statement.partition("{")[0]):
            return 0
        is_log = self.commits is not Commits.TOGETHER and _LOG.match(statement)
        is_first = is_log and statement.startswith("DELETE") and not self.later
        # New tables are committed one by one, in any order.
        if is_first or _CREATES.match(statement):
            self._commit()
            changed = super().change(statement, values)
            self._commit()
            return changed
        if is_log:
            self.later.append((statement, values))
            return 0
        changed = super().change(statement, values)
        if self.commits is Commits.BY_STATEMENT and _WRITES.match(statement):
            self._commit()
        return changed

    def _commit(self) -> None:
        self.connection.commit()
        self.connection.begin()

    def commit(self) -> None:
        """Commit the rows, and then what `_loads` says of them: that alone again if need be."""
        self.connection.commit()
        is_divided = self.commits is Commits.BY_STATEMENT
        for group in [[each] for each in self.later] if is_divided else [self.later]:
            if group:
                self.again(self._log, group)

    def _log(self, group: Sequence[tuple[str, Sequence[Any]]]) -> None:
        with transaction(self.connection):
            for statement, values in group:
                self.connection.execute(statement, values)
            self.connection.commit()


def _is_odd(text: str) -> bool:
    """Return whether a quoted name has a quote, which DuckDB's table functions cannot read."""
    return '""' in text
