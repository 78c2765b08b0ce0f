"""Iceberg: the catalog of the tables behind the REST protocol, their rows in Parquet files.

https://iceberg.apache.org/rest-catalog-spec/ and
https://duckdb.org/docs/stable/core_extensions/iceberg/iceberg_rest_catalogs
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn

import duckdb
from tenacity import (
    Retrying,
    retry_if_exception_message,
    stop_after_attempt,
    wait_random_exponential,
)

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.lake.dialect import ICEBERG
from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets.warehouse.engines.lake.iceberg_session import Commits, IcebergSession
from zendesk_assets.warehouse.engines.lake.store import Store
from zendesk_assets.warehouse.engines.lake.turns import FileTurns, Turns
from zendesk_assets.warehouse.sql import literal

# Another writer was first.
_REFUSED: Final = "(?s).*(Conflict_409|reachable state in this transaction)"
_OURS: Final = "zendesk_assets_catalog"
# Where a catalog may keep files, of which it tells with each table.
_STORES: Final = ("s3://", "s3a://", "gs://", "gcs://", "r2://", "abfss://", "az://")


@dataclass(frozen=True)
class Access:
    """How a catalog knows us: by a client, by a token, or not at all. Never in a message."""

    client_id: str = ""
    client_secret: str = ""
    token: str = ""
    token_url: str = ""
    scope: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no message may have."""
        return tuple(each for each in (self.client_secret, self.token) if each)

    @property
    def options(self) -> str:
        """Return it as a secret of DuckDB takes it."""
        given = {
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret,
            "TOKEN": self.token,
            "OAUTH2_SERVER_URI": self.token_url,
            "OAUTH2_SCOPE": self.scope,
        }
        return ", ".join(f"{name} {literal(value)}" for name, value in given.items() if value)


@dataclass(frozen=True)
class Iceberg:
    """A catalog by its `endpoint`, and the `warehouse` in it.

    `data` is where its files are if the catalog gives no credentials for them; `locks` is a folder
    for the turns of this machine's processes. Those of other machines are refused by the catalog
    when they come too late, and do it again.
    """

    endpoint: str
    warehouse: str
    locks: Path
    options: Options
    access: Access = Access()
    data: str = ""
    commits: Commits = Commits.BY_TABLE
    dialect: Dialect = ICEBERG
    attempts: int = 12

    @property
    def name(self) -> str:
        """Return what messages call it: never with a secret."""
        return f"the Iceberg catalog at {self.endpoint}"

    @cached_property
    def store(self) -> Store:
        """Return where its files are, if the catalog does not say."""
        return Store(self.data)

    @property
    def places(self) -> list[str]:
        """Return where a person's query has to reach: files and catalog."""
        files = [self.store.root] if self.data else list(_STORES)
        urls = [each.rstrip("/") + "/" for each in (self.endpoint, self.access.token_url) if each]
        return [*urls, *files]

    @property
    def turns(self) -> Turns:
        """Return who of this machine writes when."""
        key = sha256(f"{self.endpoint}\n{self.warehouse}".encode()).hexdigest()[:12]
        path = self.locks / f"iceberg-{key}.lock"
        return FileTurns(path, self.name, self.options.lock_timeout, self.options.log)

    def is_there(self) -> bool:
        """Return True: a catalog is there before anything is in it."""
        return True

    @contextmanager
    def attached(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False
    ) -> Iterator[None]:
        """Attach it as `warehouse`; what it lacks is created by the first to write to it."""
        load(connection, "httpfs", "avro", "iceberg")
        if self.data:
            self.store.open(connection, writes=not read_only)
        options = ["TYPE iceberg", f"ENDPOINT {literal(self.endpoint)}"]
        options += ["READ_ONLY"] if read_only else []
        options += ["ACCESS_DELEGATION_MODE 'none'"] if self.data else []
        options += ["DISABLE_MULTI_TABLE_COMMIT true"] if self._is_divided else []
        if self.access.options:
            secret = f"CREATE OR REPLACE SECRET {_OURS} (TYPE iceberg, {self._secret})"
            connection.execute(secret)
            options.append(f"SECRET {_OURS}")
        else:
            options.append("AUTHORIZATION_TYPE 'none'")
        where = f"{literal(self.warehouse)} AS {self.dialect.database}"
        connection.execute(f"ATTACH {where} ({', '.join(options)})")
        try:
            yield
        finally:
            with suppress(duckdb.Error):
                connection.execute(f"DETACH {self.dialect.database}")

    def session(
        self, connection: duckdb.DuckDBPyConnection, *, is_alone: bool = True
    ) -> IcebergSession:
        """Return a transaction on it, in as many commits as the catalog needs."""
        again = Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(max=20),
            retry=retry_if_exception_message(match=_REFUSED),
            sleep=self.options.clock.sleep,
            reraise=True,
        )
        return IcebergSession(
            connection, self.dialect, is_alone=is_alone, commits=self.commits, again=again
        )

    def reworded(self, said: str) -> str:
        """Return what DuckDB has said, without secrets, which an answer may repeat."""
        for each in self.access.secrets:
            said = said.replace(each, "***")
        return said

    def tidy(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002 # it can do nothing of it
        now: datetime,
        keep: timedelta,  # noqa: ARG002 # the catalog has its own
    ) -> NoReturn:
        """Raise WarehouseError: DuckDB neither merges files here nor expires snapshots."""
        raise WarehouseError(
            f"Only {self.name}, or a job of Spark or Trino, can merge its files and expire its "
            f"snapshots: those from before {now:%Y-%m-%d %H:%M} UTC have the rows of then, also of "
            "a person who is erased, until they expire there; docs/warehouses.md says how."
        )

    def forget(self) -> None:
        """Do nothing: snapshots are the catalog's."""

    @property
    def _is_divided(self) -> bool:
        return self.commits is not Commits.TOGETHER

    @property
    def _secret(self) -> str:
        url = self.access.token_url or f"{self.endpoint.rstrip('/')}/v1/oauth/tokens"
        given = self.access.options
        is_client = self.access.client_id and not self.access.token_url
        return f"{given}, OAUTH2_SERVER_URI {literal(url)}" if is_client else given
