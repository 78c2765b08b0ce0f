"""Which batches may have a row: checksums of the keys in a batch, which its manifest keeps.

They are made when a batch lands, while its records are in hand, so that a question about one row
need not read all records later. A checksum has 32 bits: a batch may seem to have a row that it has
not, but never the other way round. Manifests of earlier versions have none, and those of batches
from which a person was erased or whose records were pruned no longer have any.
"""

import hashlib
import json
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, TypeAlias
from zlib import crc32

import msgspec

from zendesk_assets.hub.manifest import KeySums
from zendesk_assets.records.key_text import key_text
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection

_VERSION: Final = 1
_BYTES: Final = 4
# What a row's record has around it: itself first, then outwards to the stream's record.
_Around: TypeAlias = tuple[Any, ...]


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
        found = {
            crc32(each.encode(errors="replace"))
            for each in self.keys(records, is_declared=is_declared)
        }
        if self._tombstone:
            whole = [(each,) for each in records]
            own = map(_text, _values(whole, self._tombstone, is_declared=is_declared))
            found |= {crc32(each.encode(errors="replace"), 1) for each in own if each}
        return found

    def keys(self, records: Sequence[Any], *, is_declared: bool) -> Iterator[str]:
        """Yield the keys of the rows in decoded records."""
        rows: list[_Around] = [(each,) for each in records]
        for step in self._steps:
            inner = _members([around[0] for around in rows], step.name, is_declared=is_declared)
            rows = [
                (each, *around)
                for around, value in zip(rows, inner, strict=True)
                for each in (value if isinstance(value, list) else (value,))
                if each is not None
            ]
        columns = [map(_text, _values(rows, path, is_declared=is_declared)) for path in self._paths]
        if len(columns) == 1:  # as of most tables
            yield from filter(None, columns[0])
            return
        for texts in zip(*columns, strict=True):
            if any(texts):
                yield key_text([text or "" for text in texts])


def may_have(sums: bytes, key: str, *, tombstones: bool = False) -> bool:
    """Return whether a key may be among checksums; those of tombstones are apart from the rows'."""
    wanted = crc32(key.encode(errors="replace"), int(tombstones)).to_bytes(_BYTES, "big")
    count = len(sums) // _BYTES
    place = bisect_left(range(count), wanted, key=lambda i: sums[i * _BYTES : (i + 1) * _BYTES])
    return sums[place * _BYTES : (place + 1) * _BYTES] == wanted


def _packed(numbers: set[int]) -> bytes:
    return struct.pack(f">{len(numbers)}I", *sorted(numbers))


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


def _values(rows: Sequence[_Around], path: Path, *, is_declared: bool) -> list[Any]:
    """Return the value at a path from each row's record; None where it is not there."""
    values = _members([around[path.out] for around in rows], path.keys[0], is_declared=is_declared)
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


def _text(value: Any) -> str | None:
    """Return a value as it is in the key's text: strings as they are, others as JSON."""
    if value is None or isinstance(value, str):
        return value
    return str(value) if type(value) is int else json.dumps(value, ensure_ascii=False)
