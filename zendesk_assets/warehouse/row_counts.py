"""How many rows of a table are in each of some windows, by one look at its time column."""

from collections.abc import Sequence

from zendesk_assets.spec import Window
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.warehouse import Warehouse


def count_within(
    warehouse: Warehouse, schema: str, table: str, column: str, windows: Sequence[Window]
) -> list[int]:
    """Return the number of rows whose time is in each window, deleted ones included.

    All are 0 if there is no such table. Raises WarehouseError.
    """
    if not windows:
        return []
    name = ident(column)
    counts = (
        f"count(*) FILTER (WHERE {name} >= ${2 * at + 1} AND {name} < ${2 * at + 2})"
        for at in range(len(windows))
    )
    bounds = [moment for each in windows for moment in (each.start, each.end)]
    query = f"SELECT {', '.join(counts)} FROM {{}}"  # noqa: S608 # the name is quoted by `ident`
    rows = warehouse.ask(schema, table, query, bounds)
    return [int(count) for count in rows[0]] if rows else [0] * len(windows)
