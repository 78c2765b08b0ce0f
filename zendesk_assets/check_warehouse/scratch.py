"""The scratch schema: made under a name that nothing has, loaded, looked at, and dropped.

Only what was made here is dropped, table by table: whatever somebody else has put into the schema
stays, and the schema with it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import zstandard

from zendesk_assets.check_warehouse.things import T0, Record, States
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.storage.temporary import temporary_folder
from zendesk_assets.warehouse import LoadResult, Warehouse
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.tables import LOAD_LOG

_BEGINNING: Final = "zendesk_check_"


@dataclass
class Scratch:
    """A schema of our own in a warehouse, and a folder for the files of its batches.

    `readers_meanwhile` says whether the engine lets others read while somebody writes.
    """

    warehouse: Warehouse
    schema: str
    folder: Path
    readers_meanwhile: bool
    tables: set[str] = field(default_factory=lambda: set(LOAD_LOG))
    _numbers: Iterator[int] = field(default_factory=count)

    def batch(self, records: Sequence[Record], name: str = "") -> BatchFiles:
        """Write a batch of the records; each is received a minute after the one before."""
        number = next(self._numbers)
        name = name or f"batch-{number}"
        part = self.folder / f"{number}.ndjson.zst"
        lines = "".join(json.dumps(each) + "\n" for each in records)
        part.write_bytes(zstandard.compress(lines.encode()))
        received = T0 + timedelta(days=1, minutes=number)
        return BatchFiles(name, received, len(records), (str(part),))

    def load(self, collection: Collection, *batches: BatchFiles, **options: Any) -> LoadResult:
        """Load batches into a table of the schema; `options` are those of `Warehouse.load`."""
        self.tables.add(collection.name)
        return self.warehouse.load(self.schema, collection, batches, **options)

    def rows(self, table: str, *columns: str) -> dict[int, tuple[Any, ...]]:
        """Return these columns of a table's rows, by id.

        Raises:
            WarehouseError: if two rows have one id.
        """
        found = self.warehouse.rows(self.schema, table, ["id", *columns])
        by_id = {each["id"]: tuple(each[name] for name in columns) for each in found}
        if len(by_id) != len(found):
            raise WarehouseError(f"{len(found):,} rows have {len(by_id):,} ids between them.")
        return by_id

    def states(self, table: str) -> States:
        """Return what the rows of a table of things are."""
        return self.rows(table, "name", "size", "_deleted")

    def loaded(self, table: str) -> Counter[str]:
        """Return how often each batch is in the load log of a table."""
        query = "SELECT batch_id FROM {} WHERE collection = $1"
        return Counter(row[0] for row in self.warehouse.ask(self.schema, "_loads", query, [table]))


@contextmanager
def scratch_schema(
    warehouse: Warehouse, *, readers_meanwhile: bool, name: str = ""
) -> Iterator[Scratch]:
    """Make a schema of a new name, and drop it at the end, also after an error.

    Raises:
        WarehouseError: if it cannot be made, as where something has this name, or not be dropped.
    """
    name = name or f"{_BEGINNING}{uuid4().hex[:8]}"
    _make(warehouse, name)
    with temporary_folder("check-warehouse") as folder:
        scratch = Scratch(warehouse, name, folder, readers_meanwhile)
        try:
            yield scratch
        finally:
            _drop(scratch)


def _make(warehouse: Warehouse, name: str) -> None:
    def make(session: Session) -> LoadResult:
        # Not IF NOT EXISTS: what is there already is not ours to drop.
        session.change(f"CREATE SCHEMA {_named(session, name)}")
        return LoadResult()

    try:
        warehouse.write(name, "_loads", lambda _memory: None, make)
    except WarehouseError as error:
        raise WarehouseError(
            f"{error} The check makes a schema of its own, here {name}, and drops it in the end: "
            "let the warehouse's user create schemas while it runs (in PostgreSQL: GRANT CREATE ON "
            "DATABASE … TO …)."
        ) from error


def _drop(scratch: Scratch) -> None:
    """Drop our tables, then the schema, which is refused if anything else is in it."""
    try:
        with scratch.warehouse.changing(scratch.schema, "_loads") as session:
            assert session is not None
            for table in sorted(table_names(session, scratch.schema) & scratch.tables):
                session.change(f"DROP TABLE {name_table(session, scratch.schema, table)}")
        with scratch.warehouse.changing(scratch.schema, "_loads") as session:
            assert session is not None
            session.change(f"DROP SCHEMA {_named(session, scratch.schema)}")
    except WarehouseError as error:
        raise WarehouseError(
            f"The scratch schema {scratch.schema} could not be dropped: {error} Then drop it by "
            f"hand: DROP SCHEMA {ident(scratch.schema)} CASCADE."
        ) from error


def _named(session: Session, schema: str) -> str:
    return qualified(session.dialect.database, schema)
