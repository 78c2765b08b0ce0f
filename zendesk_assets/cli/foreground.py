"""The terminal for one command alone, so that Ctrl-C is its own business and not `make`'s as well.

What is typed on a terminal goes to a whole group of processes. `make` answers Ctrl-C with an error,
however well its command ends, so a command that ends well on Ctrl-C makes a group of its own.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

__all__ = ["end_with_parent", "own_foreground"]

# The group that started us would not notice a stop (Ctrl-Z), and writing from the background is no
# reason for one.
_PR_SET_PDEATHSIG: Final = 1
_IGNORED: Final = (signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN)


@contextmanager
def own_foreground() -> Iterator[None]:
    """Be the only process that the terminal's keys reach, if there is a terminal and others."""
    terminal, before = _terminal(), os.getpgrp()
    if terminal is None or before == os.getpid() or os.tcgetpgrp(terminal) != before:
        yield
        return
    handlers = {each: signal.signal(each, signal.SIG_IGN) for each in _IGNORED}
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    end_with_parent(signal.SIGHUP)  # what is sent to its group no longer comes here
    try:
        yield
    finally:
        end_with_parent(0)
        with suppress(OSError):  # they may be gone
            os.tcsetpgrp(terminal, before)
            os.setpgid(0, before)
        for each, handler in handlers.items():
            signal.signal(each, handler)
        os.close(terminal)


def end_with_parent(number: int) -> None:
    """Have this process sent a signal when its parent dies (0: none), where the system is Linux."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _terminal() -> int | None:
    """Return the terminal that this process is started from, None where there is none."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
