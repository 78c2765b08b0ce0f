"""All tables on a strip as narrow as a phone: each area's, with the tables that their ids name.

The same in words as the overview of all keys; columns and lines are on the larger pictures.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from zendesk_assets.schema_diagram.boxes import Box, area_name, key_box
from zendesk_assets.schema_diagram.drawing import (
    BOLD,
    LINK_INKS,
    PLAIN,
    Area,
    Label,
    Line,
    Picture,
    Point,
    Shape,
    measure,
)
from zendesk_assets.spec import Catalog

_WIDTH: Final = 300.0  # points: 400 pixels
_EDGE: Final = 9.0
_SIZE, _TITLE = 9.5, 11.0  # 12.7 and 14.7 pixels
_LINE: Final = 14.0
_HEAD: Final = 20.0
_INDENT: Final = 12.0
_SAID: Final = "Below each table, those that its ids name."


def compose_narrow(catalog: Catalog) -> Picture:
    """Return the strip of all areas, in the colours of the overview."""
    title = f"Zendesk in the warehouse: {len(catalog.collections)} tables"
    shapes: list[Shape] = [
        Label(_EDGE, 18, title, _TITLE, "ink", BOLD),
        Label(_EDGE, 18 + _LINE, _SAID, _SIZE, "faint"),
    ]
    y = 18 + 2 * _LINE
    area_of = {name: area for area, names in catalog.areas.items() for name in names}
    for at, (area, names) in enumerate(catalog.areas.items()):
        boxes = [key_box(catalog.collections[name], area_of) for name in names]
        drawn, y = _area(y, area_name(area), LINK_INKS[at % len(LINK_INKS)], boxes)
        shapes += drawn
    return Picture(title, _WIDTH, y + _EDGE, y + _EDGE, 1.0, Point(0, 0), tuple(shapes))


def _area(y: float, name: str, ink: str, boxes: Sequence[Box]) -> tuple[list[Shape], float]:
    """Return an area, and where the next one begins."""
    shapes: list[Shape] = [
        Area(_EDGE, y, _WIDTH - 2 * _EDGE, _HEAD, ink),
        Label(_EDGE + 6, y + 14, name, _TITLE, "title", BOLD),
    ]
    y += _HEAD + _LINE
    for box in boxes:
        shapes.append(
            Label(_EDGE + 6, y, box.name, _SIZE, "ink", BOLD, tip=box.description, link=box.link)
        )
        y += _LINE
        named = sorted({row.points_at for row in box.rows if row.is_known} - {box.name})
        for line, words in enumerate(_lines(named)):
            if not line:
                tip = Point(_EDGE + 6 + 9, y - 3.2)
                shapes += _arrow(tip)
            shapes.append(Label(_EDGE + 6 + _INDENT, y, words, _SIZE, "faint", PLAIN))
            y += _LINE
        y += 3
    return shapes, y


def _arrow(tip: Point) -> Iterator[Shape]:
    yield Line((Point(tip.x - 8, tip.y), tip), "faint", 0.9)
    head = Point(tip.x - 3, tip.y - 2.4), tip, Point(tip.x - 3, tip.y + 2.4)
    yield Line(head, "faint", 0.9)


def _lines(names: Sequence[str]) -> Iterator[str]:
    """Yield names in lines that fit, broken between names."""
    room, line = _WIDTH - 2 * _EDGE - 6 - _INDENT, ""
    for at, name in enumerate(names):
        part = name if at == len(names) - 1 else f"{name},"
        if line and measure(f"{line} {part}", _SIZE) > room:
            yield line
            line = part
        else:
            line = f"{line} {part}".strip()
    if line:
        yield line
