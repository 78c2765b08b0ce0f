"""The console that commands print on: foreign text is shown, never interpreted.

rich passes text through: an escape sequence in a ticket's subject would reach the terminal, and
`:key:` would become an emoji.
"""

import re
from datetime import UTC, datetime
from typing import Any

import rich.console
from rich.cells import cell_len
from rich.text import Text

from zendesk_assets.plain_text import spell_out_controls


class Console(rich.console.Console):
    """rich's console without highlighting, which spells out control characters in strings.

    A `rich.text.Text` is printed unchanged: make one with `spell_out_controls`. With `soft_wrap`,
    a sentence is one line in a pipe or a log; on a terminal it is broken between words, and words
    that are longer than a line, such as addresses, stay whole.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does, and as the class says."""
        if options.get("soft_wrap", self.soft_wrap) and self.is_terminal:
            markup = {name: options[name] for name in ("markup",) if name in options}
            objects = tuple(
                broken_between_words(self.render_str(each, **markup), self.width)
                if isinstance(each, str)
                else each
                for each in objects
            )
        super().print(*objects, **options)

    def say(self, text: str) -> None:
        """Print plain text, without markup."""
        self.print(text, markup=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the styled text of a string (with markup), control characters spelled out."""
        return super().render_str(spell_out_controls(text), **options)

    def tell(self, text: str) -> None:
        """Print plain text of a command that takes long: where lines stay, with the time (UTC)."""
        at = "" if self.is_terminal else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} "
        self.say(f"{at}{text}")


def broken_between_words(text: Text, width: int) -> Text:
    """Return a text with a line end wherever a line would be too long; a long word stays whole."""
    lines = []
    for line in text.split("\n", allow_blank=True):
        ends, start = [], 0
        for word in re.finditer(r"\s*\S+", line.plain):
            if word.start() > start and cell_len(line.plain[start : word.end()]) > width:
                start = word.end() - len(word.group().lstrip())
                ends.append(start)
        for part in line.divide(ends):
            part.rstrip()
            lines.append(part)
    return Text("\n").join(lines)
