"""Standard output and error that may fail: a full disk, a reader that is gone or does not read.

Two promises. If output is the purpose of a command, it ends with a sentence, or silently if the
reader is gone, as with `head` (`checked_output`). If output only shows progress, its failures never
reach the command (`unbroken_output`). The contents do not matter here.
"""

import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Final, TextIO, cast

from zendesk_assets.errors import ZendeskAssetsError

READER_GONE: Final = 141  # a shell's exit code for a program that SIGPIPE has ended
_MOST_WAITING: Final = 5_000  # texts that are kept for a reader that does not read
_LAST_WORDS_SECONDS: Final = 2.0


class OutputError(ZendeskAssetsError):
    """A command's result cannot be written to standard output."""


def open_closed_streams() -> None:
    """Open the null device in place of standard streams that are closed (`>&-`).

    Otherwise the next opened file, perhaps a database, gets their number, and receives whatever is
    written to standard error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


# For commands whose purpose is their output.


@contextmanager
def checked_output() -> Iterator[None]:
    """Turn failures to write into errors.

    Raises:
        OutputError: if standard output cannot be written.
        SystemExit: if its reader is gone.
    """
    kept = sys.stdout, sys.stderr
    for each in kept:
        _never_unspeakable(each)
    if sys.stdout is not None:
        sys.stdout = cast("TextIO", _Checked(sys.stdout))
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", _Silent(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept


def _never_unspeakable(stream: TextIO | None) -> None:
    """Escape characters that the stream's encoding lacks, instead of failing."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")


class _Wrapped:
    """A stream that delegates to another, except for writing."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: Any) -> int:
        with self._handled():
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._handled():
            self.stream.flush()

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        return type(self)(self.stream.buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @contextmanager
    def _handled(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Python's buffered text would fail once more when it is flushed at exit.
            _to_nowhere(self.stream)
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        raise NotImplementedError


class _Checked(_Wrapped):
    """Keeps failing after the first error, because libraries probe streams and swallow errors."""

    def __init__(self, stream: Any, first: list[OSError] | None = None) -> None:
        super().__init__(stream)
        self._first: list[OSError] = [] if first is None else first

    @property
    def buffer(self) -> Any:
        return _Checked(self.stream.buffer, self._first)

    def flush(self) -> None:
        super().flush()
        if self._first:
            self._fail(self._first[0])

    def _fail(self, error: OSError) -> None:
        self._first.append(error)
        if isinstance(error, BrokenPipeError):
            raise SystemExit(READER_GONE) from None
        raise OutputError(
            f"Standard output cannot be written ({error.strerror or error}), so the output is "
            "incomplete: free some space, or write it elsewhere, and run this again."
        ) from None


class _Silent(_Wrapped):
    def _fail(self, error: OSError) -> None:
        pass


def _to_nowhere(stream: Any) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


# For commands whose output only shows progress.


@contextmanager
def unbroken_output(
    note: str = "The work continued; the exit code says how it ended.",
) -> Iterator[None]:
    """Write both streams in the background: neither failures nor waits reach the block.

    If something could not be shown, standard error says so at the end, with `note`, if it works.
    """
    if isinstance(sys.stdout, Outlet) or isinstance(sys.stderr, Outlet):
        yield
        return
    kept = sys.stdout, sys.stderr
    out, err = (None if each is None else Outlet(each) for each in kept)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield
    finally:
        if out is not None and (trouble := out.end()) and err is not None:
            err.write(f"Some output could not be written to standard output ({trouble}). {note}\n")
        if err is not None:
            err.end()
        sys.stdout, sys.stderr = kept


class Outlet(io.TextIOBase):
    """A stream that accepts every text at once; its own thread writes it, as long as it can."""

    def __init__(self, stream: Any) -> None:
        self._stream = getattr(stream, "stream", stream)
        with suppress(OSError, ValueError):
            self._stream.flush()
        self._descriptor = _descriptor(self._stream)
        self._texts: SimpleQueue[str | threading.Event] = SimpleQueue()
        self._thread = threading.Thread(target=self._write_on, name="output", daemon=True)
        self._trouble = ""

    @property
    def encoding(self) -> str:  # type: ignore[override] # the base has an attribute
        """Return the encoding of the underlying stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def fileno(self) -> int:
        """Return the descriptor of the underlying stream."""
        return int(self._stream.fileno())

    def isatty(self) -> bool:
        """Return whether the underlying stream is a terminal."""
        return bool(self._stream.isatty())

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Accept a text; errors in writing it show later. Raises TypeError for bytes."""
        if not isinstance(text, str):  # libraries use this to find out what a stream accepts
            raise TypeError(f"expected str, not {type(text).__name__}")
        if self._texts.qsize() < _MOST_WAITING:
            self._texts.put(text)
        else:
            self._trouble = self._trouble or "its reader does not read"
        if not self._thread.ident:
            with suppress(RuntimeError):  # another thread has started it
                self._thread.start()
        return len(text)

    def flush(self) -> None:
        """Do nothing: writers must not wait."""

    def end(self) -> str:
        """Give accepted texts a moment to be written; return what went wrong, or ''."""
        if self._thread.ident:
            written = threading.Event()
            self._texts.put(written)
            if not written.wait(_LAST_WORDS_SECONDS):
                self._trouble = self._trouble or "its reader does not read"
        return self._trouble

    def _write_on(self) -> None:
        is_broken = False
        while True:
            each = self._texts.get()
            if isinstance(each, threading.Event):
                each.set()
            elif not is_broken:
                try:
                    self._write(each)
                except (OSError, ValueError) as error:
                    is_broken = True
                    self._trouble = getattr(error, "strerror", None) or str(error)

    def _write(self, text: str) -> None:
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        left = text.encode(self.encoding, "replace")
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # a process that shares it has made it non-blocking
                select.select([], [self._descriptor], [])


def _descriptor(stream: Any) -> int | None:
    """Return the descriptor of a stream; None for one in memory, as in tests."""
    try:
        return int(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return None
