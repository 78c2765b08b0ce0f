"""The tables as one page of HTML: pictures, search, every property. It fetches nothing."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zendesk_assets.schema_diagram.drawing import Picture
from zendesk_assets.schema_diagram.facts import TableFacts
from zendesk_assets.schema_diagram.svg import to_svg


def to_html(pictures: Mapping[str, Picture], tables: Sequence[TableFacts]) -> str:
    """Return the text of an HTML file that holds all it needs.

    `pictures` has the overview first, then a picture of each area by its name.
    """
    templates = Environment(
        loader=PackageLoader("zendesk_assets.schema_diagram", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["code"] = _code
    overview, *areas = pictures
    return templates.get_template("page.html.j2").render(
        title=pictures[overview].title,
        overview=_svg(pictures[overview]),
        areas=[
            (area, _svg(pictures[area]), [each for each in tables if each.area == area])
            for area in areas
        ],
        count=sum(len(each.properties) + len(each.own) for each in tables),
        tables=sum(not each.is_view for each in tables),
        views=sum(each.is_view for each in tables),
    )


def _svg(picture: Picture) -> Markup:
    return Markup(to_svg(picture, inside=True))  # noqa: S704 # our own, escaped there


def _code(text: str) -> Markup:
    """Return a text as HTML, what stands between backticks as code."""
    return Markup(re.sub("`([^`]*)`", r"<code>\1</code>", escape(text)))  # noqa: S704 # escaped
