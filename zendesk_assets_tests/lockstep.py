"""A clock that several threads share: when all of them sleep, it moves to whoever wakes next.

So minutes of waiting for each other take no time, and happen in the same order each time.
"""

import threading
from datetime import timedelta


class LockstepClock:
    """Give it to `workers` threads; each calls `leave` when it is done."""

    def __init__(self, start, workers):
        self._start, self._seconds, self._awake = start, 0.0, workers
        self._wakes, self._turn = [], threading.Condition()

    def now(self):
        with self._turn:
            return self._start + timedelta(seconds=self._seconds)

    def sleep(self, seconds):
        with self._turn:
            wake = self._seconds + max(0.0, seconds)
            self._wakes.append(wake)
            self._fall_asleep()
            self._turn.wait_for(lambda: self._seconds >= wake)

    def leave(self):
        with self._turn:
            self._fall_asleep()

    def _fall_asleep(self):
        self._awake -= 1
        if self._awake == 0 and self._wakes:
            self._seconds = max(self._seconds, min(self._wakes))
            woken = [wake for wake in self._wakes if wake <= self._seconds]
            self._wakes = [wake for wake in self._wakes if wake > self._seconds]
            self._awake = len(woken)
            self._turn.notify_all()


def run_in_lockstep(clock, *workers):
    """Run functions, a thread each, until all are done; raise what one of them raised."""
    errors = []

    def work(worker):
        try:
            worker()
        except Exception as error:  # noqa: BLE001 # raised again below
            errors.append(error)
        finally:
            clock.leave()

    threads = [threading.Thread(target=work, args=[each], daemon=True) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if errors:
        raise errors[0]
