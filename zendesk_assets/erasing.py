"""Erasing a person from text and JSON: who, and what replaces their data. Pure functions.

A person's data is found in three ways: by the properties that belong to an id (declared in the
catalog), by those of a ticket that was theirs, and by literal texts, such as an e-mail address or a
name, anywhere. It works on both lines of the hub and columns of tables.
"""

import html
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote

import msgspec

from zendesk_assets.spec import Owner

ERASED: Final = "[erased]"
_ERASED: Final = b'"[erased]"'
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NUMBER: Final = re.compile(r"\+?[\d\s().\-/]{7,40}")
_FEWEST_DIGITS: Final = 7
_NO_DIGITS: Final = bytes(set(range(256)) - set(b"0123456789"))
_ESCAPE: Final = re.compile(rb"\\u([0-9a-f]{4})")
# What counts as an ASCII letter where case is ignored.
_LIKE: Final = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}
# The form of a number, a time or a flag: anything else is a text where it does not belong.
_PLAIN: Final = re.compile(rb'"?(true|false|null|[\d:.TZeE+-]*)"?')
# `Jane Doe <jane@acme.com>`, as in headers and lists of people in CC, also as HTML.
_NAME: Final = (
    r'(?:\A|(?<=[,;:>\n]))\s*(?:"[^"\n]{1,99}"|[^\s,;:<>&"]+(?:[ ][^\s,;:<>&"]+){0,4})\s*'
)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Person:
    """The person to erase: ids of users, and texts that name them, ignoring case.

    `requested` are the ids of tickets that they requested, `shared` those of tickets on which they
    were copied.
    """

    ids: frozenset[int] = frozenset()
    texts: tuple[str, ...] = ()
    requested: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """Return the texts in lower case, also in the spellings of HTML and URLs."""
        found = (form for text in self.texts for form in (text, html.escape(text), quote(text)))
        return tuple(sorted({form.lower() for form in found}, key=len, reverse=True))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Return the digits of the texts that are telephone numbers."""
        return tuple(filter(None, map(digits_of, self.texts)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        numbers = [
            r"(?<!\d)\+?" + r"[\s().\-/]{0,3}".join(number) + r"(?!\d)" for number in self.numbers
        ]
        ends = [*map(_as_address_or_words, self.spellings), *numbers]
        return re.compile("|".join(ends) or r"(?!)", re.IGNORECASE)

    def owned(self, owner_is: Owner) -> frozenset[int]:
        """Return the person's ids of that kind."""
        return {
            Owner.PERSON: self.ids,
            Owner.REQUESTED: self.requested,
            Owner.SHARED: self.shared | self.requested,
        }[owner_is]

    def is_meant(self, raw: bytes | None, owner_is: Owner = Owner.PERSON) -> bool:
        """Return whether a JSON value is one of the ids, as a number or a text."""
        text = (raw or b"").strip(b'"')
        return text.isdigit() and int(text) in self.owned(owner_is)

    def in_text(self, text: str) -> str:
        """Return the text without the person's data."""
        return self._pattern.sub(_erased, text) if self.texts else text

    def in_json(self, raw: bytes) -> bytes:
        """Return JSON, complete or not, without the person's texts; all other bytes stay."""
        return _STRING.sub(self._in_string, raw) if self._may_be_in(raw) else raw

    def _may_be_in(self, raw: bytes) -> bool:
        """Return False if a quick look shows that no text is there."""
        if not self._is_plain:
            return bool(self.texts)
        small = raw.lower()
        looks = (small, _unescaped(small)) if b"\\u" in small else (small,)
        return any(text.encode() in each for each in looks for text in self.spellings) or any(
            number.encode() in each.translate(None, _NO_DIGITS)
            for each in looks
            for number in self.numbers
        )

    @cached_property
    def _is_plain(self) -> bool:
        """Return whether JSON needs no escapes for the texts, and lower case works on bytes."""
        return all(text.isascii() and not set('"/\\') & set(text) for text in self.spellings)

    def _in_string(self, found: re.Match[bytes]) -> bytes:
        raw = found[0]
        try:
            text = json.loads(raw.decode(errors="replace"), strict=False)
        except ValueError:
            return raw
        erased = self.in_text(text)
        return raw if erased == text else json.dumps(erased).encode()


def _unescaped(small: bytes) -> bytes:
    """Return JSON in lower case with its escapes undone, those after a backslash as well."""

    def character(found: re.Match[bytes]) -> bytes:
        code = int(found[1], 16)
        return _LIKE.get(code, chr(code)).lower().encode(errors="replace")

    return _ESCAPE.sub(character, small)


def digits_of(text: str) -> str:
    """Return the digits of a telephone number, or '' if it is something else."""
    digits = re.sub(r"\D", "", text)
    is_number = _NUMBER.fullmatch(text.strip()) and len(digits) >= _FEWEST_DIGITS
    return digits if is_number else ""


def is_plain(raw: bytes) -> bool:
    """Return whether JSON looks like a number, a time or a flag, which name no one."""
    return _PLAIN.fullmatch(raw) is not None


def wipe(raw: bytes, path: tuple[str, ...], *, as_text: bool = False) -> bytes:
    """Return JSON with the value at `path` wiped: a text becomes the token, anything else null.

    With `as_text` anything but null becomes the token, because a column has it as text. `*` is
    every member. If the path leads nowhere, the bytes are unchanged.
    """
    if not path:
        is_text = raw.startswith(b'"') or (as_text and raw != b"null")
        return _ERASED if is_text else b"null"
    if path[0] == "*" and raw.startswith(b"["):
        items = _items.decode(raw)
        wiped = [wipe(bytes(each), path[1:], as_text=as_text) for each in items]
        same = all(bytes(old) == new for old, new in zip(items, wiped, strict=True))
        return raw if same else _encode([msgspec.Raw(each) for each in wiped])
    if not raw.startswith(b"{"):
        return raw
    members = _members.decode(raw)
    names = members if path[0] == "*" else members.keys() & {path[0]}
    changed = {
        name: msgspec.Raw(new)
        for name in names
        if (new := wipe(bytes(members[name]), path[1:], as_text=as_text)) != bytes(members[name])
    }
    return _encode(members | changed) if changed else raw


def _as_address_or_words(text: str) -> str:
    """Return the pattern of a text: joann@acme.com is not ann@acme.com; names are whole words."""
    if "@" in text or "%40" in text:
        bare = rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)"
        return rf"{_NAME}(?:<|&lt;)\s*{re.escape(text)}\s*(?:>|&gt;)|{bare}"
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def _erased(found: re.Match[str]) -> str:
    """Return the token, after the space that the match began with."""
    text = found[0]
    return text[: len(text) - len(text.lstrip())] + ERASED
