"""Tokens in PostgreSQL, for sources that several machines share: one row per source.

The promises are `token_store`'s. Here: the table, the lock, and lost connections.
"""

from __future__ import annotations

import contextlib
import functools
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
from zendesk_assets.zendesk.token_store import LOCK_SECONDS, damaged

__all__ = ["PostgresTokenStore"]

_SCHEMA: Final = "zendesk_assets"
_TOKENS: Final = sa.Table(
    "oauth_tokens",
    sa.MetaData(schema=_SCHEMA),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("tokens", sa.LargeBinary, nullable=False),
    sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
)
# Any two numbers that other programs are not likely to use: the first of an advisory lock's pair.
_LOCK_SPACE: Final = 0x5A454E44
# A machine that vanished without a word keeps the others out for no longer.
_LONGEST_IDLE: Final = LOCK_SECONDS
_SAVES: Final = 6  # with the waits between them, half a minute for a server that restarts
# How texts are quoted stays as it was: psycopg2 looks once, when it connects, and quotes for that.
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
    """One row per source in `zendesk_assets.oauth_tokens`, which is made when it is missing.

    `url` returns the address when it is needed, in any form libpq takes. The lock is a
    transaction's advisory lock on a connection of its own: it goes when its process goes, and a
    save does not need it to be there still.
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
            raise damaged(f"PostgreSQL ({_TOKENS.fullname})", name) from None

    def prepare(self, name: str) -> None:
        """Write the row as it is: a full disk, a standby or a missing right shows."""
        with self._begin() as connection:
            connection.execute(
                sa.update(_TOKENS).where(_TOKENS.c.source == name).values(saved_at=sa.func.now())
            )

    def save(self, name: str, tokens: OAuthTokens) -> None:
        """Replace what is there, all or nothing; durable when this returns.

        Tried for half a minute, because after a refresh these are the only tokens that live.
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
        """Remove the tokens; nothing happens when there are none."""
        with self._begin() as connection:
            connection.execute(sa.delete(_TOKENS).where(_TOKENS.c.source == name))

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep every other process out, on any machine; not to be taken twice by one thread."""
        with contextlib.ExitStack() as stack:
            with _in_our_words():
                connection = stack.enter_context(contextlib.closing(self._engine.connect()))
                connection.execute(sa.text(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'"))
                idle = f"SET LOCAL idle_in_transaction_session_timeout TO '{_LONGEST_IDLE}s'"
                connection.execute(sa.text(idle))
                key = sa.func.hashtext(name)
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
        # Said with each BEGIN: what is read after a wait must not be from before it.
        connection.set_session(isolation_level="READ COMMITTED", readonly=False, deferrable=False)
        return connection

    def _make_table(self) -> None:
        """Make schema and table where they are missing; two may do so at once."""
        if self._has_table:
            return
        with self._engine.connect() as connection:
            if not sa.inspect(connection).has_table(_TOKENS.name, _SCHEMA):
                _create(connection)
        self._has_table = True

    _has_table = False


def _settle(connection: sa.Connection) -> None:
    """Set what the session relies on, as the first thing in a transaction."""
    connection.exec_driver_sql(_SETTINGS)


def _create(connection: sa.Connection) -> None:
    lock: Any = sa.func.pg_advisory_xact_lock(_LOCK_SPACE, 0)
    connection.execute(sa.select(lock))
    connection.execute(sa.schema.CreateSchema(_SCHEMA, if_not_exists=True))
    _TOKENS.create(connection, checkfirst=True)
    connection.execute(sa.text(f"REVOKE ALL ON {_TOKENS.fullname} FROM PUBLIC"))
    connection.commit()


def _let_go(connection: sa.Connection) -> None:
    """End the transaction, and the lock with it; one that is lost has none to let go."""
    try:
        connection.rollback()
    except sa.exc.SQLAlchemyError:
        connection.invalidate()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn errors of the database into one sentence; their texts hold statements and addresses."""
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
