"""Decodes JSON that strict parsers refuse because of a broken character in a string.

Zendesk passes on what people pasted: lone surrogate escapes and raw control characters occur. One
such string must not make a page of a thousand records unreadable.
"""

import re
from typing import Final, TypeVar

import msgspec

_T = TypeVar("_T")

# A complete pair is kept; half of one becomes U+FFFD, which has the same length, so offsets stay.
_SURROGATES: Final = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_CONTROL: Final = bytes(max(byte, 32) for byte in range(256))


def mend(text: bytes) -> bytes:
    """Return JSON of the same length that strict parsers accept, if nothing else is wrong."""
    return _SURROGATES.sub(lambda found: found[1] or rb"\ufffd", text).translate(_CONTROL)


def mend_whole(text: bytes) -> bytes:
    """Return the same, with U+FFFD for bytes that are not UTF-8; it may be longer."""
    return mend(text.decode(errors="replace").encode())


def decode_leniently(text: bytes, kind: type[_T]) -> _T:
    """Return the decoded JSON, repaired where strict parsers refuse it.

    Raises:
        msgspec.DecodeError: if it is not JSON.
        msgspec.ValidationError: if it is not a `kind`.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(mend_whole(text), type=kind)


def as_strict(record: bytes) -> bytes:
    """Return a record that can be taken apart: half characters are given up in one that cannot."""
    try:
        msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return mend_whole(record)
    return record
