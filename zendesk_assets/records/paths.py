"""The one path language: where a value is, and how a stream's record leads to its rows.

A path starts at a row's record: `via.source` is a member of a member, `*` every member of an object
or a list, and each leading `../` is the record one step further out. Steps lead inwards from the
stream's record: `metric_set` is an object, `child_events[]` each element of a list.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

ALL: Final = "*"
_OUT: Final = "../"
_LIST: Final = "[]"


@dataclass(frozen=True)
class Path:
    """`keys` inside the record that is `out` steps around a row's own."""

    out: int
    keys: tuple[str, ...]

    @classmethod
    @cache
    def parse(cls, text: str) -> Self:
        """Return the path that `text` spells."""
        inner = text.lstrip("./") if text.startswith(_OUT) else text
        out = (len(text) - len(inner)) // len(_OUT)
        return cls(out, tuple(text.removeprefix(_OUT * out).split(".")))

    @classmethod
    def at(cls, out: int, *keys: str) -> Self:
        """Return the path of keys at a level."""
        return cls(out, keys)

    def __str__(self) -> str:
        return _OUT * self.out + ".".join(self.keys)

    @property
    def is_deep(self) -> bool:
        """Return whether it leads into an object of its level."""
        return len(self.keys) > 1

    @property
    def first(self) -> str:
        """Return its first key, with what leads outwards before it: as `_unknown` spells it."""
        return _OUT * self.out + self.keys[0]

    @property
    def from_first(self) -> tuple[str, ...]:
        """Return its keys as they lead into `_unknown`."""
        return (self.first, *self.keys[1:])

    def within(self, value: Any) -> Any:
        """Return what is at its keys inside a value; None if that is not there."""
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True)
class Step:
    """One step inwards: to the object `name`, or to each element of the list `name`."""

    name: str
    is_list: bool

    @classmethod
    @cache
    def parse(cls, text: str) -> Self:
        """Return the step that `text` spells."""
        return cls(text.removesuffix(_LIST), text.endswith(_LIST))
