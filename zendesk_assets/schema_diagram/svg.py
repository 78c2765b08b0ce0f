"""A picture as SVG: one file that browsers show, light or dark, with descriptions as tooltips."""

from __future__ import annotations

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
    round_corners,
)

__all__ = ["to_svg"]

_FAMILY = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', Arimo, sans-serif"


def to_svg(picture: Picture, *, inside: bool = False) -> str:
    """Return the picture as the text of an SVG file.

    Names of tables are links to Zendesk's documentation, or `inside` a page to its sections.
    """
    width, height = _number(picture.width), _number(picture.height)
    page = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
    origin = f"{_number(picture.origin.x)} {_number(picture.origin.y)}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="schema" {page} role="img">',
        f"<title>{escape(picture.title)}</title>",
        f"<style>{_style()}</style>",
        f'<rect width="{width}" height="{height}" class="fill-paper"/>',
        f'<g transform="translate({origin}) scale({picture.scale:.5f})">',
        *(_draw(shape, inside=inside) for shape in picture.shapes),
        "</g>",
        "</svg>",
        "",
    ])  # fmt: skip


def _style() -> str:
    """Return the style: inks as variables, dark on a dark screen, light on paper."""
    light = "".join(f"--{name}:{ink.light};" for name, ink in INKS.items())
    dark = "".join(f"--{name}:{ink.dark};" for name, ink in INKS.items())
    classes = "".join(
        f".fill-{name}{{fill:var(--{name})}}.edge-{name}{{stroke:var(--{name})}}" for name in INKS
    )
    return (
        f".schema{{{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{.schema{{{dark}}}}}"
        f".schema text{{font-family:{_FAMILY};white-space:pre}}"
        ".schema .bold{font-weight:bold}.schema .italic{font-style:italic}"
        ".schema path{fill:none;stroke-linecap:round;stroke-linejoin:round}"
        f".schema rect{{stroke-width:.6}}{classes}"
    )


def _draw(shape: Shape, *, inside: bool) -> str:
    if isinstance(shape, Area):
        return _area(shape)
    return _line(shape) if isinstance(shape, Line) else _label(shape, inside=inside)


def _area(area: Area) -> str:
    fill = f"fill-{area.fill}" if area.fill else ""
    classes = f"{fill} edge-{area.edge}" if area.edge else fill
    place = f'x="{_number(area.x)}" y="{_number(area.y)}"'
    size = f'width="{_number(area.width)}" height="{_number(area.height)}"'
    return f'<rect {place} {size} class="{classes}"/>'


def _line(line: Line) -> str:
    steps = round_corners(line.points, 0 if line.solid else line.radius)
    places = []
    for step in steps:
        to = f"{_number(step.to.x)} {_number(step.to.y)}"
        bend = f"Q{_number(step.bend.x)} {_number(step.bend.y)} {to}" if step.bend else f"L{to}"
        places.append(bend)
    path = "M" + "".join(places)[1:]
    if line.solid:
        return f'<polygon points="{_corners(line)}" class="fill-{line.ink}"/>'
    return f'<path d="{path}" class="edge-{line.ink}" stroke-width="{line.width:g}"/>'


def _corners(line: Line) -> str:
    return " ".join(f"{_number(point.x)},{_number(point.y)}" for point in line.points)


def _label(label: Label, *, inside: bool) -> str:
    """Write a text as wide as it was measured, whatever font the browser has."""
    weight = {BOLD: " bold", ITALIC: " italic"}.get(label.font, "")
    place = f'x="{_number(label.x)}" y="{_number(label.y)}" font-size="{label.size:g}"'
    anchor = ' text-anchor="end"' if label.ends else ""
    width = f'textLength="{_number(label.width)}" lengthAdjust="spacingAndGlyphs"'
    tip = f"<title>{escape(label.tip)}</title>" if label.tip else ""
    text = (
        f'<text {place}{anchor} {width} class="fill-{label.ink}{weight}">'
        f"{tip}{escape(label.text)}</text>"
    )
    address = f"#{label.text}" if inside else label.link
    return f'<a href="{escape(address)}">{text}</a>' if label.link else text


def _number(value: float) -> str:
    """Return a number with two digits after the point at most, and no minus before a zero."""
    return f"{round(value, 2) + 0:.7g}"
