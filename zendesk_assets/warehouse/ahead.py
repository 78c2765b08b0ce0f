"""Pieces of work, one after another: each is prepared while the one before it is done.

What they are is not known here. With one piece, as in most loads, there is no other thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import Final, TypeAlias, TypeVar

AT_ONCE: Final = 2  # one that is worked on, and one that is prepared
Prepared = TypeVar("Prepared")
Done = TypeVar("Done")
# How something is prepared, and what is done with it then.
Piece: TypeAlias = tuple[AbstractContextManager[Prepared], Callable[[Prepared], Done]]


def prepare_ahead(pieces: Sequence[Piece[Prepared, Done]]) -> list[Done]:
    """Do the work of each piece on what its preparation gives; return what came of it.

    While one is worked on, the next is entered in another thread, which DuckDB and databases let
    run. Each is left after its work, so that there are never more than `AT_ONCE`. What fails ends
    all: the work before it is done, and nothing is begun after it.
    """
    done: list[Done] = []
    coming: Future[Prepared] | None = None
    with ThreadPoolExecutor(1, "ahead") as thread:
        for at, (preparation, work) in enumerate(pieces):
            prepared = _wait(coming, preparation) if coming else preparation.__enter__()
            following = pieces[at + 1][0] if at + 1 < len(pieces) else None
            coming = thread.submit(following.__enter__) if following else None
            try:
                with ExitStack() as stack:
                    stack.push(preparation)
                    done.append(work(prepared))
            except BaseException:
                if coming and following:
                    _leave(coming, following)
                raise
    return done


def _wait(coming: Future[Prepared], preparation: AbstractContextManager[Prepared]) -> Prepared:
    try:
        return coming.result()
    except KeyboardInterrupt:
        _leave(coming, preparation)
        raise


def _leave(coming: Future[Prepared], following: AbstractContextManager[Prepared]) -> None:
    """Leave what was being prepared in vain, whether or not it could be."""
    with suppress(Exception):
        coming.result()
        following.__exit__(None, None, None)
