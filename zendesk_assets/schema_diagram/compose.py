"""The whole picture: boxes, lines and legend, on the smallest page where all can be read.

Says what is drawn where; where boxes stand and lines run is `placing`'s and `routing`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from zendesk_assets.schema_diagram.boxes import (
    GRID,
    HEAD,
    LETTERS,
    MARK_WIDTH,
    PAD,
    SMALL,
    Box,
    Link,
    Row,
    find_links,
    make_box,
)
from zendesk_assets.schema_diagram.drawing import (
    BOLD,
    ITALIC,
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
from zendesk_assets.schema_diagram.placing import place
from zendesk_assets.schema_diagram.routing import Plan, Route, route
from zendesk_assets.spec import Collection

__all__ = ["SMALLEST_PRINT", "compose"]

# Landscape, in points.
_PAGES: Final = (
    (1190.55, 841.89),  # A3
    (1683.78, 1190.55),  # A2
    (2383.94, 1683.78),  # A1
    (3370.39, 2383.94),  # A0
)
SMALLEST_PRINT: Final = 6.0  # points; less cannot be read on paper
_LARGEST: Final = 1.3  # a few tables need not fill the page
_EDGE: Final = 28.0  # what printers leave white
_TITLE: Final = 46.0
_MARK: Final = 6.2  # the smallest letters
# Boxes are placed before it is known what room the lines between them take: which guess is best
# is seen afterwards.
_STRETCHES: Final = (1.0, 1.1, 1.2)
_BEND: Final = 3.0  # of corners; less than half of what is between two lines
_BREAK: Final = 2.6  # how wide the gap is where a line passes under another

TITLE: Final = "Zendesk in the warehouse"


def compose(collections: Sequence[Collection]) -> Picture:
    """Return the picture of the collections and of the links between them."""
    boxes = [make_box(each) for each in collections]
    links = find_links(boxes)
    plan = max((_plan(boxes, links, stretch) for stretch in _STRETCHES), key=_scale)
    targets = dict.fromkeys(boxes[link.target].name for link in links)
    named = sorted(targets, key=[box.name for box in boxes].index)
    inks = {name: LINK_INKS[at % len(LINK_INKS)] for at, name in enumerate(named)}
    shapes = [
        *_heading(boxes, len(links), plan),
        *_draw_routes(plan, boxes, inks),
        *(shape for at, box in enumerate(boxes) for shape in _draw_box(at, box, plan, inks)),
    ]
    return _fit(shapes, plan)


def _plan(boxes: Sequence[Box], links: Sequence[Link], stretch: float) -> Plan:
    width, height = _PAGES[0]
    ratio = (width - 2 * _EDGE) / (height - 2 * _EDGE - _TITLE)
    return route(boxes, place(boxes, links, ratio * stretch), links)


def _scale(plan: Plan) -> float:
    """Return how large a plan would be drawn on the first page."""
    width, height = _PAGES[0]
    tall = _TITLE + plan.overhead + plan.height
    return min((width - 2 * _EDGE) / plan.width, (height - 2 * _EDGE) / tall)


def _fit(shapes: Sequence[Shape], plan: Plan) -> Picture:
    """Return the shapes on the smallest page where the smallest letters can be read."""
    tall = _TITLE + plan.overhead + plan.height
    ends = (each.x + each.width for each in shapes if isinstance(each, Label) and not each.ends)
    wide = max(plan.width, *ends)  # of few tables, the legend is wider
    for width, height in _PAGES:
        scale = min((width - 2 * _EDGE) / wide, (height - 2 * _EDGE) / tall, _LARGEST)
        if scale * _MARK >= SMALLEST_PRINT:
            break
    origin = Point((width - wide * scale) / 2, _EDGE + (_TITLE + plan.overhead) * scale)
    return Picture(TITLE, width, height, scale, origin, tuple(shapes))


def _draw_box(at: int, box: Box, plan: Plan, inks: Mapping[str, str]) -> Iterator[Shape]:
    x, y, width = plan.lefts[plan.lane_of[at]], plan.tops[at], plan.widths[plan.lane_of[at]]
    ours = sum(row.is_ours for row in box.rows)
    yield Area(x, y, width, box.height + 3, "paper", "rule")
    band = y + box.height - ours * GRID
    yield Area(x, band, width, ours * GRID + 3, "band", "rule")
    yield Area(x, y, width, HEAD, inks.get(box.name, "head"))
    collection = box.collection
    base = y + HEAD / 2 + 3.7
    yield Label(
        x + PAD, base, box.name, 10.5, "title", BOLD, tip=collection.description,
        link=collection.docs_url,
    )  # fmt: skip
    count = f"{len(box.rows) - ours} + {ours} columns"
    yield Label(x + width - PAD, base, count, SMALL, "title", ends=True)
    for place_of_row, row in enumerate(box.rows):
        yield from _draw_row(row, x, y + box.middle(place_of_row), width, inks)


def _draw_row(
    row: Row, x: float, middle: float, width: float, inks: Mapping[str, str]
) -> Iterator[Shape]:
    base, column = middle + 2.8, row.column
    ink = inks.get(row.points_at, "faint")
    if row.is_key:
        yield Label(x + PAD, base, "PK", _MARK, "ink", BOLD)
    elif row.points_at in inks:
        yield Label(x + PAD, base, "FK", _MARK, ink, BOLD)
    start = x + PAD + MARK_WIDTH
    name = Label(
        start, base, column.name, LETTERS, "faint" if row.is_ours else "ink", row.font,
        tip=column.description,
    )  # fmt: skip
    yield name
    if row.note:
        after = start + name.width + 5
        yield from _arrow(Point(after, middle), Point(after + 11, middle), ink, 0.8)
        font = PLAIN if row.points_at in inks else ITALIC
        yield Label(after + 14, base, row.note, SMALL, ink, font)
    yield Label(x + width - PAD, base, column.type_name, SMALL, "faint", ends=True)


def _draw_routes(plan: Plan, boxes: Sequence[Box], inks: Mapping[str, str]) -> Iterator[Shape]:
    """Draw target by target; each line leaves a gap in those that it passes over."""
    by_target: dict[tuple[int, int], list[Route]] = {}
    for each in plan.routes:
        by_target.setdefault((each.link.target, each.link.target_row), []).append(each)
    for (target, _), routes in sorted(by_target.items()):
        ink = inks[boxes[target].name]
        for each in routes:
            yield Line(each.points[1:-1], "paper", _BREAK + 1, radius=_BEND)
        for each in routes:
            yield Line((*each.points[:-1], _short(each.points)), ink, 1.1, radius=_BEND)
        for each in routes:
            yield from _foot(each.points[0], each.points[1], ink)
        for end, before in sorted({(each.points[-1], each.points[-2]) for each in routes}):
            yield _head(before, end, ink, 5.5)


def _short(points: Sequence[Point]) -> Point:
    """Return the end of a line whose arrowhead goes on from there."""
    before, end = points[-2:]
    return Point(end.x + (3 if before.x > end.x else -3), end.y)


def _arrow(start: Point, end: Point, ink: str, width: float) -> Iterator[Shape]:
    yield Line((start, Point(end.x - 2, end.y)), ink, width)
    yield _head(start, end, ink, 3.6)


def _head(before: Point, end: Point, ink: str, length: float) -> Line:
    back = end.x + (length if before.x > end.x else -length)
    half = length * 0.5
    corners = (end, Point(back, end.y - half), Point(back, end.y + half))
    return Line(corners, ink, solid=True)


def _foot(edge: Point, outside: Point, ink: str) -> Iterator[Shape]:
    """Draw a crow's foot: many rows of this table may hold the id."""
    tip = Point(edge.x + (7 if outside.x > edge.x else -7), edge.y)
    yield Line((Point(edge.x, edge.y - 3), tip, Point(edge.x, edge.y + 3)), ink, 1.0)


