"""Signals that end a command after it has cleaned up: Ctrl-C, SIGTERM, SIGHUP.

Each becomes a KeyboardInterrupt, or Dagster's own error during a run, and the exit code is the
shell's: 128 plus the number of the signal. A command that cannot be interrupted, because it waits
inside a library, is ended from outside after some seconds, or at once by a second signal.
"""

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS: Final = 10.0
_LAST_ACT_SECONDS: Final = 2.0
# One keypress may arrive twice: from the terminal, and from the program that started us.
_ONE_KEYPRESS_SECONDS: Final = 0.7
_AGAIN_SECONDS: Final = 0.05
_MOST_SIGNALS: Final = 64  # that are read at a time


class Interruption:
    """Whether a signal has asked this process to end, and which one.

    `is_in_hand` means that the command is already ending: only another signal ends it faster.
    `repeats` is how many signals are to come that only repeat it. `signals` receives the number of
    each signal as it arrives; those `heard` matter.
    """

    def __init__(self, signals: socket.socket | None = None, heard: Sequence[int] = ()) -> None:
        self.is_in_hand = False
        self.repeats = 0
        self.last_act: Callable[[], object] = lambda: None
        self._signals, self._heard = signals, heard
        self._number: int | None = None
        self._lock = threading.RLock()  # a finalizer may ask in the middle

    @property
    def number(self) -> int | None:
        """Return the first signal, even if the watching thread has had no turn to take it."""
        with self._lock:
            return self._number or next(iter(self._read(socket.MSG_PEEK) or ()), None)

    @property
    def exit_code(self) -> int:
        """Return the exit code of the process."""
        return 128 + (self.number or signal.SIGINT)

    def note(self, number: int) -> None:
        """Record a signal; without the lock, which the code that it interrupts may hold."""
        self._number = self._number or number

    def take(self) -> list[int] | None:
        """Take the signals that have arrived; return None after the end of the command."""
        with self._lock:
            taken = self._read()
            for each in (taken or ())[:1]:
                self.note(each)
        return taken

    def close(self) -> None:
        """Stop listening, after what has arrived is recorded."""
        with self._lock:
            self.take()
            self._signals = None

    def _read(self, flags: int = 0) -> list[int] | None:
        try:
            numbers = self._signals.recv(_MOST_SIGNALS, flags) if self._signals else b""
        except BlockingIOError:
            return []
        return [each for each in numbers if each in self._heard] if numbers else None


_current = Interruption()


def current() -> Interruption:
    """Return the state of this process; `last_act` is called before a forced end."""
    return _current


@contextmanager
def interruptions() -> Iterator[Interruption]:
    """Let signals interrupt the block, in the main thread, and end the process if they cannot."""
    global _current  # noqa: PLW0603 # signals belong to the process
    if threading.current_thread() is not threading.main_thread():
        _current = Interruption()
        yield _current
        return
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    theirs.settimeout(0)
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    heard = [each for each in _SIGNALS if before[each] is not signal.SIG_IGN]  # nohup, or `&`
    state = _current = Interruption(ours, heard)
    # Ignored signals are blocked too, because Dagster replaces ignoring handlers with its own.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, set(_SIGNALS) - set(heard))
    # SIGINT has our handler also where it is ignored: after each run, Dagster gives SIGTERM the
    # handler of SIGINT, and would have it ignored as well.
    for each in {*heard, signal.SIGINT}:
        signal.signal(each, _interrupt)
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    watching = threading.Thread(target=_watch, args=(ours, state), daemon=True)
    watching.start()
    hook, sys.unraisablehook = sys.unraisablehook, partial(_repeat, sys.unraisablehook)
    try:
        yield state
    finally:
        sys.unraisablehook = hook
        signal.set_wakeup_fd(wakeup)
        for each, handler in before.items():
            signal.signal(each, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        watching.join(1)
        state.close()
        ours.close()
        _current = Interruption()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt; SIGHUP uses the SIGINT handler that Dagster installs while it executes."""
    if number in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        return  # it is ignored, and came by a thread that is older than the block
    # The watching thread records it too, but perhaps only after the command has asked.
    _current.note(number)
    handler = signal.getsignal(signal.SIGINT)
    if number == signal.SIGHUP and callable(handler) and handler is not _interrupt:
        handler(signal.SIGINT, frame)
        return
    raise KeyboardInterrupt


def _repeat(hook: Callable[[Any], object], ignored: Any) -> None:
    """Interrupt a moment later if the interruption came where Python ignores it: in a finalizer."""
    if _current.number is None or issubclass(ignored.exc_type, Exception):
        hook(ignored)
        return
    again = threading.Timer(_AGAIN_SECONDS, _send_again, (_current, threading.get_ident()))
    again.daemon = True
    again.start()


def _send_again(state: Interruption, thread: int) -> None:
    if state is _current:
        state.repeats += 1
        signal.pthread_kill(thread, state.number or signal.SIGINT)


def _watch(signals: socket.socket, state: Interruption) -> None:
    """Take the signals; end the process at the second, or if the first does not end it.

    Python writes each signal's number into the socket as it arrives, whatever handles it, and
    however long the main thread takes to notice it.
    """
    first: float | None = None
    left: float | None = None
    while True:
        if not select.select([signals], [], [], left)[0]:
            if not state.is_in_hand:
                break
            left = None
            continue
        taken = state.take()
        if taken is None:
            return  # the command has ended
        for _ in taken:
            if state.repeats:
                state.repeats -= 1
            elif first is None:
                first = monotonic()
            elif monotonic() - first > _ONE_KEYPRESS_SECONDS:
                _end(state)
        if first is not None:
            left = max(0.1, first + _GRACE_SECONDS - monotonic())
    _end(state)


def _end(state: Interruption) -> None:
    act = threading.Thread(target=_act, args=(state.last_act,), daemon=True)
    act.start()
    act.join(_LAST_ACT_SECONDS)
    os._exit(state.exit_code)


def _act(last_act: Callable[[], object]) -> None:
    """Do the last act, and say so: either may hang like the rest."""
    with suppress(Exception):
        sys.stderr.write("Ended at once: the current operation could not be interrupted.\n")
        sys.stderr.flush()
    with suppress(Exception):
        last_act()
