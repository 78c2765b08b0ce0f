"""Foreign text, made safe to show: what a terminal would interpret is spelled out instead.

Subjects, names and error bodies come from other people. This module has the rule for showing them
on a terminal, in a log or as Markdown. Credentials (`errors.redact`) and HTML are elsewhere.
"""

import re
import unicodedata
from typing import Final

# Cc: control characters, ESC among them. Cs: half a surrogate pair, which no encoding can write.
_SPELLED_OUT: Final = frozenset({"Cc", "Cs"})
_KEPT: Final = frozenset("\n\t")
# Characters that change the direction of text (Unicode TR 9), so that it reads differently.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Characters with a meaning in CommonMark or HTML, which a backslash removes. Code between backticks
# stays if it contains none of them, wherever it begins.
_MARKUP: Final = re.compile(r"(`[\w .,:/=+-]+`)|([\\`*_{}\[\]<>()#!|&~])")


def spell_out_controls(text: str) -> str:
    r"""Return `text` with control characters as `\x1b`; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled_out(each) if _is_control(each) else each for each in text)


def to_one_line(text: str) -> str:
    """Return `text` in one line, without control characters and repeated spaces."""
    return spell_out_controls(" ".join(text.split()))


def escape_markdown(text: str) -> str:
    r"""Return `text` as Markdown that shows it literally, in one line: `[a](b)` as `\[a\]\(b\)`.

    Plain code between backticks stays code. https://spec.commonmark.org/0.31.2/#backslash-escapes
    """
    return _MARKUP.sub(lambda found: found[1] or f"\\{found[2]}", to_one_line(text))


def unescape_markdown(text: str) -> str:
    """Return the text that `escape_markdown` was given, in one line: for a terminal."""
    return re.sub(r"\\([\\`*_{}\[\]<>()#!|&~])", r"\1", text)


def _is_control(character: str) -> bool:
    if character in _KEPT:
        return False
    return unicodedata.category(character) in _SPELLED_OUT or character in _TURNING


def _spelled_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 # two digits


def counted(number: int, noun: str) -> str:
    """Return `1 page`, `2 pages`, `2 batches`, `1,000 records`."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"
