"""`zendesk-assets schema`: all tables, properties and links, as a file or on screen.

`schema_diagram` draws them. No sources file is needed: the catalog is the same for all.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.schema_diagram import Format, render, render_files


def schema(
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Default: the suffix of --output, or md."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: standard output.")
    ] = None,
    area: Annotated[
        str, typer.Option(help="Draw one product area alone, as people; for svg and pdf.")
    ] = "",
) -> None:
    """Show all tables, their properties and the links between.

    pdf has A3 pages to print: an overview of the keys of all tables, and one for each product area.
    html is a page with the same pictures, to search in. svg is the overview; with --output, the
    areas are written beside it, as schema-people.svg.

    Example: zendesk-assets schema --output schema.pdf
    """
    chosen = form or _suffix(output)
    if output:
        for path, content in render_files(chosen, output, area).items():
            _write(path, content)
    elif chosen is Format.PDF and sys.stdout.isatty():
        raise ZendeskAssetsError("A PDF cannot be shown in a terminal: add --output schema.pdf.")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(render(chosen, area))
        sys.stdout.flush()


def _suffix(output: Path | None) -> Format:
    if output is None:
        return Format.MD
    try:
        return Format(output.suffix.removeprefix(".").lower())
    except ValueError:
        names = ", ".join(Format)
        raise ZendeskAssetsError(
            f"The suffix of {output} does not name a format: add --format with one of {names}."
        ) from None


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ZendeskAssetsError(
            f"{output} cannot be written ({error.strerror}): name a file in an existing folder."
        ) from error
