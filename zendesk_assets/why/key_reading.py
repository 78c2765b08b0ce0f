"""Reads the keys of rows from records of the hub: fast, and nothing else of them.

Only the members on the way to a key are decoded, by types that are made from the declaration. A
record that is not as declared is decoded whole: one of its rows may have a key all the same.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import key_text

_NULL: Final = msgspec.Raw(b"null")
_QUOTE: Final = ord('"')


class KeyReader:
    """Reads the keys of a collection's rows, and those of the records that may delete them."""

    def __init__(self, collection: Collection) -> None:
        self._steps = [Step.parse(each) for each in collection.records]
        self._keys = [Path.parse(collection.column(e).source_path) for e in collection.primary_key]
        deleting = collection.tombstone
        self._tombstone = Path.parse(deleting.key_path) if deleting else None
        self._decoder = msgspec.json.Decoder(self._build_type())

    @property
    def reading(self) -> str:
        """Return a text that differs for a reader that would read other keys."""
        return repr((self._steps, self._keys, self._tombstone))

    def read(self, line: bytes) -> tuple[set[str], str | None]:
        """Return the keys of the rows in a record, and its own if it may delete rows of others."""
        record = self._decoded(line)
        keys = set()
        for around in self._rows(record):
            texts = [_text(_at(around, path)) for path in self._keys]
            if any(texts):
                keys.add(key_text([text or "" for text in texts]))
        return keys, _text(_at((record,), self._tombstone)) if self._tombstone else None

    def _decoded(self, record: bytes) -> Any:
        try:
            return self._decoder.decode(record)
        except (msgspec.DecodeError, UnicodeDecodeError):  # not as declared, or not as it should be
            pass
        try:
            return decode_leniently(record, object)
        except msgspec.DecodeError:
            return None  # a line that is not JSON has no key

    def _rows(self, record: Any, depth: int = 0, around: tuple[Any, ...] = ()) -> Iterator[Any]:
        """Yield each row's record, with those around it behind it."""
        around = (record, *around)
        if depth == len(self._steps):
            yield around
            return
        inner = _member(record, self._steps[depth].name)
        for each in inner if isinstance(inner, list) else [inner]:
            if each is not None:
                yield from self._rows(each, depth + 1, around)

    def _build_type(self) -> Any:
        """Return the type of a record: of each level, what leads to the keys."""
        inner: Any = None
        for depth in range(len(self._steps), -1, -1):
            out = len(self._steps) - depth
            paths = [path for path in self._keys if path.out == out]
            paths += [self._tombstone] if self._tombstone and depth == 0 else []
            fields: list[Any] = [(name, msgspec.Raw, _NULL) for name in {p.keys[0] for p in paths}]
            if depth < len(self._steps):
                step = self._steps[depth]
                fields.append((step.name, (list[inner] if step.is_list else inner) | None, None))
            inner = msgspec.defstruct("Level", fields)
        return inner


def _member(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, dict) else getattr(record, name, None)


def _at(around: Sequence[Any], path: Path) -> Any:
    """Return the value at a path from a row's record; None if it is not there."""
    if path.out >= len(around):
        return None
    value = _member(around[path.out], path.keys[0])
    if path.is_deep:
        value = json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else value
        return Path.at(0, *path.keys[1:]).within(value)
    return value


def _text(value: Any) -> str | None:
    """Return a value as it is in the key's text: strings without quotes, other JSON as it is."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, msgspec.Raw):
        return json.dumps(value, ensure_ascii=False)
    raw = bytes(value)
    if raw == b"null":
        return None
    return decode_leniently(raw, str) if raw[0] == _QUOTE else raw.decode()
