"""`zendesk-assets certificate`: what comparisons with Zendesk have proved, without a request.

`reconcile` and the schedule compare; each comparison leaves its certificate in the hub.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import Certificate
from zendesk_assets.reconcile.certificate import (
    build_page,
    of_warehouse,
    sentence,
    summary,
    to_json,
)
from zendesk_assets.settings.file import load_sources

_MARKS = {"passed": "✓", "warning": "!", "error": "✗"}


def certificate(
    source: Chosen = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the newest comparison of each table with Zendesk has proved.

    It sends no request: `reconcile` compares, and so do the schedule and the first complete sync.

    Example: zendesk-assets certificate --html certificate.html

    Exits with 0, whatever was found.
    """
    sources = load_sources()
    chosen, warehouse = chosen_sources(sources, source), warehouse_of(sources)
    found: dict[str, list[Certificate]] = {}
    for each in chosen:
        every = of_warehouse(Account(sources, each).hub.certificates.all(), warehouse.name)
        names = [one.name for one in chosen_collections(each)]
        found[each.schema_name] = [every[name] for name in names if name in every]
    if html:
        _write(html, build_page(found, SystemClock().now()))
        typer.echo(f"The page is in {html}.", err=True)
    if as_json:
        typer.echo(json.dumps([to_json(name, some) for name, some in found.items()], indent=2))
        return
    console = Console(soft_wrap=True)
    for each in chosen:
        some = found[each.schema_name]
        chosen_names = [one.name for one in chosen_collections(each)]
        console.print(f"[bold]{each.schema_name}[/bold]: {escape(summary(some, chosen_names))}")
        for one in some:
            mark = _MARKS[one.outcome] if one.is_comparable else "·"
            console.say(f"  {mark} {one.collection}: {sentence(one)}")


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ZendeskAssetsError(
            f"{path} cannot be written ({error.strerror}): give --html another file."
        ) from None
