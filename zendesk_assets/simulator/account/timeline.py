"""Records in the order of a time, cheap to query and cheap to change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Key: TypeAlias = tuple[int, int]


class Timeline:
    """Sorted `(second, id)` keys."""

    def __init__(self) -> None:
        self._keys: list[Key] = []

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._keys)

    def load(self, keys: Iterable[Key]) -> None:
        """Add many keys at once."""
        self._keys.extend(keys)
        self._keys.sort()

    def add(self, key: Key) -> None:
        """Add one key."""
        insort(self._keys, key)

    def move(self, old: Key, new: Key) -> None:
        """Put the record at `old` where `new` belongs."""
        place = bisect_left(self._keys, old)
        if place < len(self._keys) and self._keys[place] == old:
            del self._keys[place]
        insort(self._keys, new)

    def after(self, key: Key) -> int:
        """Return the place of the first key greater than `key`."""
        return bisect_right(self._keys, key)

    def since(self, second: int) -> int:
        """Return the place of the first key at or after `second`."""
        return bisect_left(self._keys, (second, -(2**63)))

    def slice(self, start: int, stop: int) -> list[Key]:
        """Return the keys from place `start` to before `stop`."""
        return self._keys[start:stop]
