"""Part files as Python sees them: fetched if they are elsewhere, checked, bad lines read again.

DuckDB reads the parts; this module is for what it cannot say: which file is broken, and what a line
holds that is not JSON. Nothing here knows tables.
"""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from zendesk_assets.errors import (
    CorruptPartError,
    HubError,
    MissingFileError,
    ReplacedPartError,
)
from zendesk_assets.spec import BatchFiles
from zendesk_assets.storage.files import error_about, is_elsewhere, open_filesystem, patiently
from zendesk_assets.warehouse.holdable import mend_text

BadLine = tuple[int, str, str]
_CHUNK = 1 << 20
_REPEAT = "fetch that window from Zendesk again, or restore the file from a backup"


def check_presence(batches: Iterable[BatchFiles]) -> None:
    """Raise CorruptPartError if a local part is missing, before anything is written."""
    for batch in batches:
        for part in batch.parts:
            if not is_elsewhere(part) and not Path(part).is_file():
                raise CorruptPartError(
                    f"The part file {part} of batch {batch.batch_id} is missing; {_REPEAT}."
                )


def check_unchanged(batches: Iterable[BatchFiles]) -> None:
    """Raise ReplacedPartError if a part is gone: an erasure has replaced it.

    This is checked before a load is committed. An erasure takes a person out of the hub first and
    out of the tables second, so what it has replaced after this look it finds in the table.
    """
    for batch in batches:
        for part in batch.parts:
            if not _exists(part):
                raise ReplacedPartError(
                    f"The part file {part} of batch {batch.batch_id} was replaced while it was "
                    "being loaded; nothing of it was written: run this again."
                )


def _exists(part: str) -> bool:
    if not is_elsewhere(part):
        return Path(part).is_file()
    fs, place = open_filesystem(part)
    fs.invalidate_cache()
    return bool(patiently(lambda: fs.exists(place)))


def fetch_part(part: str, folder: Path, number: int) -> Path:
    """Return the local file of a part; one that is elsewhere (`s3://…`) is copied into `folder`."""
    if not is_elsewhere(part):
        return Path(part).absolute()
    fs, place = open_filesystem(part)
    local = folder / f"{number}.ndjson.zst"
    try:
        patiently(lambda: fs.get_file(place, str(local)))
    except Exception as error:  # noqa: BLE001 # clients of stores raise what they like
        raise _not_fetched(part, error) from None
    return local


def find_broken(files: Iterable[tuple[str, Path]]) -> CorruptPartError | None:
    """Return the error about the first (part, local file) that is not a whole zstd file."""
    for part, file in files:
        problem = _problem(file)
        if problem:
            return CorruptPartError(f"The part file {part} is corrupt ({problem}); {_REPEAT}.")
    return None


def read_lines(file: Path, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield (number, content) of the lines `wanted`; blank lines have no number, as in DuckDB."""
    number = 0
    with file.open("rb") as source:
        stream = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
        for line in io.BufferedReader(stream, _CHUNK):
            number += bool(line.strip())
            if number in wanted and line.strip():
                yield number, line.rstrip(b"\r\n")


def explain_line(content: bytes) -> tuple[str, str]:
    """Return why DuckDB could not read the line, and the line as text that any database takes."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        shown = mend_text(content.decode(errors="backslashreplace"))
        return f"the line: not UTF-8 at byte {error.start}", shown
    try:
        json.loads(text)
    except ValueError as error:
        return f"the line: not JSON ({error})", mend_text(text)
    except RecursionError:
        return "the line: JSON that is nested too deeply to read", mend_text(text)
    return "the line: JSON that is too large to read", mend_text(text)


def _problem(file: Path) -> str:
    """Return what is wrong with a zstd file, or an empty text."""
    try:
        with file.open("rb") as source:
            return _decompress_all(source)
    except (OSError, zstandard.ZstdError) as error:
        return str(error)


def _decompress_all(source: io.BufferedReader) -> str:
    whole, frame = True, zstandard.ZstdDecompressor().decompressobj()
    while chunk := source.read(_CHUNK):
        while chunk:
            frame.decompress(chunk)
            whole, chunk = frame.eof, frame.unused_data
            if whole:
                frame = zstandard.ZstdDecompressor().decompressobj()
    return "" if whole else "it ends in the middle"


def _not_fetched(part: str, error: Exception) -> HubError:
    """Return what is wrong: an unreachable store says nothing about the part."""
    found = error_about(part, error)
    if isinstance(found, MissingFileError):
        return CorruptPartError(f"The part file {part} is missing; {_REPEAT}.")
    return found
