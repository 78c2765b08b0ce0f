"""Characters that an engine cannot hold, replaced by U+FFFD: NUL, and half a surrogate pair.

PostgreSQL has no NUL in text or jsonb, and no text has half a character. The same is written on
every engine, and the hub keeps what was sent. Records are mended as JSON, before anything is read
from them; values of users' DataFrames as Python has them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

# As JSON writes it.
NUL: Final = r"\u0000"
_CONTROL: Final = re.compile("[\0-\x1f]")
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LOST: Final = re.compile("[\0\ud800-\udfff]")
# A pair of backslashes, so that none is taken for the beginning of an escape; a whole pair of
# surrogates; half of one.
_ESCAPES: Final = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)"
)


def build_held(record: str) -> str:
    r"""Return SQL for a JSON `record` as text without NUL: `\\u0000` is not one, `\u0000` is."""
    # No character below 32 is in JSON, so this one can stand for a pair of backslashes meanwhile.
    apart = rf"replace({record}, '\\', chr(1))"
    return rf"replace(replace({apart}, '{NUL}', '\ufffd'), chr(1), '\\')"


def mend_line(content: bytes) -> str | None:
    """Return a line of JSON without half characters; None if something else is wrong.

    Bytes that are not UTF-8 become U+FFFD too. Control characters that should have been escaped
    are escaped: Zendesk passes on what people pasted.
    """
    try:
        mended = _STRINGS.sub(_mend_string, content.decode(errors="replace"))
        json.loads(mended)
    except (ValueError, RecursionError):
        return None
    return mended if mended.encode() != content else None


def _mend_string(found: re.Match[str]) -> str:
    whole = _ESCAPES.sub(lambda escape: escape[1] or r"\ufffd", found[0])
    return _CONTROL.sub(lambda each: json.dumps(mend_text(each[0]))[1:-1], whole)


def mend_text(text: str) -> str:
    """Return the text with U+FFFD for each character that an engine cannot hold."""
    return _LOST.sub("\ufffd", text)


def mend_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its texts mended, those in lists and dictionaries too."""
    mended = frame.copy(deep=False)
    for at in range(len(frame.columns)):
        column = frame.iloc[:, at]
        if column.dtype.kind == "O":
            values = [_mend_value(value) for value in column]
            if any(new is not old for new, old in zip(values, column, strict=True)):
                is_text = column.dtype.name in {"string", "str"}
                kind = column.dtype if is_text else object
                mended.isetitem(at, type(column)(values, index=frame.index, dtype=kind).array)
    return mended


def _mend_value(value: Any) -> Any:
    """Return the value mended; the same object if there is nothing to mend."""
    if isinstance(value, str):
        return mend_text(value) if _LOST.search(value) else value
    if isinstance(value, dict):
        pairs = {_mend_value(key): _mend_value(each) for key, each in value.items()}
        same = all(a is b and value[a] is pairs[b] for a, b in zip(value, pairs, strict=False))
        return value if same and len(pairs) == len(value) else pairs
    if isinstance(value, list | tuple):
        items = [_mend_value(each) for each in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    if getattr(getattr(value, "dtype", None), "kind", "") == "O":  # an array of objects
        items = value.tolist()
        mended = _mend_value(items)
        return value if mended is items else mended
    return value
