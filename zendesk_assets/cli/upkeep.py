"""`zendesk-assets upkeep`: merge the small files of a lake, and expire its old snapshots."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from zendesk_assets.cli.opening import warehouse_of
from zendesk_assets.cli.options import AsJson
from zendesk_assets.cli.terminal import Console
from zendesk_assets.settings.file import load_sources


def upkeep(
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=0, help="Days of snapshots to keep; default: `snapshot_days` of the file."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Merge the small files of a lake, and expire its old snapshots.

    Loads wait meanwhile, readers do not. Dagster does the same each night. Other warehouses need
    no upkeep.

    Example: zendesk-assets upkeep --keep-days 30
    """
    sources = load_sources()
    warehouse = warehouse_of(sources)
    days = sources.warehouse.snapshot_days if keep_days is None else keep_days
    found = warehouse.tidy(timedelta(days=days or 0))
    if as_json:
        typer.echo(json.dumps(found and asdict(found), indent=2))
        return
    done = found.sentence if found else "there is nothing to tidy"
    Console(soft_wrap=True).tell(f"{warehouse.name[0].upper()}{warehouse.name[1:]}: {done}.")
