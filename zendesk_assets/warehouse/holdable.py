"""Characters that an engine cannot hold, replaced by U+FFFD: NUL, and half a surrogate pair.

PostgreSQL has no NUL in text or jsonb, and no text has half a character. The same is written on
every engine, and the hub keeps what was sent. Records are mended as JSON, before anything is read
from them; values of users' DataFrames as Python has them.
"""

import json
import re
from typing import Final

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
