"""The console that commands print on: foreign text is shown, never interpreted.

rich passes text through: an escape sequence in a ticket's subject would reach the terminal, and
`:key:` would become an emoji.
"""

from typing import Any

import rich.console
from rich.text import Text

from zendesk_assets.plain_text import spell_out_controls


class Console(rich.console.Console):
    """rich's console without highlighting, which spells out control characters in strings.

    A `rich.text.Text` is printed unchanged: make one with `spell_out_controls`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(emoji=False, highlight=False, **options)

    def say(self, text: str) -> None:
        """Print plain text, without markup."""
        self.print(text, markup=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the styled text of a string (with markup), control characters spelled out."""
        return super().render_str(spell_out_controls(text), **options)
