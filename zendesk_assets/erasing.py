"""Erasing a person from text and JSON: who is meant, what is replaced by what. Pure functions.

Two ways to find a person's data: by the properties that belong to an id (declared in the catalog),
and by literal texts, an e-mail address or a name, wherever they stand. Whether it is a line of the
hub or a column of a table is not known here.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote

import msgspec

__all__ = ["ERASED", "Person", "wipe"]

ERASED: Final = "[erased]"
_ERASED: Final = b'"[erased]"'
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Person:
    """Who is to be erased: ids of users, and texts that name them, whatever their case."""

    ids: frozenset[int] = frozenset()
    texts: tuple[str, ...] = ()

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Return the texts in small letters, also as HTML and as addresses (URLs) have them."""
        found = (form for text in self.texts for form in (text, html.escape(text), quote(text)))
        return tuple(sorted({form.lower() for form in found}, key=len, reverse=True))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # joann@acme.com and ann@acme.com.au are others than ann@acme.com; a name is whole words.
        ends = [
            rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)"
            if "@" in text or "%40" in text
            else rf"(?<!\w){re.escape(text)}(?!\w)"
            for text in self.spellings
        ]
        return re.compile("|".join(ends) or r"(?!)", re.IGNORECASE)

    def is_meant(self, raw: bytes | None) -> bool:
        """Return whether a JSON value is one of the ids, as a number or as a text."""
        return raw is not None and raw.strip(b'"') in {str(each).encode() for each in self.ids}

    def in_text(self, text: str) -> str:
        """Return the text without the person's."""
        return self._pattern.sub(ERASED, text) if self.texts else text

    def in_json(self, raw: bytes) -> bytes:
        """Return JSON, whole or not, without the person's texts; every other byte stays."""
        return _STRING.sub(self._in_string, raw) if self._may_be_in(raw) else raw

    def _may_be_in(self, raw: bytes) -> bool:
        """Return False where a glance tells that no text is there: escapes may hide one."""
        if not self.texts or (b"\\u" not in raw and not self._is_plain):
            return bool(self.texts)
        small = raw.lower()
        return b"\\u" in raw or any(text.encode() in small for text in self.spellings)

    @cached_property
    def _is_plain(self) -> bool:
        """Return whether JSON needs no escape for the texts, and bytes tell capitals from small."""
        return all(text.isascii() and not set('"/\\') & set(text) for text in self.spellings)

    def _in_string(self, found: re.Match[bytes]) -> bytes:
        raw = found[0]
        try:
            text = json.loads(raw, strict=False)
        except ValueError:
            return raw
        erased = self.in_text(text)
        return raw if erased == text else json.dumps(erased).encode()


def wipe(raw: bytes, path: tuple[str, ...]) -> bytes:
    """Return JSON with the value at `path` wiped: a text becomes the token, anything else null.

    `*` is every member. Where the path does not lead to anything, the bytes are the same.
    """
    if not path:
        return _ERASED if raw.startswith(b'"') else b"null"
    if path[0] == "*" and raw.startswith(b"["):
        items = _items.decode(raw)
        wiped = [wipe(bytes(each), path[1:]) for each in items]
        same = all(bytes(old) == new for old, new in zip(items, wiped, strict=True))
        return raw if same else _encode([msgspec.Raw(each) for each in wiped])
    if not raw.startswith(b"{"):
        return raw
    members = _members.decode(raw)
    names = members if path[0] == "*" else members.keys() & {path[0]}
    changed = {
        name: msgspec.Raw(new)
        for name in names
        if (new := wipe(bytes(members[name]), path[1:])) != bytes(members[name])
    }
    return _encode(members | changed) if changed else raw
