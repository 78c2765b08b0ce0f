"""A copy of the DuckDB file for readers, replaced in one step, which no load ever waits for.

A program that has the copy open goes on reading what was there when it opened it. The copy has
everything that the file has, what is not ours included; it is read-only, because what somebody
wrote into it would be gone with the next one.
"""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from time import monotonic
from typing import Final

import duckdb
import filelock

from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.storage.durable import rename_durably
from zendesk_assets.storage.errors import is_disk_full_error
from zendesk_assets.storage.holders import HeldError, acquire
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.duckdb.file import STORAGE_VERSION, DuckDBFile
from zendesk_assets.warehouse.results import Published
from zendesk_assets.warehouse.sql import literal

_COPY: Final = "zendesk_assets_published"
# What tells a copy of ours from a file of somebody's: a macro, because no list of tables shows it.
_MARK: Final = "is_copy_of_zendesk_assets"


def publish(file: DuckDBFile, connection: duckdb.DuckDBPyConnection, target: Path) -> Published:
    """Replace `target` by a copy of the file as it is now; do nothing if it is one already.

    Loads wait while the copy is made, and other publications until it is there. If it is killed at
    any moment, `target` is as it was. Raises WarehouseError, also if something else is there.
    """
    started = monotonic()
    try:
        _check_ours(file.path, target)  # before a lock beside it could be taken for that of a copy
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(file, target), file.attached(connection, read_only=True):
            changed = not _is_current(file.path, target)
            if changed:
                _replace(file.path, connection, target)
            size = target.stat().st_size
    except (OSError, duckdb.Error) as error:
        raise _not_published(target, error) from error
    return Published(target, size, changed, monotonic() - started)


def _replace(path: Path, connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    new = target.with_name(f".{target.name}.new")
    moment, mode = path.stat().st_mtime_ns, path.stat().st_mode
    _remove(new)
    try:
        options = f"TYPE duckdb, STORAGE_VERSION {literal(STORAGE_VERSION)}"
        connection.execute(f"ATTACH {literal(str(new))} AS {_COPY} ({options})")
        connection.execute(f"COPY FROM DATABASE {DUCKDB.database} TO {_COPY}")
        connection.execute(f"CREATE OR REPLACE MACRO {_COPY}.main.{_MARK}() AS true")
        connection.execute(f"CHECKPOINT {_COPY}")
        connection.execute(f"DETACH {_COPY}")
        _finish(new, mode, moment)
        rename_durably(new, target)
    finally:
        with suppress(duckdb.Error):
            connection.execute(f"DETACH {_COPY}")
        _remove(new)


def _check_ours(path: Path, target: Path) -> None:
    """Raise WarehouseError if what is at `target` is not a copy that may be replaced."""
    if not target.exists():
        return
    if path.exists() and target.samefile(path):
        raise WarehouseError(
            f"The copy {target} cannot be published: it is the DuckDB file {path} itself, by "
            "another name. Give warehouse.published another file; the tables are loaded."
        )
    if not (_is_marked(target) or _is_of_before_marks(target)):
        raise WarehouseError(
            f"The copy {target} was not published: what is there is not a copy that we made, and "
            "stays as it is. Give warehouse.published another file, or delete this one if nobody "
            "needs it; the tables are loaded."
        )


def _is_marked(target: Path) -> bool:
    query = "SELECT 1 FROM duckdb_functions() WHERE database_name = $1 AND function_name = $2"
    with duckdb.connect() as alone:
        try:
            alone.execute(f"ATTACH {literal(str(target))} AS {_COPY} (TYPE duckdb, READ_ONLY)")
            return bool(alone.execute(query, [_COPY, _MARK]).fetchall())
        except duckdb.Error:  # no DuckDB file, or somebody is writing into it
            return False


def _is_of_before_marks(target: Path) -> bool:
    """Return whether it is as copies were before they had the mark: read-only, and our lock beside.

    A copy that has been damaged is known by that, too.
    """
    is_read_only = not target.stat().st_mode & 0o222
    return is_read_only and target.is_file() and _lock_of(target).exists()


def _lock_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _finish(new: Path, mode: int, moment: int) -> None:
    """Make the new copy durable and read-only; its time is that of the file it is a copy of."""
    with new.open("rb") as copy:
        os.fsync(copy.fileno())
    new.chmod(mode & 0o444)
    os.utime(new, ns=(moment, moment))


def _is_current(path: Path, target: Path) -> bool:
    """Return whether `target` is a copy of the file as it is; a log beside that may say more."""
    real = path.resolve()  # beside which DuckDB has its log
    if not target.exists() or real.with_name(f"{real.name}.wal").exists():
        return False
    return target.stat().st_mtime_ns == path.stat().st_mtime_ns


def _alone(file: DuckDBFile, target: Path) -> AbstractContextManager[object]:
    lock = filelock.FileLock(_lock_of(target))
    say = file.log or (lambda _line: None)
    try:
        return acquire(lock, file.lock_timeout, say, what=str(target))
    except HeldError as held:
        raise WarehouseLockedError(
            f"{target} is being published by {held.holder}, which did not end in time: readers "
            "keep the previous copy; the next sync publishes again."
        ) from None


def _not_published(target: Path, error: Exception) -> WarehouseError:
    what = " ".join(str(error).split()).removesuffix(".")
    if is_disk_full_error(error):
        what = "the disk is full"
    return WarehouseError(
        f"The copy {target} could not be published ({what}): the tables are loaded, and readers "
        "keep the previous copy; check its folder and the free space, and sync again."
    )


def _remove(copy: Path) -> None:
    for each in (copy, copy.with_name(f"{copy.name}.wal")):
        each.unlink(missing_ok=True)
