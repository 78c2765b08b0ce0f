"""Whom a transaction waits for on a PostgreSQL server: another connection looks it up.

The server does not report it by itself. How long to wait, and what to do then, is not known here.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

import psycopg

_FIRST_LOOK_SECONDS: Final = 1.5
_LOOK_EVERY_SECONDS: Final = 5.0
_WHO: Final = """
SELECT pid, coalesce(nullif(application_name, ''), 'a client'), usename,
    coalesce(host(client_addr), 'this machine'), coalesce(state, 'at work'),
    extract(epoch FROM clock_timestamp() - coalesce(state_change, backend_start))::int
FROM pg_catalog.pg_stat_activity WHERE pid = ANY(pg_catalog.pg_blocking_pids($1)) ORDER BY pid
"""
_HOLDER: Final = "the server's PID {} ({}, {} from {}, {} for {} s)"


class Lookout:
    """Watches one transaction; `holder` says who kept it waiting last, or nothing."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[tuple[Any, ...]]],
        say: Callable[[str], None] | None,
    ) -> None:
        self._connect, self._say = connect, say
        self.holder = ""

    @contextmanager
    def over(self, process: int, seconds: float) -> Iterator[None]:
        """Watch the server's `process` during the block; it waits `seconds` at most for a lock."""
        ended = threading.Event()
        watching = threading.Thread(
            target=self._watch, args=(process, seconds, ended), name="lookout", daemon=True
        )
        watching.start()
        try:
            yield
        finally:
            ended.set()

    def _watch(self, process: int, seconds: float, ended: threading.Event) -> None:
        pause = min(_FIRST_LOOK_SECONDS, seconds / 2)
        while not ended.wait(pause):
            pause, found = _LOOK_EVERY_SECONDS, None
            # Whom we wait for is a courtesy: a server that has no connection left gives none.
            with suppress(Exception), closing(self._connect()) as connection:
                found = connection.execute(_WHO, [process]).fetchone()
            if found is None or ended.is_set():
                continue
            is_new, self.holder = not self.holder, _HOLDER.format(*found)
            if is_new and self._say:
                self._say(f"Waiting up to {seconds:.0f} s for a lock: {self.holder} holds it.")
