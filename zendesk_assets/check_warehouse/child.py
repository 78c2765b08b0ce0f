"""Another process that loads, halts where it is told to, and may be killed there.

`python -m zendesk_assets.check_warehouse.child` reads a `Task` as one line of JSON. It says each
place where it halts on a line, and goes on when it is sent one.
"""

import sys
from collections.abc import Callable

import msgspec
from duckdb import DuckDBPyConnection

from zendesk_assets.check_warehouse.task import BEGUN, DONE, ERROR, READY, WRITTEN, Task
from zendesk_assets.check_warehouse.things import things
from zendesk_assets.errors import ZendeskAssetsError, redact
from zendesk_assets.settings.file import load_sources
from zendesk_assets.warehouse import LoadResult, Warehouse
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse_opening import open_warehouse


class _Halting(Warehouse):
    """A warehouse that calls `reach` at the places within a transaction."""

    def __init__(self, opened: Warehouse, reach: Callable[[str], None]) -> None:
        super().__init__(opened.engine)
        self._reach = reach

    def write_prepared(
        self,
        memory: DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Write as any warehouse does."""

        def halting(session: Session) -> LoadResult:
            self._reach(BEGUN)
            result = work(session)
            self._reach(WRITTEN)
            return result

        return super().write_prepared(memory, schema, table, halting)


def _main() -> None:
    task = msgspec.json.decode(sys.stdin.readline(), type=Task)
    left = set(task.halts)

    def reach(place: str) -> None:
        if place in left:
            left.remove(place)
            _say(place)
            sys.stdin.readline()

    try:
        warehouse = _Halting(open_warehouse(load_sources()), reach)
        reach(READY)
        warehouse.load(task.schema, things(task.table), task.batches, rows_per_transaction=1)
        _say(DONE)
    except ZendeskAssetsError as error:
        _say(f"{ERROR}{redact(str(error))}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
