"""Files of the hub, in a folder or at any fsspec URL: list, read, write at once or not at all.

This module knows nothing of batches. Failures of the file system become HubError. Of a store
elsewhere is asked that a file is there whole or not at all, which S3 promises. It promises too that
the next listing has it; where one comes late, a batch is seen later, and what is not listed is not
removed for that alone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from zendesk_assets.storage.durable import write_durably
from zendesk_assets.storage.files import error_about, is_elsewhere, open_filesystem, patiently

_NO_FOLDER = (FileNotFoundError, NotADirectoryError)


class Storage:
    """A tree of files under `root`; paths are relative to it, with `/` between their parts."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._fs, base = open_filesystem(root)
        self._base = base.rstrip("/")
        self.is_local = "file" in _protocols(self._fs)
        self.is_s3 = "s3" in _protocols(self._fs)

    def full_path(self, path: str) -> str:
        """Return where `path` is: an absolute path for a folder, else a URL."""
        return f"{self._base}/{path}" if self.is_local else f"{self.root}/{path}"

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file; readers see all of it or nothing. Raises HubError."""
        with _as_hub_error(self.full_path(path)):
            if self.is_local:
                write_durably(Path(self._base) / path, data)
            else:
                patiently(lambda: self._fs.pipe_file(f"{self._base}/{path}", data))

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises HubError; MissingFileError when there is no such file."""
        with _as_hub_error(self.full_path(path)):
            return bytes(patiently(lambda: self._fs.cat_file(f"{self._base}/{path}")))

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        if self.is_local:
            return os.path.exists(f"{self._base}/{path}")  # noqa: PTH110 # asked for each new batch
        with _as_hub_error(self.full_path(path)):
            self._fs.invalidate_cache()
            return bool(patiently(lambda: self._fs.exists(f"{self._base}/{path}")))

    def find(self, folder: str, name: str | None = None) -> list[str]:
        """Return the files below `folder` (called `name`), ascending; [] if there is no folder."""
        with _as_hub_error(self.full_path(folder)):
            self._fs.invalidate_cache()
            found = patiently(lambda: self._fs.find(f"{self._base}/{folder}"))
        start = len(self._base) + 1
        return sorted(
            path[start:] for path in found if name is None or path.rsplit("/", 1)[-1] == name
        )

    def names(self, folder: str) -> list[str]:
        """Return the names of what is directly in a folder, in no order; [] if there is none."""
        with _as_hub_error(self.full_path(folder)), suppress(*_NO_FOLDER):
            if self.is_local:
                return os.listdir(f"{self._base}/{folder}")  # noqa: PTH208 # a folder may have 100,000
            self._fs.invalidate_cache()
            found = patiently(lambda: self._fs.ls(f"{self._base}/{folder}", detail=False))
            return [path.rstrip("/").rsplit("/", 1)[-1] for path in found]
        return []

    def changed(self, folder: str) -> int:
        """Return when a local folder was last changed, in ns since 1970; 0 if there is none.

        It is the time that no program can set: a folder that was restored from a backup, with the
        times that it had, has changed now.
        """
        with _as_hub_error(self.full_path(folder)), suppress(*_NO_FOLDER):
            # Opened, because a network file system then asks its server again.
            opened = os.open(f"{self._base}/{folder}", os.O_RDONLY)
            try:
                return os.fstat(opened).st_ctime_ns
            finally:
                os.close(opened)
        return 0

    def find_after(self, folder: str, name: str) -> list[str]:
        """Return the files below a folder of S3 that come after `name` in it, ascending.

        S3 lists in the order of names and from any of them on, which makes this as fast in a large
        folder as in a small one.
        """
        bucket, prefix, _ = self._fs.split_path(f"{self._base}/{folder}/")
        asked = {"Bucket": bucket, "Prefix": prefix, "StartAfter": f"{prefix}{name}"}
        found: list[str] = []
        with _as_hub_error(self.full_path(folder)):
            while True:
                page = patiently(partial(self._fs.call_s3, "list_objects_v2", **asked))
                found += [each["Key"][len(prefix) :] for each in page.get("Contents", ())]
                if not page.get("IsTruncated"):
                    return [f"{folder}/{each}" for each in found]
                asked["ContinuationToken"] = page["NextContinuationToken"]

    def remove(self, path: str) -> None:
        """Remove a file, or a folder and everything in it.

        In a store elsewhere it may be gone already: its answer to an earlier attempt may be lost.
        """
        gone = () if self.is_local else (FileNotFoundError,)
        with _as_hub_error(self.full_path(path)), suppress(*gone):
            patiently(lambda: self._fs.rm(f"{self._base}/{path}", recursive=True))

    def move(self, folder: str, target: str) -> None:
        """Move a folder; where that takes several steps, file by file in the order of names.

        Raises:
            MissingFileError: if it is not there (any more).
        """
        with _as_hub_error(self.full_path(folder)):
            if self.is_local:
                place = Path(self._base) / target
                place.parent.mkdir(parents=True, exist_ok=True)
                (Path(self._base) / folder).rename(place)
                return
            self._move_files(f"{self._base}/{folder}", f"{self._base}/{target}")

    def _move_files(self, folder: str, target: str) -> None:
        self._fs.invalidate_cache()
        files = sorted(patiently(lambda: self._fs.find(folder)))
        if not files:
            raise FileNotFoundError
        for path in files:
            place = f"{target}/{path.rsplit('/', 1)[-1]}"
            # Copied first, so that a kill in between leaves it twice rather than nowhere. Each is
            # tried by itself: after a lost answer there may be nothing left to copy.
            patiently(partial(self._fs.cp_file, path, place))
            with suppress(FileNotFoundError):
                patiently(partial(self._fs.rm_file, path))


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


@contextmanager
def _as_hub_error(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise error_about(path, error) from None
    except Exception as error:
        # Clients of stores elsewhere raise what they like; a local non-OSError is a bug.
        if not is_elsewhere(path):
            raise
        raise error_about(path, error) from None
