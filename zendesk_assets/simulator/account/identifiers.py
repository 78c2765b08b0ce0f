"""Ids that are texts, made from what they name, so that the same account always has the same."""

from __future__ import annotations

import hashlib
from uuid import UUID

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of a ULID


def ulid(second: int, number: int) -> str:
    """Return the time in milliseconds and a number as 10 and 16 letters, which sort like them."""
    value = (second * 1000 << 80) + number
    return "".join(_LETTERS[value >> 5 * place & 31] for place in reversed(range(26)))


def hexadecimal(*parts: object) -> str:
    """Return 32 hexadecimal digits, in capital letters."""
    text = "-".join(map(str, parts))
    return hashlib.sha256(text.encode()).hexdigest()[:32].upper()


def uuid(*parts: object) -> str:
    """Return 32 hexadecimal digits in the form of a UUID."""
    return str(UUID(hex=hexadecimal(*parts)))
