"""Which batches may have a row: checksums of the keys in a batch, which its manifest keeps.

They are made when a batch lands, while its records are in hand, so that a question about one row
need not read all records later. A checksum has 32 bits: a batch may seem to have a row that it has
not, but never the other way round. Manifests of earlier versions have none, and those of batches
from which a person was erased or whose records were pruned no longer have any.
"""

import hashlib
import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, Final
from zlib import crc32

import msgspec

from zendesk_assets.hub.manifest import KeySums
from zendesk_assets.records.key_text import key_text
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection

_VERSION: Final = 1
_BYTES: Final = 4


class RowKeys:
    """Reads the keys of the rows of some collections, all of one stream, from its records.

    Only the members on the way to a key are decoded, by types that are made from the declarations.
    A record that is not as declared is decoded whole: one of its rows may have a key all the same.
    """

    def __init__(self, collections: Iterable[Collection] = ()) -> None:
        self._ways = [KeyWay(each) for each in collections if not each.is_series]

    def sums(self, records: Iterable[bytes]) -> KeySums:
        """Return the checksums of all keys, by the `name` of the way on which they were read."""
        if not self._ways:
            return {}
        decoded, is_declared = self._decoded(records)
        return {
            each.name: _packed(each.numbers(decoded, is_declared=is_declared))
            for each in self._ways
        }

    def _decoded(self, records: Iterable[bytes]) -> tuple[list[Any], bool]:
        """Return the records, and whether all are as declared."""
        decode, found, is_declared = self._decoder.decode, [], True
        for record in records:
            try:
                found.append(decode(record))
            except (msgspec.DecodeError, UnicodeDecodeError):  # not as it should be
                is_declared = False
                found.append(_anything(record))
        return found, is_declared

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        members: dict[str, Any] = {}
        for each in self._ways:
            each.add_members(members)
        return msgspec.json.Decoder(_type_of(members))


class KeyWay:
    """The way from a stream's records to the keys of one collection's rows.

    `name` differs between ways that read other keys.
    """

    def __init__(self, collection: Collection) -> None:
        paths = [collection.column(each).source_path for each in collection.primary_key]
        deleting = collection.tombstone.key_path if collection.tombstone else None
        told = json.dumps([_VERSION, collection.records, paths, deleting])
        self.name = hashlib.sha256(told.encode()).hexdigest()[:16]
        self._steps = [Step.parse(each) for each in collection.records]
        self._paths = [Path.parse(each) for each in paths]
        self._tombstone = Path.parse(deleting) if deleting else None

    def add_members(self, members: dict[str, Any]) -> None:
        """Add what has to be decoded to the members of a record: None, or (members, is a list)."""
        levels = [members]
        for step in self._steps:
            inner, _ = levels[0].setdefault(step.name, ({}, step.is_list))
            levels.insert(0, inner)
        for path in self._paths:
            levels[path.out].setdefault(path.keys[0])
        if self._tombstone:
            members.setdefault(self._tombstone.keys[0])

    def numbers(self, records: Sequence[Any], *, is_declared: bool) -> set[int]:
        """Return the checksums of the keys, and of those of records that may delete rows."""
        found = _checksums(self._keys(records, is_declared=is_declared))
        if self._tombstone:
            own = _texts(_values([records], self._tombstone, is_declared=is_declared))
            found |= _checksums(filter(None, own), 1)
        return found

    def _keys(self, records: Sequence[Any], *, is_declared: bool) -> Iterable[str]:
        """Return the keys of the rows in decoded records."""
        levels = self._levels(records, is_declared=is_declared)
        columns = [_texts(_values(levels, path, is_declared=is_declared)) for path in self._paths]
        if len(columns) == 1:  # as of most tables
            return filter(None, columns[0])
        return [
            key_text([text or "" for text in texts])
            for texts in zip(*columns, strict=True)
            if any(texts)
        ]

    def _levels(self, records: Sequence[Any], *, is_declared: bool) -> list[Sequence[Any]]:
        """Return each row's own record, then, as far as a key reads outwards, those around it."""
        levels: list[Sequence[Any]] = [records]
        reaches_out = any(path.out for path in self._paths)
        for step in self._steps:
            values = _members(levels[0], step.name, is_declared=is_declared)
            inner = list(_inner(values if reaches_out else filter(None, values)))
            around = [
                [each for each, many in zip(level, inner, strict=True) for _ in many]
                for level in (levels if reaches_out else ())
            ]
            levels = [list(chain.from_iterable(inner)), *around]
        return levels


def may_have(sums: bytes, key: str, *, tombstones: bool = False) -> bool:
    """Return whether a key may be among checksums; those of tombstones are apart from the rows'."""
    wanted = crc32(key.encode(errors="replace"), int(tombstones)).to_bytes(_BYTES, "big")
    count = len(sums) // _BYTES
    place = bisect_left(range(count), wanted, key=lambda i: sums[i * _BYTES : (i + 1) * _BYTES])
    return sums[place * _BYTES : (place + 1) * _BYTES] == wanted


def _packed(numbers: set[int]) -> bytes:
    packed = array("I", sorted(numbers))
    if sys.byteorder == "little":
        packed.byteswap()
    return packed.tobytes()


def _anything(record: bytes) -> Any:
    try:
        return decode_leniently(record, object)
    except msgspec.DecodeError:
        return None  # a line that is not JSON has no key


def _type_of(members: dict[str, Any]) -> Any:
    """Return the type of a record with these members, of which nothing else is decoded."""
    fields: list[Any] = []
    for name, within in members.items():
        kind: Any = Any
        if within is not None:
            inner, is_list = within
            kind = (list[_type_of(inner)] if is_list else _type_of(inner)) | None  # type: ignore[misc]
        fields.append((name, kind, None))
    return msgspec.defstruct("Level", fields)


def _inner(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the records of each list, or the only one, without those that have no members."""
    for value in values:
        yield list(filter(None, value if isinstance(value, list) else (value,)))


def _values(levels: Sequence[Sequence[Any]], path: Path, *, is_declared: bool) -> list[Any]:
    """Return the value at a path from each row's record; None where it is not there."""
    values = _members(levels[path.out], path.keys[0], is_declared=is_declared)
    if not path.is_deep:
        return values
    inner = Path.at(0, *path.keys[1:])
    return [inner.within(each) for each in values]


def _members(records: Sequence[Any], name: str, *, is_declared: bool) -> list[Any]:
    if is_declared:
        return list(map(attrgetter(name), records))
    return [
        each.get(name) if isinstance(each, dict) else getattr(each, name, None) for each in records
    ]


def _texts(values: list[Any]) -> list[str | None]:
    """Return the values as they are in a key's text: strings as they are, others as JSON."""
    if set(map(type, values)) == {int}:  # as in most tables, and four times faster
        return list(map(str, values))
    return [
        each if each is None or isinstance(each, str) else json.dumps(each, ensure_ascii=False)
        for each in values
    ]


def _checksums(texts: Iterable[str], start: int = 0) -> set[int]:
    texts = list(texts)
    try:
        encoded = list(map(str.encode, texts))
    except UnicodeEncodeError:  # half a character, which is an escape in JSON
        encoded = [each.encode(errors="replace") for each in texts]
    return set(map(crc32, encoded, repeat(start)))
