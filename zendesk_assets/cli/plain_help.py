"""Commands and groups whose help shows a flag as a flag, and nothing else about the help."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainFlags:
    """Shows a flag as a flag in the help, without the type that Typer writes beside it."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, the option for help included."""
        found = super().get_params(ctx)  # type: ignore[misc] # of the command that this is part of
        for each in found:
            if getattr(each, "is_flag", False) and each.metavar is None:
                each.metavar = ""
        return found


class PlainCommand(PlainFlags, TyperCommand):
    """A command whose flags are flags."""


class PlainGroup(PlainFlags, TyperGroup):
    """A group whose flags are flags."""
