"""What the engine of lakes needs of a format: how a lake is attached, and who writes when."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

import duckdb

from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.lake.session import LakeSession
from zendesk_assets.warehouse.engines.lake.turns import Turns


class Lake(Protocol):
    """Tables as files, which other processes write to meanwhile."""

    @property
    def options(self) -> Options:
        """Return what every engine takes."""

    @property
    def attempts(self) -> int:
        """Return how often a load is tried, which may have to wait for others."""

    @property
    def name(self) -> str:
        """Return what messages call it: never with a secret."""

    @property
    def places(self) -> list[str]:
        """Return where a person's query has to reach: files, and a catalog that HTTP reads."""

    @property
    def turns(self) -> Turns:
        """Return who writes when."""

    def is_there(self) -> bool:
        """Return whether somebody has created it."""

    def attached(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False
    ) -> AbstractContextManager[None]:
        """Attach it as `warehouse`."""

    def session(
        self, connection: duckdb.DuckDBPyConnection, *, is_alone: bool = True
    ) -> LakeSession:
        """Return a transaction on it, which the caller has begun."""

    def reworded(self, said: str) -> str:
        """Return what DuckDB has said, without secrets."""

    def tidy(
        self, connection: duckdb.DuckDBPyConnection, now: datetime, keep: timedelta
    ) -> dict[str, int]:
        """Merge files, expire snapshots, remove files; return how many. Nobody else may write."""

    def forget(self) -> None:
        """Rewrite what the catalog keeps of deleted rows, while it is not attached here."""
