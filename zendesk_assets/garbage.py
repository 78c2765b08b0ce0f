"""When Python looks for garbage. What is loaded once and stays is none, and looking costs time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Collect no garbage within the block, and never look again at what is there at its end.

    Among the two thousand modules of a sync, or the thousands of assets of many sources, that is a
    fifth of the time it takes to load them. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
