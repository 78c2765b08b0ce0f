"""`zendesk-assets`: which commands there are, and how an error ends one.

A command's file does its work; here errors of ours become one sentence and exit code 1.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer
from dagster._core.errors import DagsterExecutionInterruptedError
from dotenv import load_dotenv
from rich.console import Console
from rich.markup import escape

from zendesk_assets.cli.check import check
from zendesk_assets.cli.connect import connect
from zendesk_assets.cli.demo import demo
from zendesk_assets.cli.disconnect import disconnect
from zendesk_assets.cli.erase import erase
from zendesk_assets.cli.estimate import estimate
from zendesk_assets.cli.hub import hub
from zendesk_assets.cli.lost_runs import fail_lost_runs
from zendesk_assets.cli.query import query
from zendesk_assets.cli.reconcile import reconcile
from zendesk_assets.cli.rejects import rejects
from zendesk_assets.cli.schema import schema
from zendesk_assets.cli.simulate import simulate
from zendesk_assets.cli.status import status
from zendesk_assets.cli.sync import sync
from zendesk_assets.errors import ZendeskAssetsError, redact
from zendesk_assets.full_disk import is_full, tells_full_disk

__all__ = ["app", "main"]

_COMPLETE: Final = (
    "_ZENDESK_ASSETS_COMPLETE"  # set by a shell that wants to know what may come next
)
_FAULT: Final = "This is a fault of zendesk-assets: please report it, with the lines above."

_PANELS: Final[dict[str, tuple[Callable[..., None], ...]]] = {
    "Start here": (demo, connect, check, estimate, sync, status, query),
    "See what is there, and whether it is right": (schema, reconcile, rejects),
    "Look after it": (erase, disconnect),
    "For tests and containers": (simulate, fail_lost_runs),
}

app = typer.Typer(
    name="zendesk-assets",
    help="Zendesk data in your warehouse, as Dagster assets.",
    epilog=(
        "Each command has --help with an example. Exit codes: 0 all is well, 1 something is not, "
        "2 called in a wrong way, 130 ended by Ctrl-C."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # else a line of a docstring is a line of the help
)
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(hub, rich_help_panel="Look after it")


def main() -> None:
    """Run the command; on an error of ours print its sentence and exit with 1."""
    try:
        _load_dotenv()
        app()
    except ZendeskAssetsError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"[red]Error:[/red] {escape(redact(str(error)))}", highlight=False)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 # as Python would show it, but for credentials
        _end_on_full_disk(error)
        sys.stderr.write(redact(traceback.format_exc()))
        sys.stderr.write(f"{_FAULT}\n")
        sys.exit(1)
    except (KeyboardInterrupt, DagsterExecutionInterruptedError):
        sys.exit(130)


def _end_on_full_disk(error: Exception) -> None:
    """Exit with a sentence if Dagster's home cannot be written because its disk is full."""
    home = Path(os.environ.get("DAGSTER_HOME", "."))
    if tells_full_disk(error, home):
        place = home.absolute() if is_full(home) else "Dagster's home, or of this folder,"
        sys.stderr.write(
            f"Error: The disk of {place} is full: free some space there and run this again; what "
            "was landed and loaded before is kept.\n"
        )
        sys.exit(1)


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
