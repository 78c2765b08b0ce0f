"""`zendesk-assets`: the entry point, and how an error ends a command.

Each command's file does its work; here our own errors become one sentence and exit code 1.
"""

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Final

import typer
from dotenv import load_dotenv
from rich.markup import escape

from zendesk_assets.cli.commands import Commands
from zendesk_assets.cli.interruption import interruptions
from zendesk_assets.cli.output import READER_GONE, checked_output, open_closed_streams
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import ZendeskAssetsError, redact
from zendesk_assets.plain_text import spell_out_controls
from zendesk_assets.storage.errors import is_disk_full_error, is_full

_COMPLETE: Final = "_ZENDESK_ASSETS_COMPLETE"  # set by a shell that asks for completions
_CTRL_C: Final = 130
_FAULT: Final = "This is a bug in zendesk-assets: please report it, with the lines above."

app = typer.Typer(
    name="zendesk-assets",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Zendesk data in your warehouse, as Dagster assets.",
    epilog=(
        "Each command has --help with an example. Exit codes: 0 all is well, 1 something is not, "
        "2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # otherwise the help keeps the line breaks of docstrings
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # noqa: PLC0415 # a third of the time of --help

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
    """Run the command and exit with its code; for our own errors, print the sentence."""
    open_closed_streams()
    with interruptions() as heard, checked_output():
        code = _run()
    if code:
        # Typer turns every KeyboardInterrupt into 130, whichever signal it came from.
        sys.exit(heard.exit_code if code == _CTRL_C else code)


def _run() -> int:
    """Return the command's exit code, after its output has reached standard output."""
    try:
        code = _invoke()
        if sys.stdout is not None:
            sys.stdout.flush()
    except ZendeskAssetsError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"[red]Error:[/red] {escape(redact(str(error)))}")
        return 1
    except Exception as error:  # noqa: BLE001 # shown as Python would, but without credentials
        _report_crash(error)
        return 1
    except SystemExit:  # the reader is gone
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
    """Return whether this is Dagster's error for a signal; False if Dagster is not imported."""
    names = sys.modules.get("zendesk_assets.orchestration.dagster_internals.names")
    return names is not None and isinstance(error, names.DagsterExecutionInterruptedError)


def _report_crash(error: Exception) -> None:
    """Explain a locked file or a full disk in Dagster's storage; else show the traceback."""
    if sys.stderr is None:
        return
    from zendesk_assets.cli.held_storage import explain_locked  # noqa: PLC0415 # as above

    if locked := explain_locked(error):
        sys.stderr.write(f"Error: {locked}\n")
        return
    home = Path(os.environ.get("DAGSTER_HOME", "."))
    if is_disk_full_error(error, home):
        place = home.absolute() if is_full(home) else "Dagster's home, or of this folder,"
        sys.stderr.write(
            f"Error: The disk of {place} is full: free some space there and run this again; what "
            "was landed and loaded before is kept.\n"
        )
        return
    sys.stderr.write(spell_out_controls(redact(traceback.format_exc())))
    sys.stderr.write(f"{_FAULT}\n")


def _load_dotenv() -> None:
    """Read `.env` in this folder, as `dagster dev` does; existing variables take precedence."""
    if os.environ.get(_COMPLETE):
        logging.disable()  # a shell would show our output in the middle of the line being typed
    try:
        load_dotenv(Path(".env"))
    except (OSError, UnicodeDecodeError):
        if not os.environ.get(_COMPLETE):
            raise ZendeskAssetsError(
                ".env in this folder cannot be read: make it a readable UTF-8 text file with one "
                "line NAME=value for each variable."
            ) from None


if __name__ == "__main__":
    main()
