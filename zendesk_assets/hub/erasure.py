"""Erase a person from the hub: batch by batch, each whole at every moment, also when killed.

What belongs to a person is told by rules, assembled elsewhere from the catalog; how a value is
wiped is `erasing`'s. A batch that was touched says so in its manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from zendesk_assets.erasing import Person, wipe
from zendesk_assets.hub.batches import Batch, SourceHub
from zendesk_assets.zendesk import mend

__all__ = ["ErasureRule", "RecordEraser", "erase_from_batch"]

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class ErasureRule:
    """What is wiped in the objects that `steps` lead to, when the id at `owner` is the person's.

    `owner` may lead outwards (`../author_id`). `known` are the properties that are not wiped for
    being unknown; None wipes no others than those at `paths`.
    """

    steps: tuple[str, ...]
    owner: str
    paths: tuple[tuple[str, ...], ...]
    known: frozenset[str] | None = None


@dataclass(frozen=True)
class RecordEraser:
    """Takes a person out of the records of one stream."""

    person: Person
    rules: tuple[ErasureRule, ...]

    def erase(self, record: bytes) -> bytes:
        """Return the record without the person; the same bytes if it has nothing of them."""
        erased = record
        if any(str(each).encode() in record for each in self.person.ids):
            erased = self._by_rules(record)
        return self.person.in_json(erased)

    def _by_rules(self, record: bytes) -> bytes:
        whole = _strict(record)
        erased = whole
        for rule in self.rules:
            erased = self._applied(rule, rule.steps, erased, ())
        return record if erased == whole else erased

    def _applied(
        self,
        rule: ErasureRule,
        steps: tuple[str, ...],
        raw: bytes,
        outer: tuple[Mapping[str, msgspec.Raw], ...],
    ) -> bytes:
        try:
            members = _members.decode(raw)
        except msgspec.DecodeError:  # not an object: it has no properties
            return raw
        around = (members, *outer)
        if not steps:
            return self._wiped(rule, raw, around)
        inner = bytes(members.get(steps[0].removesuffix("[]"), b"null"))
        erased = self._inside(rule, steps, inner, around)
        if erased == inner:
            return raw
        return _encode(members | {steps[0].removesuffix("[]"): msgspec.Raw(erased)})

    def _inside(
        self,
        rule: ErasureRule,
        steps: tuple[str, ...],
        raw: bytes,
        around: tuple[Mapping[str, msgspec.Raw], ...],
    ) -> bytes:
        if not steps[0].endswith("[]"):
            return self._applied(rule, steps[1:], raw, around)
        try:
            items = [bytes(each) for each in _items.decode(raw)]
        except msgspec.DecodeError:
            return raw
        erased = [self._applied(rule, steps[1:], each, around) for each in items]
        return raw if erased == items else _encode([msgspec.Raw(each) for each in erased])

    def _wiped(
        self, rule: ErasureRule, raw: bytes, around: tuple[Mapping[str, msgspec.Raw], ...]
    ) -> bytes:
        level, key = rule.owner.count("../"), rule.owner.replace("../", "")
        owner = around[level].get(key) if level < len(around) else None
        if owner is None or not self.person.is_meant(bytes(owner)):
            return raw
        unknown = [] if rule.known is None else [(n,) for n in around[0] if n not in rule.known]
        for path in (*rule.paths, *unknown):
            raw = wipe(raw, path)
        return raw


def erase_from_batch(
    hub: SourceHub, batch: Batch, eraser: RecordEraser, now: datetime, *, apply: bool
) -> int:
    """Return how many records of a batch have something of the person; with `apply`, rewrite them.

    What an erasure that was killed has left over is removed then. A pruned batch has no records.
    Raises HubError; CorruptPartError and CorruptManifestError for damage.
    """
    if apply:
        hub.remove_leftovers(batch)
    count = 0
    for part in hub.manifest(batch).live_parts:
        lines = hub.read_part(batch, part)
        erased = [eraser.erase(line) for line in lines]
        changed = sum(old != new for old, new in zip(lines, erased, strict=True))
        if changed and apply:
            hub.replace_part(batch, part, erased, now)
        count += changed
    return count


def _strict(record: bytes) -> bytes:
    """Return the record as it can be taken apart: half characters are given up."""
    try:
        msgspec.json.decode(record)
    except msgspec.DecodeError:
        return mend(record)
    return record
