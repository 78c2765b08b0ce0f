"""Gives one command the terminal for itself, so that Ctrl-C reaches it and not `make` as well.

A terminal sends Ctrl-C to a whole process group. `make` then reports an error, even if its command
ends cleanly, so a command that ends cleanly on Ctrl-C creates a group of its own.
"""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# The group that started us would not notice a stop (Ctrl-Z), and writing from the background must
# not cause one.
_PR_SET_PDEATHSIG: Final = 1
_IGNORED: Final = (signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN)


@contextmanager
def own_foreground() -> Iterator[None]:
    """Be the only process that the terminal's keys reach, if there is a terminal to share."""
    terminal, before = _terminal(), os.getpgrp()
    if terminal is None or before == os.getpid() or os.tcgetpgrp(terminal) != before:
        yield
        return
    handlers = {each: signal.signal(each, signal.SIG_IGN) for each in _IGNORED}
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    end_with_parent(signal.SIGHUP)  # signals to its group no longer reach us
    try:
        yield
    finally:
        end_with_parent(0)
        with suppress(OSError):  # the group may be gone
            os.tcsetpgrp(terminal, before)
            os.setpgid(0, before)
        for each, handler in handlers.items():
            signal.signal(each, handler)
        os.close(terminal)


def end_with_parent(number: int) -> None:
    """On Linux, have a signal sent to this process when its parent dies (0: none)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _terminal() -> int | None:
    """Return a descriptor of the controlling terminal, or None without one."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
