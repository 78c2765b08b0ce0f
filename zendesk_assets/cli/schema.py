"""`zendesk-assets schema`: all tables, properties and links, as a file or on screen.

`schema_diagram` draws them. No sources file is needed: the catalog is the same for all. For dbt,
`schema_dbt` says them as they are in the schemas of a sources file.
"""

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from zendesk_assets.cli.options import Chosen, ChosenCollections
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.schema_diagram import Format, render, render_files


class Form(enum.StrEnum):
    """What the schema can be had as: the formats of `schema_diagram`, and dbt's sources.yml."""

    SVG = Format.SVG.value
    PDF = Format.PDF.value
    HTML = Format.HTML.value
    MD = Format.MD.value
    DBT = "dbt"


def schema(
    form: Annotated[
        Form | None,
        typer.Option("--format", help="Default: the suffix of --output, or md."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; default: standard output.")
    ] = None,
    area: Annotated[
        str, typer.Option(help="Draw one product area alone, as people; for svg and pdf.")
    ] = "",
    source: Chosen = None,
    collection: ChosenCollections = None,
) -> None:
    """Show all tables, their properties and the links between them.

    pdf has A3 pages to print: an overview of the keys of all tables, and one for each product area.
    html is a page with the same pictures, to search in. svg is the overview; with --output, the
    areas are written beside it, as schema-people.svg. dbt is a sources.yml for a dbt project: the
    tables and views of the sources in the sources file, or of those that --source and --collection
    name.

    Example: zendesk-assets schema --output schema.pdf
    """
    chosen = form or _suffix(output)
    if chosen is not Form.DBT and (source or collection):
        raise typer.BadParameter("--source and --collection are for --format dbt")
    if output:
        for path, content in _files(chosen, output, area, source, collection).items():
            _write(path, content)
    elif chosen is Form.PDF and sys.stdout.isatty():
        raise ZendeskAssetsError("A PDF cannot be shown in a terminal: add --output schema.pdf.")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(_content(chosen, area, source, collection))
        sys.stdout.flush()


def _files(
    form: Form, output: Path, area: str, source: list[str] | None, collection: list[str] | None
) -> dict[Path, bytes]:
    if form is Form.DBT:
        return {output: _content(form, area, source, collection)}
    return render_files(Format(form), output, area)


def _content(
    form: Form, area: str, source: list[str] | None, collection: list[str] | None
) -> bytes:
    if form is not Form.DBT:
        return render(Format(form), area)
    if area:
        raise typer.BadParameter("--area is for svg and pdf: name collections")
    from zendesk_assets.cli.schema_dbt import render_dbt  # noqa: PLC0415 # Dagster takes seconds

    return render_dbt(source, collection).encode()


def _suffix(output: Path | None) -> Form:
    if output is None:
        return Form.MD
    if output.suffix in {".yml", ".yaml"}:
        return Form.DBT
    try:
        return Form(output.suffix.removeprefix(".").lower())
    except ValueError:
        names = ", ".join(Form)
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
