"""Tokens in PostgreSQL, for sources that several machines share: one row per source.

`token_store` has the interface. This module has the table and the lock.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import psycopg
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from zendesk_assets import postgres
from zendesk_assets.errors import TokenStoreError
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens, decode_tokens, encode_tokens
from zendesk_assets.zendesk.token_store import LOCK_SECONDS, damaged_tokens

_TABLE: Final = "zendesk_assets.oauth_tokens"
_DEFINITION: Final = """
CREATE SCHEMA IF NOT EXISTS zendesk_assets;
CREATE TABLE IF NOT EXISTS zendesk_assets.oauth_tokens (
    source text PRIMARY KEY, tokens bytea NOT NULL, saved_at timestamptz DEFAULT now());
REVOKE ALL ON zendesk_assets.oauth_tokens FROM PUBLIC;
"""
_LOAD: Final = "SELECT tokens FROM zendesk_assets.oauth_tokens WHERE source = $1"
_TOUCH: Final = "UPDATE zendesk_assets.oauth_tokens SET saved_at = now() WHERE source = $1"
_SAVE: Final = """
INSERT INTO zendesk_assets.oauth_tokens (source, tokens, saved_at) VALUES ($1, $2, now())
ON CONFLICT (source) DO UPDATE SET tokens = excluded.tokens, saved_at = excluded.saved_at
"""
_FORGET: Final = "DELETE FROM zendesk_assets.oauth_tokens WHERE source = $1"
# The longest time for which a vanished machine blocks the others.
_LONGEST_IDLE: Final = LOCK_SECONDS
_logger = logging.getLogger(__name__)
_SAVES: Final = 6  # half a minute, including the waits between them, for a server that restarts
_APPLICATION: Final = "zendesk-assets tokens"
# Whatever the server's default is: a crash of it must not lose the tokens.
_SETTINGS: Final = {**postgres.RELIED_ON, "synchronous_commit": "on"}


class PostgresTokenStore:
    """One row per source in `zendesk_assets.oauth_tokens`, which is created if it is missing.

    `url` returns the address when it is needed, in any form that libpq accepts. The lock is a
    transaction's advisory lock on its own connection: it ends with its process, and a save does not
    depend on it.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._kept = postgres.KeptConnection(url, _APPLICATION, _TABLE, _DEFINITION, _SETTINGS)

    def load(self, name: str) -> OAuthTokens | None:
        """Return what was saved last, or None."""
        with self._begin() as connection:
            found = connection.execute(_LOAD, [name]).fetchone()
        try:
            return None if found is None else decode_tokens(found[0])
        except msgspec.DecodeError:
            raise damaged_tokens(f"PostgreSQL ({_TABLE})", name) from None

    def prepare(self, name: str) -> None:
        """Rewrite the row unchanged, which reveals a full disk, a standby or a missing right."""
        with self._begin() as connection:
            connection.execute(_TOUCH, [name])

    def save(self, name: str, tokens: OAuthTokens) -> None:
        """Replace the tokens atomically; durable on return.

        It is retried for half a minute, because after a refresh these are the only valid tokens.
        """
        for attempt in Retrying(
            stop=stop_after_attempt(_SAVES),
            wait=wait_exponential(max=10),
            retry=retry_if_exception_type(TokenStoreError),
            reraise=True,
        ):
            with attempt, self._begin() as connection:
                connection.execute(_SAVE, [name, encode_tokens(tokens)])

    def forget(self, name: str) -> None:
        """Remove the tokens, if there are any."""
        with self._begin() as connection:
            connection.execute(_FORGET, [name])

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep all other processes out, on any machine; one thread must not take it twice."""
        with contextlib.ExitStack() as stack:
            with _translated():
                connection = postgres.connect(self._url(), _APPLICATION)
                stack.enter_context(contextlib.closing(connection))
                _take(connection, name)
            try:
                yield
            finally:
                with contextlib.suppress(psycopg.Error):  # a lost connection has no lock
                    connection.rollback()

    @contextlib.contextmanager
    def _begin(self) -> Iterator[postgres.Connection]:
        with _translated(), self._kept.begin(check=True) as connection:
            yield connection


def _take(connection: postgres.Connection, name: str) -> None:
    """Take the lock, in a transaction that lasts until the connection's rollback."""
    connection.autocommit = False
    limits = {
        "lock_timeout": f"{LOCK_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{_LONGEST_IDLE}s",
    }
    connection.execute(postgres.build_settings({**postgres.RELIED_ON, **limits}).encode())
    postgres.take_turn(connection, f"tokens {name}", say=_say_who_holds_it)


def _say_who_holds_it(holder: str) -> None:
    _logger.warning(
        "Waiting up to %s s for the tokens in PostgreSQL: %s holds them.", LOCK_SECONDS, holder
    )


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn database errors into one sentence; their texts contain statements and addresses."""
    try:
        yield
    except psycopg.Error as error:
        raise TokenStoreError(
            "The tokens in PostgreSQL cannot be reached "
            f"({postgres.describe(error, LOCK_SECONDS)}): check the database and `tokens` in the "
            "sources file, and try again."
        ) from None
