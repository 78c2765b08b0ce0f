"""How a proof ends other than well, and the comparing of what is there with what must be."""

from collections.abc import Mapping
from typing import Any, Final

_LONGEST: Final = 120


class BrokenPromiseError(Exception):
    """The warehouse does not do what is promised; the text says what was seen."""


class NotPromisedError(Exception):
    """This engine does not promise it; the text says why."""


def expect_rows(found: Mapping[Any, Any], wanted: Mapping[Any, Any], after: str) -> None:
    """Compare rows by their ids.

    Raises:
        BrokenPromiseError: if they differ.
    """
    wrong = [
        f"{key} is {_shown(found.get(key, 'missing'))} and not {_shown(wanted.get(key, 'missing'))}"
        for key in sorted({*found, *wanted}, key=str)
        if found.get(key) != wanted.get(key) or (key in found) != (key in wanted)
    ]
    if wrong:
        raise BrokenPromiseError(
            f"after {after}, {len(wrong):,} of {len(wanted):,} rows are wrong: {wrong[0]}"
        )


def expect(*, holds: bool, otherwise: str) -> None:
    """Raise BrokenPromiseError, with the text `otherwise`, unless it `holds`."""
    if not holds:
        raise BrokenPromiseError(otherwise)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
