"""Stores tokens between processes: the interface of every store, and the store in files.

`authentication` decides when tokens are replaced; PostgreSQL is in `postgres_token_store`.
"""

import contextlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import filelock
import msgspec

from zendesk_assets.errors import TokenStoreError
from zendesk_assets.storage.durable import rename_durably, sync_folder
from zendesk_assets.storage.holders import HeldError, acquire
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens, decode_tokens, encode_tokens

# Longer than a refresh may take with all its attempts; a longer holder of the lock hangs.
LOCK_SECONDS: Final = 200
_RESERVED_BYTES: Final = 16_384
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")


class TokenStore(Protocol):
    """Tokens by the schema of their source. Every method raises TokenStoreError."""

    def load(self, name: str) -> OAuthTokens | None:
        """Return what was saved last, or None."""

    def prepare(self, name: str) -> None:
        """Make sure, as far as possible, that `save` will succeed; called under the lock.

        A refresh invalidates the old tokens, so a full disk must be noticed before it.
        """

    def save(self, name: str, tokens: OAuthTokens) -> None:
        """Replace the tokens atomically; durable on return."""

    def forget(self, name: str) -> None:
        """Remove the tokens, if there are any."""

    def lock(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Keep all other processes, wherever they run, out of their own `lock` of this name."""


def damaged_tokens(where: str, name: str) -> TokenStoreError:
    """Return the error for tokens that cannot be decoded."""
    return TokenStoreError(
        f"The tokens in {where} are damaged: run `zendesk-assets connect --schema {name}`."
    )


class FileTokenStore:
    """One JSON file per source in `folder`, which only its owner may read.

    A save writes a file beside it and renames it; if a crash comes in between, the next holder of
    the lock finishes it. Permissions of others are removed, and `warn` receives a sentence.
    """

    def __init__(self, folder: Path, warn: Callable[[str], None] | None = None) -> None:
        self._folder = folder
        self._warn = warn or logging.getLogger(__name__).warning
        self._locks: dict[str, filelock.BaseFileLock] = {}
        self._guard = threading.Lock()

    def load(self, name: str) -> OAuthTokens | None:
        """Return what was saved last, or None."""
        path = self._path(name)
        with self._in_our_words("read"):
            try:
                self._tighten(path, _PRIVATE_FILE)
                content = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            return decode_tokens(content)
        except msgspec.DecodeError:
            raise damaged_tokens(str(path), name) from None

    def prepare(self, name: str) -> None:
        """Write and sync as many bytes as a save will need, in the same place."""
        with self.lock(name), self._in_our_words("written"):
            _write(self._next(name), b" " * _RESERVED_BYTES)

    def save(self, name: str, tokens: OAuthTokens) -> None:
        """Replace the tokens atomically; durable on return."""
        with self.lock(name), self._in_our_words("written"):
            _write(self._next(name), encode_tokens(tokens))
            self._commit(name)

    def forget(self, name: str) -> None:
        """Remove the tokens, if there are any."""
        with self.lock(name), self._in_our_words("written"):
            for path in (self._next(name), self._path(name)):
                path.unlink(missing_ok=True)
            sync_folder(self._folder)

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep all other processes and threads out; the same thread may take it again."""
        with self._in_our_words("written"):
            self._make_folder()
            lock = self._lock(name)
            try:
                acquire(lock, LOCK_SECONDS, self._warn, what=f"the tokens in {self._folder}")
            except HeldError as held:
                raise TokenStoreError(
                    f"The tokens in {self._folder} are locked, and {held.holder} does not release "
                    "them: end that process if it hangs, and try again."
                ) from None
        try:
            self._finish_interrupted_save(name)
            yield
        finally:
            lock.release()

    def _finish_interrupted_save(self, name: str) -> None:
        """Keep a pair that was written but not yet renamed: the older one is invalid by now."""
        with self._in_our_words("read"):
            try:
                decode_tokens(self._next(name).read_bytes())
            except (FileNotFoundError, msgspec.DecodeError):
                return
            self._commit(name)

    def _commit(self, name: str) -> None:
        rename_durably(self._next(name), self._path(name))

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        self._tighten(self._folder, _PRIVATE_FOLDER)

    def _tighten(self, path: Path, mode: int) -> None:
        """Remove others' permissions on `path`, and warn."""
        found = path.stat().st_mode & 0o777
        if found & ~mode:
            path.chmod(mode)
            self._warn(
                f"{path} could be read by others (mode {found:o}); it is now {mode:o}. If other "
                "people use this machine, connect the account again."
            )

    def _lock(self, name: str) -> filelock.BaseFileLock:
        with self._guard:
            if name not in self._locks:
                path = self._path(name).with_suffix(".lock")
                self._locks[name] = filelock.FileLock(path, mode=_PRIVATE_FILE)
            return self._locks[name]

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise TokenStoreError(f"Not a schema: {name!r}. Use lower-case letters, digits and _.")
        return self._folder / f"{name}.json"

    def _next(self, name: str) -> Path:
        return self._path(name).with_suffix(".next")

    @contextlib.contextmanager
    def _in_our_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TokenStoreError(
                f"The tokens in {self._folder} cannot be {done} ({error.strerror or error}): give "
                "this user permissions on the folder, and free some disk space."
            ) from None


def _write(path: Path, content: bytes) -> None:
    """Overwrite a private file, so that reserved space is used, and sync it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, _PRIVATE_FILE)
        file.write(content)
        file.flush()
        file.truncate(len(content))
        os.fsync(handle)
