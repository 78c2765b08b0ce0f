"""Iceberg: the catalog of the tables behind the REST protocol, their rows in Parquet files.

https://iceberg.apache.org/rest-catalog-spec/ and
https://duckdb.org/docs/stable/core_extensions/iceberg/iceberg_rest_catalogs
"""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final, NoReturn

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attempts import attempts
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.lake.dialect import ICEBERG
from zendesk_assets.warehouse.engines.lake.extensions import attach, create_secret, load
from zendesk_assets.warehouse.engines.lake.iceberg_session import Commits, IcebergSession
from zendesk_assets.warehouse.engines.lake.store import open_store, root_of
from zendesk_assets.warehouse.engines.lake.turns import Turn, turn_by_file

# Another writer was first.
_REFUSED: Final = re.compile("Conflict_409|reachable state in this transaction")
# Where a catalog may keep files, of which it tells with each table.
_STORES: Final = ("s3://", "s3a://", "gs://", "gcs://", "r2://", "abfss://", "az://")
# What DuckDB calls what proves who we are.
_ACCESS: Final = {
    "client_id": "CLIENT_ID",
    "client_secret": "CLIENT_SECRET",
    "token": "TOKEN",
    "token_url": "OAUTH2_SERVER_URI",
    "scope": "OAUTH2_SCOPE",
}


@dataclass(frozen=True)
class Iceberg:
    """A catalog by its `endpoint`, and the `warehouse` in it.

    `access` is what proves who we are, by the names of `_ACCESS`, and in no message. `data` is
    where its files are if the catalog gives no credentials for them; `locks` is a folder for the
    turns of this machine's processes. Those of other machines are refused by the catalog when they
    come too late, and do it again.
    """

    endpoint: str
    warehouse: str
    locks: Path
    options: Options
    access: Mapping[str, str] = field(default_factory=dict, repr=False)
    data: str = ""
    commits: Commits = Commits.BY_TABLE

    attempts: ClassVar = 12

    @property
    def name(self) -> str:
        """Return what messages call it: never with a secret."""
        return f"the Iceberg catalog at {self.endpoint}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no message may have, which the catalog's answers may repeat."""
        return tuple(
            self.access[each] for each in ("client_secret", "token") if each in self.access
        )

    @property
    def places(self) -> list[str]:
        """Return where a person's query has to reach: files and catalog."""
        urls = [each for each in (self.endpoint, self.access.get("token_url")) if each]
        return [*map(root_of, urls), *([root_of(self.data)] if self.data else _STORES)]

    def turn(self, _table: str | None) -> AbstractContextManager[Turn]:
        """Have the turn to write among the processes of this machine."""
        key = sha256(f"{self.endpoint}\n{self.warehouse}".encode()).hexdigest()[:12]
        return turn_by_file(self.locks / f"iceberg-{key}.lock", self.name, self.options)

    def attach(self, connection: duckdb.DuckDBPyConnection, *, writes: bool, creates: bool) -> bool:  # noqa: ARG002 # what it lacks, the first to write creates
        """Attach it as `warehouse`; return True: it is there before anything is in it."""
        load(connection, "httpfs", "avro", "iceberg")
        if self.data:
            open_store(connection, self.data, writes=writes)
        given = {name: self.access.get(key, "") for key, name in _ACCESS.items()}
        is_known = any(given.values())
        options = {
            "TYPE": "iceberg",
            "ENDPOINT": self.endpoint,
            "READ_ONLY": "" if writes else "true",
            "ACCESS_DELEGATION_MODE": "none" if self.data else "",
            "DISABLE_MULTI_TABLE_COMMIT": "" if self.commits is Commits.TOGETHER else "true",
            "AUTHORIZATION_TYPE": "" if is_known else "none",
        }
        if is_known:
            known = {**given, "ENDPOINT": self.endpoint}
            options["SECRET"] = create_secret(connection, "iceberg", known)
        attach(connection, self.warehouse, options)
        return True

    def session(self, connection: duckdb.DuckDBPyConnection, _turn: Turn | None) -> IcebergSession:
        """Return a transaction on it, in as many commits as the catalog needs."""
        again = attempts(
            self.options, self.attempts, lambda error: bool(_REFUSED.search(str(error)))
        )
        return IcebergSession(connection, ICEBERG, commits=self.commits, again=again)

    def tidy(self, _: duckdb.DuckDBPyConnection, now: datetime, _keep: timedelta) -> NoReturn:
        """Raise WarehouseError: DuckDB neither merges files here nor expires snapshots."""
        raise WarehouseError(
            f"Only {self.name}, or a job of Spark or Trino, can merge its files and expire its "
            f"snapshots: those from before {now:%Y-%m-%d %H:%M} UTC have the rows of then, also of "
            "a person who is erased, until they expire there; docs/warehouses.md says how."
        )
