"""A picture as SVG: one file that browsers show, light or dark, with descriptions as tooltips."""

from html import escape

from zendesk_assets.schema_diagram.drawing import (
    BOLD,
    INKS,
    ITALIC,
    Area,
    Label,
    Line,
    Picture,
    Shape,
)

_FAMILY = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', Arimo, sans-serif"


def to_svg(picture: Picture, *, inside: bool = False) -> str:
    """Return the picture as the text of an SVG file.

    Names of tables are links to Zendesk's documentation, or `inside` a page to its sections. Every
    shape names its colours, for viewers that know no style; those that do show a dark screen's.
    """
    width, height = _number(picture.width), _number(picture.used)
    pixels = f'width="{picture.width / 0.75:.0f}" height="{picture.used / 0.75:.0f}"'
    page = f'{pixels} viewBox="0 0 {width} {height}"'
    origin = f"{_number(picture.origin.x)} {_number(picture.origin.y)}"
    pen = f'font-family="{_FAMILY}" stroke-linecap="round" stroke-linejoin="round"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="schema" {page} role="img">',
        f"<title>{escape(picture.title)}</title>",
        f"<style>{_dark()}</style>",
        f'<rect width="{width}" height="{height}" {_fill("paper")}/>',
        f'<g transform="translate({origin}) scale({picture.scale:.5f})" {pen}>',
        *(_draw(shape, inside=inside) for shape in picture.shapes),
        "</g>",
        "</svg>",
        "",
    ])  # fmt: skip


def _dark() -> str:
    """Return the style that gives the inks their colours on a dark screen; paper stays light."""
    rules = (
        f".schema .fill-{name}{{fill:{ink.dark}}}.schema .edge-{name}{{stroke:{ink.dark}}}"
        for name, ink in INKS.items()
    )
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _fill(ink: str, edge: str = "") -> str:
    """Return the attributes that fill a shape with an ink, or with none, and edge it."""
    names = " ".join([*([f"fill-{ink}"] if ink else []), *([f"edge-{edge}"] if edge else [])])
    fill = f'fill="{INKS[ink].light if ink else "none"}"'
    return f'{fill} class="{names}"' + (f' stroke="{INKS[edge].light}"' if edge else "")


def _draw(shape: Shape, *, inside: bool) -> str:
    if isinstance(shape, Area):
        return _area(shape)
    return _line(shape) if isinstance(shape, Line) else _label(shape, inside=inside)


def _area(area: Area) -> str:
    place = f'x="{_number(area.x)}" y="{_number(area.y)}"'
    size = f'width="{_number(area.width)}" height="{_number(area.height)}"'
    return f'<rect {place} {size} {_fill(area.fill, area.edge)} stroke-width="0.6"/>'


def _line(line: Line) -> str:
    points = " ".join(f"{_number(point.x)},{_number(point.y)}" for point in line.points)
    if line.solid:
        return f'<polygon points="{points}" {_fill(line.ink)}/>'
    return f'<polyline points="{points}" {_fill("", line.ink)} stroke-width="{line.width:g}"/>'


def _label(label: Label, *, inside: bool) -> str:
    """Write a text as wide as it was measured, whatever font the viewer has."""
    look = {BOLD: ' font-weight="bold"', ITALIC: ' font-style="italic"'}.get(label.font, "")
    place = f'x="{_number(label.x)}" y="{_number(label.y)}" font-size="{label.size:g}"'
    anchor = ' text-anchor="end"' if label.ends else ""
    width = f'textLength="{_number(label.width)}" lengthAdjust="spacingAndGlyphs"'
    tip = f"<title>{escape(label.tip)}</title>" if label.tip else ""
    words = f"{tip}{escape(label.text)}"
    text = f"<text {place}{anchor} {width} {_fill(label.ink)}{look}>{words}</text>"
    address = f"#{label.text}" if inside else label.link
    is_link = label.link and (inside or not label.link.startswith("#"))
    return text + _link(label, address, tip) if is_link else text


def _link(label: Label, address: str, tip: str) -> str:
    """Write a link that lies on a text; not all viewers show a text that is inside a link."""
    place = f'x="{_number(label.x)}" y="{_number(label.y - label.size)}"'
    size = f'width="{_number(label.width)}" height="{_number(label.size * 1.3)}"'
    area = f'<rect {place} {size} fill="none" pointer-events="all">{tip}</rect>'
    return f'<a href="{escape(address)}" aria-label="{escape(label.text)}">{area}</a>'


def _number(value: float) -> str:
    """Return a number with two digits after the point at most, and no minus before a zero."""
    return f"{round(value, 2) + 0:.7g}"
