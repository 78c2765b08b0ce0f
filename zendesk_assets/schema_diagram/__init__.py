"""The catalog as pictures, a page and a text: all tables, all properties, the links between.

Everything comes from the catalog, and the same catalog always gives the same files. `boxes` →
`placing` → `routing` → `compose` make a picture of each product area and one of all keys, which
`svg` and `pdf` write; `facts` says the rest in words, which `html` and `markdown` write. No
database, no source, no Dagster.
"""

import enum
from pathlib import Path
from typing import Final

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.schema_diagram.boxes import VIEWS
from zendesk_assets.schema_diagram.compose import compose_area, compose_overview, compose_views
from zendesk_assets.schema_diagram.drawing import Picture
from zendesk_assets.schema_diagram.facts import TableFacts, describe_tables, describe_views
from zendesk_assets.schema_diagram.html import to_html
from zendesk_assets.schema_diagram.markdown import to_markdown
from zendesk_assets.schema_diagram.narrow import compose_narrow
from zendesk_assets.schema_diagram.pdf import to_pdf
from zendesk_assets.schema_diagram.svg import to_svg
from zendesk_assets.spec import Catalog

_OVERVIEW: Final = "overview"


class Format(enum.StrEnum):
    """What the schema can be had as; the value is also the suffix of the file."""

    SVG = "svg"
    PDF = "pdf"
    HTML = "html"
    MD = "md"


# Where each is kept in the repository, by `make docs`.
COMMITTED: Final = {
    Format.SVG: "docs/schema.svg",
    Format.PDF: "docs/schema.pdf",
    Format.HTML: "docs/schema.html",
    Format.MD: "docs/collections.md",
}


def render(form: Format, area: str = "", catalog: Catalog | None = None) -> bytes:
    """Return the schema as the content of a file, text as UTF-8; of an SVG, the overview.

    With `area` it is the picture of that product area, or of the views, alone.

    Raises:
        ZendeskAssetsError: There is no such area, or the format always has all of them.
    """
    catalog = catalog or declared()
    if area:
        _check(form, area, catalog)
        picture = _compose(catalog, area)
        return to_pdf({area: picture}) if form is Format.PDF else to_svg(picture).encode()
    if form is Format.MD:
        return to_markdown(_describe(catalog), catalog.left_out).encode()
    if form is Format.SVG:
        return to_svg(compose_overview(catalog)).encode()
    pictures = _compose_all(catalog)
    if form is Format.PDF:
        return to_pdf(pictures)
    return to_html(pictures, _describe(catalog)).encode()


def render_files(form: Format, output: Path, area: str = "") -> dict[Path, bytes]:
    """Return the files to write for `output`: of an SVG, also those for each area and for a phone.

    Raises:
        ZendeskAssetsError: As for `render`.
    """
    files = {output: render(form, area)}
    if form is Format.SVG and not area:
        for each in _parts(declared()):
            files[output.with_stem(f"{output.stem}-{each}")] = render(form, each)
        narrow = to_svg(compose_narrow(declared()))
        files[output.with_stem(f"{output.stem}-narrow")] = narrow.encode()
    return files


def _compose_all(catalog: Catalog) -> dict[str, Picture]:
    parts = {part: _compose(catalog, part) for part in _parts(catalog)}
    return {_OVERVIEW: compose_overview(catalog)} | parts


def _compose(catalog: Catalog, part: str) -> Picture:
    return compose_views(catalog) if part == VIEWS else compose_area(catalog, part)


def _parts(catalog: Catalog) -> list[str]:
    """Return what there is a picture of: each area, and the views if there are any."""
    return [*catalog.areas, *([VIEWS] if catalog.views else [])]


def _describe(catalog: Catalog) -> tuple[TableFacts, ...]:
    return describe_tables(catalog) + describe_views(catalog)


def _check(form: Format, area: str, catalog: Catalog) -> None:
    if area not in _parts(catalog):
        names = ", ".join(_parts(catalog))
        raise ZendeskAssetsError(f"There is no product area {area}. Choose one of {names}.")
    if form not in {Format.SVG, Format.PDF}:
        raise ZendeskAssetsError(
            f"A file of the format {form} always has every area: leave out --area, or choose svg "
            "or pdf."
        )
