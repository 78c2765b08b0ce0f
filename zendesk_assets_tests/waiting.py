"""Waiting for a condition instead of sleeping for a guess."""

import time


def wait_until(condition, seconds, what="", context=str, every=0.1):
    """Return the first truthy value of `condition()`; fail with `what` after `seconds`.

    It is asked `every` so many seconds.

    `context()` is added to the failure: what a reader needs to see, such as the end of a log.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            wanted = what or getattr(condition, "__name__", "the condition")
            raise AssertionError(f"{wanted}: not after {seconds} s (last: {value!r})\n{context()}")
        time.sleep(every)
