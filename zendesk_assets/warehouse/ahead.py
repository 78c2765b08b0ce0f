"""Pieces of work, one after another: each is prepared while the one before it is done.

This module does not know what they are. A single piece, as in most loads, needs no other thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from threading import Thread
from types import TracebackType
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

AT_ONCE: Final = 2  # one that is worked on, and one that is prepared
# What comes between two steps of a preparation does not stop it, so it is stopped again.
_AGAIN_SECONDS: Final = 0.1

Prepared = TypeVar("Prepared")
Ready_co = TypeVar("Ready_co", covariant=True)
Done = TypeVar("Done")


class Preparation(Protocol[Ready_co]):
    """A context manager that can be stopped from another thread while it is being entered."""

    def __enter__(self) -> Ready_co:
        """Prepare."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool | None:
        """Leave nothing of it."""

    def stop(self) -> None:
        """End what is going on in `__enter__`, with an error there."""


# How something is prepared, and what is done with it then.
Piece: TypeAlias = tuple[Preparation[Prepared], Callable[[Prepared], Done]]


def prepare_ahead(pieces: Sequence[Piece[Prepared, Done]]) -> list[Done]:
    """Do the work of each piece on what its preparation gives; return what came of it.

    While one is worked on, the next is prepared in another thread: DuckDB and the clients of
    databases let it run while they work. Each is left after its work, so that there are never more
    than `AT_ONCE`. What fails ends all. The work before it is done, what is being prepared is
    stopped and left, and nothing else is begun.
    """
    done: list[Done] = []
    coming: _Coming[Prepared] | None = None
    try:
        for at, (preparation, work) in enumerate(pieces):
            with ExitStack() as stack:
                prepared = coming.result() if coming else preparation.__enter__()
                stack.push(preparation)
                coming = _Coming(pieces[at + 1][0]) if at + 1 < len(pieces) else None
                done.append(work(prepared))
    except BaseException:
        if coming:
            coming.leave()
        raise
    return done


class _Coming(Generic[Prepared]):
    """A preparation that another thread is entering, which ends with the process."""

    def __init__(self, preparation: Preparation[Prepared]) -> None:
        self._preparation, self._entered = preparation, Future[Prepared]()
        Thread(target=self._enter, name="ahead", daemon=True).start()

    def _enter(self) -> None:
        try:
            self._entered.set_result(self._preparation.__enter__())
        except BaseException as error:  # noqa: BLE001 # it is raised where the result is asked for
            self._entered.set_exception(error)

    def result(self) -> Prepared:
        """Return what was prepared. Raises what ended the preparation."""
        # Python does not hear a signal that comes just as it begins to wait, until it wakes.
        while not self._entered.done():
            wait([self._entered], timeout=_AGAIN_SECONDS)
        return self._entered.result()

    def leave(self) -> None:
        """Stop and leave what was prepared in vain, if it could be."""
        while not self._entered.done():
            self._preparation.stop()
            wait([self._entered], timeout=_AGAIN_SECONDS)
        if self._entered.exception() is None:
            with suppress(Exception):
                self._preparation.__exit__(None, None, None)
