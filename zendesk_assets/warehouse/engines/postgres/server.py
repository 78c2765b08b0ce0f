"""The way to a PostgreSQL server: connections, transactions, turns, and its errors in our words.

`zendesk_assets.postgres` connects. What is done with a connection is not known here.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import conninfo, errors

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.postgres import Connection, is_passing, server_text
from zendesk_assets.warehouse.engines.postgres.holders import Lookout
from zendesk_assets.warehouse.engines.postgres.values import register_loaders
from zendesk_assets.warehouse.sql import ident

# PostgreSQL 17 has the second one.
_WITHOUT_LIMITS: Final = (
    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings "
    "WHERE name IN ('statement_timeout', 'transaction_timeout')"
)


@dataclass(frozen=True)
class PostgresServer:
    """A database, by its address in any form libpq takes; `lock_timeout` is in seconds.

    `log` receives a line that names whom a transaction waits for. Messages call it `called`, or by
    its address, never with the password.
    """

    url: str
    lock_timeout: float
    log: Callable[[str], None] | None = None
    called: str = ""

    @property
    def name(self) -> str:
        """Return what messages call it."""
        if self.called:
            return self.called
        try:
            parts = self.parts
        except WarehouseError:
            return "the PostgreSQL database"
        place = f" on {parts['host']}" if parts.get("host") else ""
        return f"the PostgreSQL database {parts.get('dbname') or 'of that address'}{place}"

    @property
    def parts(self) -> dict[str, Any]:
        """Return the address in its parts. Raises WarehouseError if it cannot be read."""
        try:
            return dict(conninfo.conninfo_to_dict(self.url))
        except psycopg.ProgrammingError:  # its text repeats the address
            raise WarehouseError(
                "The address of the PostgreSQL database cannot be read: check that it is like "
                "postgresql://user:password@host:5432/database, with %20 for a space in it."
            ) from None

    @contextlib.contextmanager
    def transaction(
        self, *, read_only: bool | None = None, own_names: bool = True
    ) -> Iterator[Connection]:
        """Open a connection with one transaction; commit it, or undo it on any error.

        A database that is set to read-only stays so unless `read_only` is false. The session is as
        `zendesk_assets.postgres` says; with `own_names` false, names that are not
        qualified mean what the role's search path says.
        """
        settings = {**postgres.RELIED_ON, "lock_timeout": str(int(self.lock_timeout * 1000) or 1)}
        if not own_names:
            del settings["search_path"]
        lookout = Lookout(self._connect, self.log)
        with self._translated(lookout), self._connect() as connection:
            connection.read_only = read_only
            process = connection.info.backend_pid
            with lookout.over(process, self.lock_timeout), postgres.begin(connection, settings):
                yield connection

    @contextlib.contextmanager
    def asking(self) -> Iterator[Connection]:
        """Open a transaction for a person's query.

        A superuser's is not begun as read-only: its privileges are given up in it first.
        """
        with self._translated(Lookout(self._connect, None)), self._connect() as connection:
            superuser = connection.info.parameter_status("is_superuser") == "on"
        with self.transaction(read_only=not superuser, own_names=False) as connection:
            yield connection

    def vacuum(self, tables: Sequence[str]) -> None:
        """Rewrite these tables (quoted names), one after the other, without old rows."""
        with self._translated(Lookout(self._connect, None)), self._connect() as connection:
            connection.execute(_WITHOUT_LIMITS)
            connection.execute(f"SET lock_timeout TO '{int(self.lock_timeout * 1000) or 1}'")
            for table in tables:
                connection.execute(f"VACUUM (FULL, ANALYZE) {table}")

    def take_turn(self, connection: Connection, name: str) -> None:
        """Wait for our turn to write a table, by its qualified name, or to prepare a schema."""
        postgres.take_turn(connection, f"warehouse {name}")

    def make_schema(self, connection: Connection, schema: str) -> None:
        """Create a schema that is missing; one that is there needs no right to create it."""
        query = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1"
        if connection.execute(query, [schema]).fetchone() is None:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {ident(schema)}")

    def _connect(self) -> Connection:
        _ = self.parts  # or a sentence of ours that does not repeat them
        connection = postgres.connect(self.url, "zendesk-assets")
        register_loaders(connection)
        if connection.info.parameter_status("server_encoding") != "UTF8":
            connection.close()
            raise WarehouseError(
                f"The encoding of {self.name} is not UTF8, so it cannot hold every text; create "
                "one with ENCODING 'UTF8' and give its address."
            )
        return connection

    @contextlib.contextmanager
    def _translated(self, lookout: Lookout) -> Iterator[None]:
        try:
            yield
        except errors.LockNotAvailable as error:
            holder = lookout.holder or "somebody else"
            raise WarehouseLockedError(
                f"A table in {self.name} was held by {holder} for {self.lock_timeout:.0f} s; "
                "look at pg_stat_activity for a long transaction there, end it with "
                "pg_terminate_backend if it hangs, or run this again later."
            ) from error
        except errors.DiskFull as error:
            raise WarehouseError(
                f"The disk of {self.name} is full ({server_text(error, self.url)}); nothing was "
                "written: free some space on the server and run this again."
            ) from error
        except psycopg.DataError as error:
            raise WarehouseError(
                f"A value in {self.name} cannot be read or written "
                f"({server_text(error, self.url)}); nothing was written: look for it with a query, "
                "and correct or cast it."
            ) from error
        except psycopg.Error as error:
            raise WarehouseError(
                f"{self.name[0].upper()}{self.name[1:]} cannot be used "
                f"({server_text(error, self.url)}); nothing was written: check the address, the "
                "rights and the disk, and run this again."
            ) from (error if is_passing(error) else None)