def _heading(boxes: Sequence[Box], links: int, plan: Plan) -> Iterator[Shape]:
    top = -plan.overhead - _TITLE
    columns = sum(len(box.rows) for box in boxes)
    yield Label(0, top + 16, TITLE, 17, "ink", BOLD)
    said = f"{len(boxes)} tables, {columns} columns, {links} links between them"
    yield Label(measure(TITLE, 17, BOLD) + 14, top + 16, said, 9.5, "faint")
    yield from _legend(Point(0, top + 32), "head")


def _legend(at: Point, ink: str) -> Iterator[Shape]:
    x, base = at.x, at.y
    words = (
        ("PK", "primary key"),
        ("FK", "id of a row of one of these tables"),
    )
    for mark, meaning in words:
        yield Label(x, base, mark, SMALL, "ink", BOLD)
        yield Label(x + 14, base, meaning, SMALL, "faint")
        x += 14 + measure(meaning, SMALL) + 16
    middle = base - 2.5
    yield from _foot(Point(x, middle), Point(x + 20, middle), ink)
    yield Line((Point(x, middle), Point(x + 27, middle)), ink, 1.1)
    yield _head(Point(x, middle), Point(x + 30, middle), ink, 5.5)
    said = "from that id to the row it names, in the colour of the table pointed at"
    yield Label(x + 35, base, said, SMALL, "faint")
    x += 35 + measure(said, SMALL) + 16
    yield from _arrow(Point(x, middle), Point(x + 11, middle), "faint", 0.8)
    yield Label(x + 14, base, "users", SMALL, "faint", ITALIC)
    said = "ids of what is no table here"
    yield Label(x + 36, base, said, SMALL, "faint")
    x += 36 + measure(said, SMALL) + 16
    yield Area(x, base - 6.5, 12, 8.5, "band", "rule")
    yield Label(x + 16, base, "columns of ours, beside Zendesk's", SMALL, "faint")
