"""Sentences that fit: broken into lines at spaces, with those after the first one indented."""

from textwrap import wrap

from rich.text import Text

from zendesk_assets.plain_text import spell_out_controls


def wrapped(first: str, text: str, width: int, style: str = "") -> list[Text]:
    """Return the lines of a sentence that begins with the mark `first`; a long word stays whole."""
    lines = wrap(
        spell_out_controls(text),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [Text(line, style) for line in lines]
