"""Erase a person from the hub: batch by batch, each whole at every moment, also when killed.

Rules, assembled elsewhere from the catalog, say what belongs to a person; `erasing` wipes a value.
The manifest of a batch that was rewritten says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TypeAlias

import msgspec

from zendesk_assets.erasing import Person, is_plain, wipe
from zendesk_assets.errors import CorruptManifestError, CorruptPartError
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.manifest import Batch
from zendesk_assets.records.inside import Around, ChangeInside
from zendesk_assets.records.lenient import as_strict
from zendesk_assets.records.paths import Path
from zendesk_assets.spec import Owner

Keys: TypeAlias = tuple[str, ...]
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class ErasureRule:
    """What is wiped in the objects that `steps` lead to, when the id at `owner` is the person's.

    `owner` may lead outwards (`../author_id`). `known` are the properties that are not wiped for
    being unknown; None wipes no others than those at `paths`. `texts` are the paths of which a
    column has the text, whatever the type; `plain`, properties that hold no text when they are as
    they should be. `together` and `only_if` are as in the catalog.
    """

    steps: tuple[str, ...]
    owner: Path
    paths: tuple[Keys, ...]
    known: frozenset[str] | None = None
    texts: frozenset[Keys] = frozenset()
    plain: frozenset[str] = frozenset()
    together: tuple[tuple[Keys, ...], ...] = ()
    only_if: tuple[Keys, str] | None = None
    owner_is: Owner = Owner.PERSON


@dataclass(frozen=True)
class RecordEraser:
    """Takes a person out of the records of one stream."""

    person: Person
    rules: tuple[ErasureRule, ...]

    def erase(self, record: bytes) -> bytes:
        """Return the record without the person; the same bytes if it has nothing of them."""
        erased = record
        if self._any_id.search(record):
            erased = self._by_rules(record)
        return self.person.in_json(erased)

    @cached_property
    def _any_id(self) -> re.Pattern[bytes]:
        ids = sorted(self.person.ids | self.person.owned(Owner.SHARED))
        every = "|".join(map(str, ids))
        return re.compile(rf"(?<!\d)(?:{every})(?!\d)".encode() if ids else rb"(?!)")

    def _by_rules(self, record: bytes) -> bytes:
        whole = as_strict(record)
        erased = whole
        for rule in self.rules:
            erased = ChangeInside(partial(self._wiped, rule)).at(rule.steps, erased)
        return record if erased == whole else erased

    def _wiped(self, rule: ErasureRule, raw: bytes, around: Around) -> bytes:
        level = rule.owner.out
        owner = _value_at(around[level], rule.owner.keys) if level < len(around) else None
        if not self.person.is_meant(owner, rule.owner_is) or not _holds(rule, around[0]):
            return raw
        for path in _paths(rule, around[0]):
            raw = wipe(raw, path, as_text=path in rule.texts)
        return raw


def _paths(rule: ErasureRule, members: Mapping[str, msgspec.Raw]) -> Iterator[Keys]:
    """Yield the paths that are to be wiped in an object."""
    yield from rule.paths
    for group in rule.together:
        first = group[0][:-1] if group[0][-1] == "*" else group[0]
        if _value_at(members, first) is not None:
            yield from group
    if rule.known is not None:
        yield from ((name,) for name in members if name not in rule.known)
        plain = ((name, bytes(members[name])) for name in rule.plain & members.keys())
        yield from ((name,) for name, value in plain if not is_plain(value))


def _holds(rule: ErasureRule, members: Mapping[str, msgspec.Raw]) -> bool:
    if rule.only_if is None:
        return True
    path, text = rule.only_if
    return _value_at(members, path) == msgspec.json.encode(text)


def _value_at(members: Mapping[str, msgspec.Raw], path: Keys) -> bytes | None:
    """Return the JSON at a path of objects inside objects, or None if there is no such thing."""
    for name in path[:-1]:
        try:
            members = _members.decode(bytes(members.get(name, b"null")))
        except msgspec.DecodeError:
            return None
    found = members.get(path[-1])
    return None if found is None else bytes(found)


def erase_from_batch(
    hub: SourceHub, batch: Batch, eraser: RecordEraser, now: datetime, *, apply: bool
) -> tuple[int, int]:
    """Return how many records of a batch have something of the person, and how many it has.

    With `apply` they are rewritten, and what an erasure that was killed has left over is removed.
    A pruned batch has no records.

    Raises:
        HubError: if the hub cannot be read.
        CorruptPartError, CorruptManifestError: for damage.
    """
    if apply:
        hub.remove_leftovers(batch)
    count = total = 0
    for part in hub.manifest(batch).live_parts:
        lines = hub.read_part(batch, part)
        erased = [eraser.erase(line) for line in lines]
        changed = sum(old != new for old, new in zip(lines, erased, strict=True))
        if changed and apply:
            hub.replace_part(batch, part, erased, now)
        count += changed
        total += len(lines)
    return count, total


def erase_from_aside(hub: SourceHub, stream: str, eraser: RecordEraser, *, apply: bool) -> int:
    """Return how many files that were set aside may have something of the person; remove them.

    Nothing reads them any more. One that cannot be read may hold anything, so it goes too, and so
    do the checksums of keys.
    """
    count = 0
    for path in hub.damaged.files(stream):
        lines = hub.damaged.read(path)
        if lines is None or any(eraser.erase(line) != line for line in lines):
            count += 1
            if apply:
                hub.damaged.remove(path)
    if apply:
        hub.damaged.forget_keys(stream)
    return count


def records_of(hub: SourceHub, stream: str) -> Iterator[bytes]:
    """Yield every readable record of a stream; the erasure itself reports damage."""
    for batch in hub.batches(stream):
        try:
            for part in hub.manifest(batch).live_parts:
                yield from hub.read_part(batch, part)
        except (CorruptPartError, CorruptManifestError):
            continue
