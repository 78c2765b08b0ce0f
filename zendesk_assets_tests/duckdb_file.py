"""A look into a DuckDB file that costs a moment: a DuckDB for each would take ten times as long."""

from contextlib import contextmanager
from functools import cache
from itertools import count

import duckdb

from zendesk_assets.warehouse.sql import literal

_NUMBERS = count()


@cache
def _memory():
    return duckdb.connect(":memory:", config={"threads": 1, "python_enable_replacements": False})


@contextmanager
def opened(path, *, read_only=False):
    """Yield a connection on which the schemas of the file need no other name before them."""
    name = f"file_{next(_NUMBERS)}"
    with _memory().cursor() as connection:
        how = "READ_ONLY" if read_only else "READ_WRITE"
        connection.execute(f"ATTACH {literal(str(path))} AS {name} ({how})")
        try:
            connection.execute(f"USE {name}")
            yield connection
        finally:
            connection.execute("USE memory")
            connection.execute(f"DETACH {name}")
