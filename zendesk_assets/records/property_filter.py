"""Leave out or hash properties before a record is written anywhere.

Works on bytes: a record is taken apart only as far as a rule reaches, and only for sources that
have rules. What may be excluded or hashed is checked where the rules are assembled.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from zendesk_assets.records.lenient import mend_whole
from zendesk_assets.records.paths import Step

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class PropertyRule:
    """For the objects that `steps` lead to (`child_events[]`): what to leave out and to hash."""

    steps: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PropertyFilter:
    """All rules for the records of one stream; without rules records pass untouched."""

    rules: tuple[PropertyRule, ...] = ()

    def apply(self, records: Sequence[bytes]) -> Sequence[bytes]:
        """Return the records as they may be written."""
        if not self.rules:
            return records
        return [self._filtered(record) for record in records]

    def _filtered(self, record: bytes) -> bytes:
        if not _is_strict(record):
            # What cannot be taken apart cannot be hidden in: half characters are given up here.
            record = mend_whole(record)
        for rule in self.rules:
            record = _apply(rule, rule.steps, record)
        return record


def _is_strict(record: bytes) -> bool:
    try:
        msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _apply(rule: PropertyRule, steps: tuple[str, ...], raw: bytes) -> bytes:
    try:
        members = _members.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):  # not an object: it has no properties to hide
        return raw
    if not steps:
        return _encode(_kept(rule, members))
    name = Step.parse(steps[0]).name
    if name in members:
        inner = bytes(members[name])
        members[name] = msgspec.Raw(_apply_inside(rule, steps, inner))
    return _encode(members)


def _apply_inside(rule: PropertyRule, steps: tuple[str, ...], raw: bytes) -> bytes:
    if not Step.parse(steps[0]).is_list:
        return _apply(rule, steps[1:], raw)
    try:
        items = _items.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw
    return _encode([msgspec.Raw(_apply(rule, steps[1:], bytes(item))) for item in items])


def _kept(rule: PropertyRule, members: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    return {
        name: _hashed(value) if name in rule.hash else value
        for name, value in members.items()
        if name not in rule.exclude
    }


def _hashed(value: msgspec.Raw) -> msgspec.Raw:
    """Return the SHA-256 of a text (of the JSON text of anything else) as a JSON string."""
    if bytes(value) == b"null":
        return value
    try:
        data = msgspec.json.decode(value, type=str).encode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        data = bytes(value)
    return msgspec.Raw(_encode(hashlib.sha256(data).hexdigest()))
