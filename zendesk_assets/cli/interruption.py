"""Signals that end a command after it has cleaned up: Ctrl-C, SIGTERM, SIGHUP.

Each becomes a KeyboardInterrupt, or Dagster's own error during a run, and the exit code is the
shell's: 128 plus the number of the signal. A command that cannot be interrupted, because it waits
inside a library, is ended from outside after some seconds, or at once by a second signal.
"""

import os
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


class Interruption:
    """Whether a signal has asked this process to end, and which one.

    `is_in_hand` means that the command is already ending: only another signal ends it faster.
    `repeats` is how many signals are to come that only repeat it.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.is_in_hand = False
        self.repeats = 0
        self.last_act: Callable[[], object] = lambda: None

    @property
    def exit_code(self) -> int:
        """Return the exit code of the process."""
        return 128 + (self.number or signal.SIGINT)


_current = Interruption()


def current() -> Interruption:
    """Return the state of this process; `last_act` is called before a forced end."""
    return _current


@contextmanager
def interruptions() -> Iterator[Interruption]:
    """Let signals interrupt the block, in the main thread, and end the process if they cannot."""
    global _current  # noqa: PLW0603 # signals belong to the process
    _current = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield _current
        return
    ours, theirs = socket.socketpair()
    theirs.settimeout(0)
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    heard = [each for each in _SIGNALS if before[each] is not signal.SIG_IGN]  # nohup, or `&`
    # Ignored signals are blocked too, because Dagster replaces ignoring handlers with its own.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, set(_SIGNALS) - set(heard))
    # SIGINT has our handler also where it is ignored: after each run, Dagster gives SIGTERM the
    # handler of SIGINT, and would have it ignored as well.
    for each in {*heard, signal.SIGINT}:
        signal.signal(each, _interrupt)
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    watching = threading.Thread(target=_watch, args=(ours, _current, heard), daemon=True)
    watching.start()
    hook, sys.unraisablehook = sys.unraisablehook, partial(_repeat, sys.unraisablehook)
    try:
        yield _current
    finally:
        sys.unraisablehook = hook
        signal.set_wakeup_fd(wakeup)
        for each, handler in before.items():
            signal.signal(each, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        watching.join(1)
        ours.close()
        _current = Interruption()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt; SIGHUP uses the SIGINT handler that Dagster installs while it executes."""
    if number in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        return  # it is ignored, and came by a thread that is older than the block
    # The watching thread records it too, but perhaps only after the command has asked.
    _current.number = _current.number or number
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


def _watch(signals: socket.socket, state: Interruption, heard: Sequence[int]) -> None:
    """Record the first signal; end the process at the second, or if the first does not end it.

    Python writes each signal's number into the socket as it arrives, whatever handles it, and
    however long the main thread takes to notice it.
    """
    signals.settimeout(None)
    first: float | None = None
    while True:
        try:
            numbers = signals.recv(1)
        except TimeoutError:
            if state.is_in_hand:
                signals.settimeout(None)
                continue
            break
        if not numbers:
            return  # the command has ended
        if numbers[0] not in heard:
            continue
        if state.repeats:
            state.repeats -= 1
            continue
        if first is None:
            first, state.number = monotonic(), numbers[0]
        elif monotonic() - first > _ONE_KEYPRESS_SECONDS:
            break
        signals.settimeout(max(0.1, first + _GRACE_SECONDS - monotonic()))
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
