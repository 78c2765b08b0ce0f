"""Our way to a PostgreSQL server: connections, settings, turns, and errors in words.

The warehouse, the token store and the counted requests share it
(https://www.psycopg.org/psycopg3/docs/). What they do with a connection, and which errors they
raise, does not belong here.

`alter database … set` and `alter role … set` change how values look and what a transaction sees.
All connections that read or write set what they rely on, within the transaction, so that a pooler
in between does not keep it.

All our advisory locks have the same first number, so that they differ from those of other
programs. The second number is the hash of a name that begins with its kind: `tokens <source>`,
`budget <account> <budget>`, `warehouse <schema>.<table>`, `warehouse <schema>`, `tables`.
"""
# ruff: noqa: S608  # settings are constants of ours

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg
from psycopg import conninfo, errors

Connection = psycopg.Connection[tuple[Any, ...]]

LOCK_NUMBER: Final = 0x5A454E44  # "ZEND", which other programs are unlikely to use

# https://www.postgresql.org/docs/current/runtime-config-client.html
RELIED_ON: Final[Mapping[str, str]] = {
    # How values look, both ways.
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    # The names of types and columns, as the server returns them.
    "quote_all_identifiers": "off",
    # Rows that a policy hides are hidden, not an error.
    "row_security": "on",
    # Unqualified names are the server's own; no user's table can shadow them.
    "search_path": "pg_catalog, public",
    # A server's limits for people's queries are not meant for loads.
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "10min",
}
_DEFAULTS: Final[Mapping[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_LOCK: Final = "SELECT pg_catalog.pg_advisory_xact_lock($1, pg_catalog.hashtext($2))"
_LOCK_IF_FREE: Final = "SELECT pg_catalog.pg_try_advisory_xact_lock($1, pg_catalog.hashtext($2))"
# The view shows numbers unsigned, and the locks of all databases.
_HOLDER: Final = """
SELECT pid, coalesce(nullif(application_name, ''), 'a client'),
    coalesce(pg_catalog.host(client_addr), 'this machine'), coalesce(state, 'at work')
FROM pg_catalog.pg_locks JOIN pg_catalog.pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND datname = pg_catalog.current_database()
    AND classid::bigint = $1 AND objid::bigint = (pg_catalog.hashtext($2)::bigint & 4294967295)
    AND objsubid = 2 LIMIT 1
"""
_IS_MISSING: Final = "SELECT pg_catalog.to_regclass($1) IS NULL"
_PASSING: Final = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
)
# Permanent refusals of a server, which have no error code.
_REFUSALS: Final = ("authentication failed", '" does not exist', "no pg_hba.conf entry")


def build_settings(settings: Mapping[str, str]) -> str:
    """Return the query that sets these until the transaction ends; a server may lack some.

    It must be the transaction's first statement, so that it is parsed as written.
    """
    # These are our constants: none contains a quote or a backslash.
    pairs = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    return (
        "SELECT pg_catalog.set_config(w.name, w.value, true) "
        f"FROM (VALUES {pairs}) AS w (name, value) "
        "WHERE pg_catalog.current_setting(w.name, true) IS NOT NULL"
    )


def connect(url: str, application_name: str) -> Connection:
    """Open a connection; `url` is in any form that libpq accepts, and may replace our defaults.

    Parameters of statements are `$1`, `$2`, …

    Raises:
        psycopg.Error: if that fails; a ProgrammingError's text repeats the address.
    """
    given = conninfo.conninfo_to_dict(url)
    defaults = {**_DEFAULTS, "application_name": application_name}
    connection: Connection = psycopg.connect(
        url,
        cursor_factory=psycopg.RawCursor,
        autocommit=True,  # transactions are begun by name
        prepare_threshold=None,  # poolers between us and the server do not keep statements
        client_encoding="utf8",  # whatever the address says: any text may come
        **{name: value for name, value in defaults.items() if name not in given},
    )
    # At any other level, what is read after a wait for a lock would be from before it.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.deferrable = False
    return connection


@contextmanager
def begin(connection: Connection, settings: Mapping[str, str] = RELIED_ON) -> Iterator[Connection]:
    """Begin a transaction with these settings; commit it, or undo it on any error."""
    with connection.transaction():
        connection.execute(build_settings(settings).encode())
        yield connection


def take_turn(connection: Connection, name: str, say: Callable[[str], None] | None = None) -> None:
    """Wait until no other transaction has `name`; it is released when the transaction ends.

    `lock_timeout` limits the wait. `say` receives the holder's description before it.
    """
    key = [LOCK_NUMBER, name]
    if say is not None:
        if connection.execute(_LOCK_IF_FREE, key).fetchone() == (True,):
            return
        if holder := holder_of(connection, name):
            say(holder)
    connection.execute(_LOCK, key)


def holder_of(connection: Connection, name: str) -> str:
    """Return a description of the session that has the turn `name`, or nothing."""
    found = connection.execute(_HOLDER, [LOCK_NUMBER, name]).fetchone()
    return "the server's PID {} ({} from {}, {})".format(*found) if found else ""


@dataclass
class KeptConnection:
    """A connection to a table of the schema `zendesk_assets`, for one thread at a time.

    It is opened when it is needed, and again after an error. If `table` is missing, `definition`
    creates it; otherwise the right to create it is not needed.
    """

    url: Callable[[], str]
    application_name: str
    table: str
    definition: LiteralString
    settings: Mapping[str, str]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _connection: Connection | None = field(default=None, init=False)

    @contextmanager
    def begin(self, *, check: bool = False) -> Iterator[Connection]:
        """Begin a transaction; `check` first replaces a connection that was lost while idle."""
        with self._lock:
            try:
                if check:
                    self._close_if_lost()
                if self._connection is None:
                    self._connection = self._open()
                with begin(self._connection, self.settings) as connection:
                    yield connection
            except psycopg.Error:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _close_if_lost(self) -> None:
        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1")
            except psycopg.Error:
                self.close()

    def _open(self) -> Connection:
        connection = connect(self.url(), self.application_name)
        try:
            with begin(connection, self.settings):
                missing = connection.execute(_IS_MISSING, [self.table]).fetchone()
                if missing == (True,):
                    take_turn(connection, "tables")
                    connection.execute(self.definition)
        except BaseException:
            connection.close()
            raise
        return connection


def is_passing(error: BaseException | None) -> bool:
    """Return whether the same may work a moment later: a lost connection, a restart, a deadlock."""
    if isinstance(error, _PASSING):
        return True
    lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return lost and not any(words in str(error) for words in _REFUSALS)


def describe(error: psycopg.Error, lock_seconds: float) -> str:
    """Return a few words about an error; they contain nothing of statements and addresses."""
    words: dict[type[psycopg.Error], str] = {
        errors.LockNotAvailable: f"another process has held the lock for {lock_seconds:.0f} s",
        errors.InsufficientPrivilege: "this user lacks a right",
        errors.ReadOnlySqlTransaction: "the database is read-only",
        errors.DiskFull: "its disk is full",
    }
    if type(error) in words:
        return words[type(error)]
    if is_passing(error):
        return "no connection, or it was lost"
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return "it refuses this user, or has no such database"
    if error.sqlstate is None and isinstance(error, psycopg.ProgrammingError):
        return "its address cannot be read"
    return type(error).__name__


def server_text(error: psycopg.Error, url: str) -> str:
    """Return what the server or libpq said, in one line without the password of the address."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    secret = conninfo.conninfo_to_dict(url).get("password")
    if secret:
        text = text.replace(str(secret), "***")
    return " ".join(text.split()).removesuffix(".")
