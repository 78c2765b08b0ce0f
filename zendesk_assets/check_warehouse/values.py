"""Values at the edges: what a table holds must be what was sent, or be told apart as not held."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from zendesk_assets.check_warehouse.proof import expect_rows
from zendesk_assets.check_warehouse.scratch import Scratch
from zendesk_assets.check_warehouse.things import record, things

_LARGEST: Final = 2**63 - 1
# A million characters that do not compress.
_LONG: Final = "".join(sha256(str(at).encode()).hexdigest() for at in range(15_625))

# What is sent, and what is then in the table.
_TEXTS: Final[tuple[tuple[str | None, str | None], ...]] = (
    ("a\0b", "a\ufffdb"), ("\U0001f44d\U0001f3fd", "\U0001f44d\U0001f3fd"), ("", ""), (None, None),
    ("'\";--\\n", "'\";--\\n"), ("\x01\t\r\n\x7f", "\x01\t\r\n\x7f"), ("\u202eabc", "\u202eabc"),
    (" a ", " a "), ("\\u0000 NULL \\N", "\\u0000 NULL \\N"), ("e\u0301\u00e9", "e\u0301\u00e9"),
    (_LONG, _LONG),
)  # fmt: skip
# What does not fit is NULL in its column, and as it was sent in `_unknown`.
_INTEGERS: Final[tuple[int, ...]] = (0, -1, 2**53 + 1, _LARGEST, -_LARGEST - 1)
_TOO_LARGE: Final[tuple[int, ...]] = (_LARGEST + 1, -_LARGEST - 2, 10**30)
_NUMBERS: Final[tuple[float, ...]] = (0.0, 0.1, -1e308, 1.7976931348623157e308, 2.5e-308)
_TIMES: Final[tuple[str, ...]] = (
    "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-02-29T00:00:00Z", "9999-12-31T23:59:59Z",
)  # fmt: skip
_NO_TIMES: Final[tuple[str, ...]] = ("10000-01-01T00:00:00Z", "2023-02-29T00:00:00Z", "soon")


def _nested(depth: int) -> Any:
    return {"in": [_nested(depth - 1)]} if depth else "\U0001f600"


_DETAILS: Final[tuple[Any, ...]] = (
    {}, [], False, 7, "text", {"": {"a.b": [1, None, {"c": "\u00e9"}]}}, {"n": _LARGEST},
    ["\\", '"', "\n", "\ufffd"], _nested(60), {str(at): at for at in range(2_000)},
)  # fmt: skip


def prove_texts(scratch: Scratch) -> str:
    """Load texts that databases, drivers and CSV get wrong."""
    table = things("texts")
    sent = [record(at, 1, name=text) for at, (text, _) in enumerate(_TEXTS)]
    scratch.load(table, scratch.batch(sent))
    wanted = {at: (text,) for at, (_, text) in enumerate(_TEXTS)}
    expect_rows(scratch.rows(table.name, "name"), wanted, "texts at the edges")
    return f"{len(_TEXTS)} texts, of up to {len(_LONG):,} characters; NUL is U+FFFD"


def prove_numbers(scratch: Scratch) -> str:
    """Load integers up to 64 bits and beyond, and fractions from very small to very large."""
    table = things("numbers")
    integers = (*_INTEGERS, *_TOO_LARGE)
    sent = [record(at, 1, size=each) for at, each in enumerate(integers)]
    sent += [record(100 + at, 1, size=0, weight=each) for at, each in enumerate(_NUMBERS)]
    scratch.load(table, scratch.batch(sent))
    wanted = {
        at: (each, None, None) if each in _INTEGERS else (None, None, {"size": each})
        for at, each in enumerate(integers)
    } | {100 + at: (0, each, None) for at, each in enumerate(_NUMBERS)}
    expect_rows(
        _with_unknown(scratch, table.name, "size", "weight"), wanted, "numbers at the edges"
    )
    return f"{_LARGEST} is exact; larger ones are exact in _unknown"


def prove_times(scratch: Scratch) -> str:
    """Load times from the first second to the last that Python has, and some that are none."""
    table = things("times")
    times = (*_TIMES, *_NO_TIMES)
    scratch.load(
        table, scratch.batch([record(at, 1, made_at=text) for at, text in enumerate(times)])
    )
    found = {
        at: (_utc(made), unknown)
        for at, (made, unknown) in _with_unknown(scratch, table.name, "made_at").items()
    }
    wanted = {
        at: (text.removesuffix("Z"), None) if text in _TIMES else (None, {"made_at": text})
        for at, text in enumerate(times)
    }
    expect_rows(found, wanted, "times at the edges")
    return "the years 1 to 9999 are exact; others, and values that are not times, are in _unknown"


def prove_json(scratch: Scratch) -> str:
    """Load nested JSON, and read it back as JSON."""
    table = things("nested")
    sent = [record(at, 1, details=each) for at, each in enumerate(_DETAILS)]
    scratch.load(table, scratch.batch(sent))
    found = {at: _parsed(row[0]) for at, row in scratch.rows(table.name, "details").items()}
    expect_rows(found, dict(enumerate(_DETAILS)), "nested JSON")
    return f"{len(_DETAILS)} values, nested up to 120 levels"


def _with_unknown(scratch: Scratch, table: str, *columns: str) -> dict[int, tuple[Any, ...]]:
    found = scratch.rows(table, *columns, "_unknown")
    return {at: (*row[:-1], _parsed(row[-1])) for at, row in found.items()}


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _utc(value: Any) -> Any:
    """Return a time as it is written in UTC, without the zone."""
    if not isinstance(value, datetime):
        return value
    return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
