"""`zendesk-assets`: which commands there are, and how an error ends one.

A command's file does its work; here errors of ours become one sentence and exit code 1.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer
from dotenv import load_dotenv
from rich.markup import escape

from zendesk_assets.cli.commands import Commands
from zendesk_assets.cli.held_storage import explain_locked
from zendesk_assets.cli.interruption import interruptions
from zendesk_assets.cli.output import READER_GONE, checked_output, open_closed_streams
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import ZendeskAssetsError, redact
from zendesk_assets.full_disk import is_full, tells_full_disk
from zendesk_assets.plain_text import spell_out_controls

__all__ = ["app", "main"]

_COMPLETE: Final = (
    "_ZENDESK_ASSETS_COMPLETE"  # set by a shell that wants to know what may come next
)
_CTRL_C: Final = 130
_FAULT: Final = "This is a fault of zendesk-assets: please report it, with the lines above."

app = typer.Typer(
    name="zendesk-assets",
    cls=Commands,
    help="Zendesk data in your warehouse, as Dagster assets.",
    epilog=(
        "Each command has --help with an example. Exit codes: 0 all is well, 1 something is not, "
        "2 called in a wrong way, 130 ended by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # else a line of a docstring is a line of the help
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zendesk-assets {metadata.version('zendesk-assets')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Zendesk data in your warehouse, as Dagster assets."""
    del version


def main() -> None:
    """Run the command and exit with its code; on an error of ours print its sentence."""
    open_closed_streams()
    with interruptions() as heard, checked_output():
        code = _run()
    if code:
        # Typer makes 130 of every KeyboardInterrupt, whichever signal it came from.
        sys.exit(heard.exit_code if code == _CTRL_C else code)


def _run() -> int:
    """Return the exit code of the command: what it printed has reached standard output by then."""
    try:
        code = _invoke()
        if sys.stdout is not None:
            sys.stdout.flush()
    except ZendeskAssetsError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"[red]Error:[/red] {escape(redact(str(error)))}", highlight=False)
        return 1
    except Exception as error:  # noqa: BLE001 # as Python would show it, but for credentials
        _tell_what_broke(error)
        return 1
    except SystemExit:  # nobody reads any more
        return READER_GONE
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or _is_dagsters_interruption(error):
            return _CTRL_C
        raise
    else:
        return code


def _invoke() -> int:
    try:
        _load_dotenv()
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _is_dagsters_interruption(error: BaseException) -> bool:
    """Return whether it is what Dagster makes of a signal; where it is not imported, nothing is."""
    errors = sys.modules.get("dagster._core.errors")
    return errors is not None and isinstance(error, errors.DagsterExecutionInterruptedError)


def _tell_what_broke(error: Exception) -> None:
    """Say what Dagster's storage lacks: a lock, or room. For all else, show the traceback."""
    if sys.stderr is None:
        return
    if locked := explain_locked(error):
        sys.stderr.write(f"Error: {locked}\n")
        return
    home = Path(os.environ.get("DAGSTER_HOME", "."))
    if tells_full_disk(error, home):
        place = home.absolute() if is_full(home) else "Dagster's home, or of this folder,"
        sys.stderr.write(
            f"Error: The disk of {place} is full: free some space there and run this again; what "
            "was landed and loaded before is kept.\n"
        )
        return
    sys.stderr.write(spell_out_controls(redact(traceback.format_exc())))
    sys.stderr.write(f"{_FAULT}\n")


def _load_dotenv() -> None:
    """Read `.env` of this folder, as `dagster dev` does; what is set already stays."""
    if os.environ.get(_COMPLETE):
        logging.disable()  # a shell shows what we print in the middle of what somebody types
    try:
        load_dotenv(Path(".env"))
    except (OSError, UnicodeDecodeError):
        if not os.environ.get(_COMPLETE):
            raise ZendeskAssetsError(
                ".env in this folder cannot be read: make it a text in UTF-8 that you may read, "
                "with a line NAME=value for each variable."
            ) from None


if __name__ == "__main__":
    main()
