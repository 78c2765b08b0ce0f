"""The collections as a picture, a page and a text: all tables, all properties, the links between.

Everything comes from the catalog and the same catalog always gives the same files. `boxes` →
`placing` → `routing` → `compose` make one picture of it, which `svg` and `pdf` write; `facts` says
the rest in words, which `html` and `markdown` write. No database, no source, no Dagster.
"""

from __future__ import annotations

import enum
from typing import Final

from zendesk_assets.catalog import declared
from zendesk_assets.schema_diagram.compose import compose
from zendesk_assets.schema_diagram.facts import describe_tables
from zendesk_assets.schema_diagram.html import to_html
from zendesk_assets.schema_diagram.markdown import to_markdown
from zendesk_assets.schema_diagram.pdf import to_pdf
from zendesk_assets.schema_diagram.svg import to_svg

__all__ = ["COMMITTED", "Format", "render"]


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


def render(form: Format) -> bytes:
    """Return the whole schema as the content of a file; text is UTF-8."""
    collections = list(declared().collections.values())
    if form is Format.MD:
        return to_markdown(describe_tables(collections, declared().streams)).encode()
    picture = compose(collections)
    if form is Format.PDF:
        return to_pdf(picture)
    if form is Format.SVG:
        return to_svg(picture).encode()
    return to_html(picture, describe_tables(collections, declared().streams)).encode()
