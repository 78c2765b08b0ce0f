"""Values of PostgreSQL that Python has no object for: they come as the text that the server gives.

Dates and times before the year 1, after 9999, and infinity; intervals that are longer than a
timedelta; JSON, which is text on DuckDB as well.
"""

from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.types import datetime as times
from psycopg.types.string import TextLoader

_TIMES: dict[str, type[Loader]] = {
    "date": times.DateLoader,
    "time": times.TimeLoader,
    "timetz": times.TimetzLoader,
    "timestamp": times.TimestampLoader,
    "timestamptz": times.TimestamptzLoader,
    "interval": times.IntervalLoader,
}


def register_loaders(connection: psycopg.Connection[Any]) -> None:
    """Let a connection return every value that the server can have."""
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, TextLoader)
    for kind, loader in _TIMES.items():
        connection.adapters.register_loader(kind, _or_text(loader))


def _or_text(of: type[Loader]) -> type[Loader]:
    class OrText(of):  # type: ignore[valid-type, misc]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

    return OrText
