"""Tokens in PostgreSQL, for sources that several machines share: one row per source.

`token_store` has the interface. This module has the table, the lock, and handles lost connections.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import psycopg2
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from zendesk_assets.errors import TokenStoreError
from zendesk_assets.postgres import RELIED_ON, build_settings
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens, decode_tokens, encode_tokens
from zendesk_assets.zendesk.token_store import LOCK_SECONDS, damaged_tokens

__all__ = ["PostgresTokenStore"]

_SCHEMA: Final = "zendesk_assets"
_TOKENS: Final = sa.Table(
    "oauth_tokens",
    sa.MetaData(schema=_SCHEMA),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("tokens", sa.LargeBinary, nullable=False),
    sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
)
# A number that other programs are unlikely to use: the first of an advisory lock's pair.
_LOCK_SPACE: Final = 0x5A454E44
# The longest time for which a vanished machine blocks the others.
_LONGEST_IDLE: Final = LOCK_SECONDS
# An advisory lock's numbers are shown unsigned.
_HOLDER: Final = sa.text("""
SELECT pid, coalesce(nullif(application_name, ''), 'a client'),
    coalesce(host(client_addr), 'this machine'), coalesce(state, 'at work')
FROM pg_catalog.pg_locks JOIN pg_catalog.pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid::bigint = :space
    AND objid::bigint = (hashtext(:name)::bigint & 4294967295) LIMIT 1
""")
_logger = logging.getLogger(__name__)
_SAVES: Final = 6  # half a minute, including the waits between them, for a server that restarts
# The quoting of texts is unchanged: psycopg2 reads it once, when it connects.
_SETTINGS: Final = build_settings(
    {name: value for name, value in RELIED_ON.items() if name != "standard_conforming_strings"}
)
_CONNECTION: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "zendesk-assets tokens",
}


class PostgresTokenStore:
    """One row per source in `zendesk_assets.oauth_tokens`, which is created if it is missing.

    `url` returns the address when it is needed, in any form that libpq accepts. The lock is a
    transaction's advisory lock on its own connection: it ends with its process, and a save does not
    depend on it.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    def load(self, name: str) -> OAuthTokens | None:
        """Return what was saved last, or None."""
        query = sa.select(_TOKENS.c.tokens).where(_TOKENS.c.source == name)
        with self._begin() as connection:
            content = connection.execute(query).scalar()
        try:
            return None if content is None else decode_tokens(bytes(content))
        except msgspec.DecodeError:
            raise damaged_tokens(f"PostgreSQL ({_TOKENS.fullname})", name) from None

    def prepare(self, name: str) -> None:
        """Rewrite the row unchanged, which reveals a full disk, a standby or a missing right."""
        with self._begin() as connection:
            connection.execute(
                sa.update(_TOKENS).where(_TOKENS.c.source == name).values(saved_at=sa.func.now())
            )

    def save(self, name: str, tokens: OAuthTokens) -> None:
        """Replace the tokens atomically; durable on return.

        It is retried for half a minute, because after a refresh these are the only valid tokens.
        """
        values = {"source": name, "tokens": encode_tokens(tokens), "saved_at": sa.func.now()}
        statement = insert(_TOKENS).values(**values)
        statement = statement.on_conflict_do_update(index_elements=["source"], set_=values)
        for attempt in Retrying(
            stop=stop_after_attempt(_SAVES),
            wait=wait_exponential(max=10),
            retry=retry_if_exception_type(TokenStoreError),
            reraise=True,
        ):
            with attempt, self._begin() as connection:
                # Whatever the server's default is: a crash of it must not lose the tokens.
                connection.execute(sa.text("SET LOCAL synchronous_commit TO on"))
                connection.execute(statement)

    def forget(self, name: str) -> None:
        """Remove the tokens, if there are any."""
        with self._begin() as connection:
            connection.execute(sa.delete(_TOKENS).where(_TOKENS.c.source == name))

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep all other processes out, on any machine; one thread must not take it twice."""
        with contextlib.ExitStack() as stack:
            with _in_our_words():
                connection = stack.enter_context(contextlib.closing(self._engine.connect()))
                connection.execute(sa.text(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'"))
                idle = f"SET LOCAL idle_in_transaction_session_timeout TO '{_LONGEST_IDLE}s'"
                connection.execute(sa.text(idle))
                key = sa.func.hashtext(name)
                free = sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK_SPACE, key))
                if not connection.execute(free).scalar():
                    _say_who_holds_it(connection, name)
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_SPACE, key)))
            try:
                yield
            finally:
                _let_go(connection)

    @contextlib.contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with _in_our_words():
            self._make_table()
            with self._engine.begin() as connection:
                yield connection

    @functools.cached_property
    def _engine(self) -> sa.Engine:
        # psycopg2 itself reads the address: libpq takes forms that SQLAlchemy does not.
        engine = sa.create_engine(
            "postgresql+psycopg2://",
            creator=self._connect,
            pool_pre_ping=True,
        )
        sa.event.listen(engine, "begin", _settle)
        return engine

    def _connect(self) -> Any:
        connection = psycopg2.connect(self._url(), **_CONNECTION)
        # Set with each BEGIN: what is read after a wait must not be older than the wait.
        connection.set_session(isolation_level="READ COMMITTED", deferrable=False)
        return connection

    def _make_table(self) -> None:
        """Create schema and table if they are missing; two processes may do so at once."""
        if self._has_table:
            return
        with self._engine.connect() as connection:
            if not sa.inspect(connection).has_table(_TOKENS.name, _SCHEMA):
                _create(connection)
        self._has_table = True

    _has_table = False


def _settle(connection: sa.Connection) -> None:
    """Set what the session relies on, at the start of a transaction."""
    connection.exec_driver_sql(_SETTINGS)


def _create(connection: sa.Connection) -> None:
    lock: Any = sa.func.pg_advisory_xact_lock(_LOCK_SPACE, 0)
    connection.execute(sa.select(lock))
    connection.execute(sa.schema.CreateSchema(_SCHEMA, if_not_exists=True))
    _TOKENS.create(connection, checkfirst=True)
    connection.execute(sa.text(f"REVOKE ALL ON {_TOKENS.fullname} FROM PUBLIC"))
    connection.commit()


def _say_who_holds_it(connection: sa.Connection, name: str) -> None:
    found = connection.execute(_HOLDER, {"space": _LOCK_SPACE, "name": name}).fetchone()
    if found is not None:
        _logger.warning(
            "Waiting up to %s s for the tokens in PostgreSQL: the server's PID %s (%s from %s, %s) "
            "holds them.",
            LOCK_SECONDS,
            *found,
        )


def _let_go(connection: sa.Connection) -> None:
    """End the transaction, and the lock with it; a lost connection has none."""
    try:
        connection.rollback()
    except sa.exc.SQLAlchemyError:
        connection.invalidate()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn database errors into one sentence; their texts contain statements and addresses."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, psycopg2.Error) as error:
        raise TokenStoreError(
            f"The tokens in PostgreSQL cannot be reached ({_what(error)}): check the database and "
            "`tokens` in the sources file, and try again."
        ) from None


def _what(error: Exception) -> str:
    """Return a few words on what went wrong."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "pgcode", None)
    words = {
        "55P03": f"another process has held the lock for {LOCK_SECONDS} s",
        "42501": "this user lacks a right",
        "25006": "the database is read-only",
        "53100": "its disk is full",
    }
    if code in words:
        return words[code]
    if isinstance(cause, psycopg2.OperationalError):
        return "no connection, or it was lost"
    return type(cause).__name__
