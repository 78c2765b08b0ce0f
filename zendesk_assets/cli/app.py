"""`zendesk-assets`: which commands there are, and how an error ends one.

A command's file does its work; here errors of ours become one sentence and exit code 1.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import typer
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

__all__ = ["app", "main"]

app = typer.Typer(
    name="zendesk-assets",
    help="Zendesk data in your warehouse, as Dagster assets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(connect)
app.command()(disconnect)
app.command()(check)
app.command()(estimate)
app.command()(sync)
app.command()(status)
app.command()(query)
app.command()(reconcile)
app.command()(rejects)
app.command()(erase)
app.command()(schema)
app.command()(simulate)
app.command()(fail_lost_runs)
app.add_typer(hub)


def main() -> None:
    """Run the command; on an error of ours print its sentence and exit with 1."""
    load_dotenv(Path(".env"))  # as `dagster dev` does; what is set already stays
    try:
        app()
    except ZendeskAssetsError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"[red]Error:[/red] {escape(redact(str(error)))}", highlight=False)
        sys.exit(1)
    except Exception:  # noqa: BLE001 # as Python would show it, but for credentials
        sys.stderr.write(redact(traceback.format_exc()))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
