"""Changes objects inside a record's bytes: those that steps lead to, and nothing around them.

A record is taken apart only as far as the steps reach. What is changed is the caller's to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from zendesk_assets.records.paths import Step

# The members of an object, and of those around it, from the inside out.
Around: TypeAlias = tuple[Mapping[str, msgspec.Raw], ...]
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_NULL: Final = b"null"


@dataclass(frozen=True)
class ChangeInside:
    """Applies `change` to an object, given its JSON and what is around it.

    With `anew`, every object on the way is written again, so that a member that comes twice is
    there once; otherwise JSON in which nothing is changed keeps its bytes. If it is `closed`, what
    stands where an object or a list of objects should be is null afterwards; otherwise it stays.
    """

    change: Callable[[bytes, Around], bytes]
    anew: bool = False
    closed: bool = False

    def at(self, steps: tuple[str, ...], raw: bytes, outer: Around = ()) -> bytes:
        """Return JSON with the objects changed that `steps` (`child_events[]`) lead to."""
        try:
            members = _members.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):  # not an object: it has no properties
            return self._unexpected(raw) if outer else raw
        around = (members, *outer)
        if not steps:
            return self.change(raw, around)
        step = Step.parse(steps[0])
        if step.name not in members:
            return raw
        inner = bytes(members[step.name])
        new = (self._in_list if step.is_list else self.at)(steps[1:], inner, around)
        if new == inner and not self.anew:
            return raw
        return msgspec.json.encode(members | {step.name: msgspec.Raw(new)})

    def _in_list(self, steps: tuple[str, ...], raw: bytes, around: Around) -> bytes:
        try:
            items = [bytes(each) for each in _items.decode(raw)]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._unexpected(raw)
        new = [self.at(steps, each, around) for each in items]
        if self.closed and _NULL in new:
            return _NULL
        if new == items and not self.anew:
            return raw
        return msgspec.json.encode([msgspec.Raw(each) for each in new])

    def _unexpected(self, raw: bytes) -> bytes:
        return _NULL if self.closed else raw
