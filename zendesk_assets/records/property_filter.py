"""Leave out or hash properties before a record is written anywhere.

Works on bytes: a record is taken apart only as far as a rule reaches, and only for sources that
have rules. What may be excluded or hashed is checked where the rules are assembled.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from zendesk_assets.records.inside import Around, ChangeInside
from zendesk_assets.records.lenient import as_strict


@dataclass(frozen=True)
class PropertyRule:
    """For the objects that `steps` lead to (`child_events[]`): what to leave out and to hash.

    With `only`, which has steps, all other members are left out, and what is not such an object is
    null.
    """

    steps: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    hash: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


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
        record = as_strict(record)  # what cannot be taken apart cannot be hidden in
        for rule in self.rules:
            # What is not as expected may be what nobody is to see.
            closed = rule.only is not None
            inside = ChangeInside(partial(_apply, rule), anew=True, closed=closed)
            record = inside.at(rule.steps, record)
        return record


def _apply(rule: PropertyRule, _raw: bytes, around: Around) -> bytes:
    kept = {
        name: _hashed(value) if name in rule.hash else value
        for name, value in around[0].items()
        if name not in rule.exclude and (rule.only is None or name in rule.only)
    }
    return msgspec.json.encode(kept)


def _hashed(value: msgspec.Raw) -> msgspec.Raw:
    """Return the SHA-256 of a text (of the JSON text of anything else) as a JSON string."""
    if bytes(value) == b"null":
        return value
    try:
        data = msgspec.json.decode(value, type=str).encode()
    except (msgspec.MsgspecError, UnicodeEncodeError):
        data = bytes(value)
    return msgspec.Raw(msgspec.json.encode(hashlib.sha256(data).hexdigest()))
