"""The pictures: boxes, lines and legend of an area, or of all keys, on the smallest sheet for it.

Says what is drawn where; where boxes stand and lines run is `placing`'s and `routing`'s to say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from zendesk_assets.schema_diagram.boxes import (
    HEAD,
    LETTERS,
    MARK_WIDTH,
    PAD,
    SMALL,
    TITLE,
    VIEWS,
    Box,
    Link,
    Row,
    area_name,
    find_links,
    full_box,
    key_box,
    view_box,
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
from zendesk_assets.schema_diagram.placing import Lanes, place_freely, place_in_order
from zendesk_assets.schema_diagram.routing import Plan, Route, route
from zendesk_assets.spec import DELETED, SYSTEM_COLUMNS, Catalog

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
_HEADING: Final = 46.0
_MARK: Final = 6.2  # the smallest letters
_ROOM: Final = Point(_PAGES[0][0] - 2 * _EDGE, _PAGES[0][1] - 2 * _EDGE)
_RATIO: Final = _ROOM.x / (_ROOM.y - _HEADING)
_BREAK: Final = 2.6  # how wide the gap is where a line passes under another

_ARROWS: Final = (
    ("users (people)", PLAIN, "ids of a table in another area"),
    ("users", ITALIC, "ids of what is not a table here"),
)
_TABLE: Final = ("users", PLAIN, "ids of a table")
_WAREHOUSE: Final = "Zendesk in the warehouse"


@dataclass(frozen=True)
class _Subject:
    """What a picture shows: `inks` are the colours of tables, `arrows` what the legend explains."""

    title: str
    said: str
    boxes: tuple[Box, ...]
    inks: Mapping[str, str]
    arrows: tuple[tuple[str, str, str], ...] = ()


def compose_area(catalog: Catalog, area: str) -> Picture:
    """Return the picture of an area: its tables with all columns, and the links between them.

    If the lines would need a larger sheet than the tables, there are none.
    """
    area_of, names = _areas(catalog), catalog.areas[area]
    boxes = tuple(full_box(catalog.collections[name], area, area_of) for name in names)
    links = find_links(boxes)
    targets = sorted({link.target for link in links})
    subject = _Subject(
        f"{_WAREHOUSE}: {area_name(area)}",
        f"Every table also has {', '.join(each.name for each in SYSTEM_COLUMNS)}.",
        boxes,
        {boxes[target].name: _ink(at) for at, target in enumerate(targets)},
        _ARROWS,
    )
    drawn = (_compose(subject, few, place_freely(boxes, few, _RATIO)) for few in (links, []))
    return min(drawn, key=lambda picture: picture.width)


def compose_views(catalog: Catalog) -> Picture:
    """Return the picture of all views over single tables, without lines."""
    tables = dict.fromkeys(_areas(catalog), VIEWS)  # their areas would take too much room
    boxes = tuple(view_box(each, catalog, tables) for each in catalog.views.values())
    said = f"Every view also has {DELETED}, that of the row which it shows a part of."
    subject = _Subject("Views over the tables", said, boxes, {}, (_TABLE, _ARROWS[1]))
    return _compose(subject, [], place_freely(boxes, [], _RATIO))


def compose_overview(catalog: Catalog) -> Picture:
    """Return the picture of all tables with only their keys, in a colour for each area.

    Lines that would need a larger sheet are left out: first those between areas, then all.
    """
    area_of, areas = _areas(catalog), list(catalog.areas)
    boxes = tuple(key_box(catalog.collections[name], area_of) for name in area_of)
    links = find_links(boxes)
    within = [each for each in links if boxes[each.source].aside == boxes[each.target].aside]
    subject = _Subject(
        _WAREHOUSE,
        f"The keys of {len(boxes)} tables. A colour is an area, here and in the rows.",
        boxes,
        {name: _ink(areas.index(area)) for name, area in area_of.items()},
    )
    lanes = place_in_order(boxes, _RATIO)
    drawn = (_compose(subject, few, lanes) for few in (links, within, []))
    return min(drawn, key=lambda picture: picture.width)


def _areas(catalog: Catalog) -> dict[str, str]:
    """Return the area of each collection."""
    return {name: area for area, names in catalog.areas.items() for name in names}


def _ink(at: int) -> str:
    return LINK_INKS[at % len(LINK_INKS)]


def _compose(subject: _Subject, links: Sequence[Link], lanes: Iterable[Lanes]) -> Picture:
    boxes, inks = subject.boxes, subject.inks
    plan = max((route(boxes, each, links) for each in lanes), key=_scale)
    shapes = [
        *_draw_heading(subject, plan),
        *_draw_routes(plan, boxes, inks),
        *(shape for at, box in enumerate(boxes) for shape in _draw_box(at, box, plan, inks)),
    ]
    return _fit(subject.title, shapes, plan)


def _scale(plan: Plan) -> float:
    """Return how large a plan would be drawn on the first page."""
    return min(_ROOM.x / plan.width, _ROOM.y / (_HEADING + plan.overhead + plan.height))


def _fit(title: str, shapes: Sequence[Shape], plan: Plan) -> Picture:
    """Return the shapes on the smallest page where the smallest letters can be read."""
    tall = _HEADING + plan.overhead + plan.height
    ends = (each.x + each.width for each in shapes if isinstance(each, Label) and not each.ends)
    wide = max(plan.width, *ends)  # of few tables, the legend is wider
    for width, height in _PAGES:
        scale = min((width - 2 * _EDGE) / wide, (height - 2 * _EDGE) / tall, _LARGEST)
        if scale * _MARK >= SMALLEST_PRINT:
            break
    origin = Point((width - wide * scale) / 2, _EDGE + (_HEADING + plan.overhead) * scale)
    used = min(height, tall * scale + 2 * _EDGE)
    return Picture(title, width, height, used, scale, origin, tuple(shapes))


def _draw_box(at: int, box: Box, plan: Plan, inks: Mapping[str, str]) -> Iterator[Shape]:
    x, y, width = plan.lefts[plan.lane_of[at]], plan.tops[at], plan.widths[plan.lane_of[at]]
    yield Area(x, y, width, box.height + 3, "paper", "rule")
    yield Area(x, y, width, HEAD, inks.get(box.name, "head"))
    base = y + HEAD / 2 + 3.7
    yield Label(
        x + PAD, base, box.name, TITLE, "title", BOLD, tip=box.description, link=box.link
    )  # fmt: skip
    yield Label(x + width - PAD, base, box.aside, SMALL, "title", ends=True)
    for place, row in enumerate(box.rows):
        yield from _draw_row(row, x, y + box.middle(place), width, inks)


def _draw_row(
    row: Row, x: float, middle: float, width: float, inks: Mapping[str, str]
) -> Iterator[Shape]:
    base = middle + 2.8
    ink = inks.get(row.points_at, "faint")
    if row.is_key:
        yield Label(x + PAD, base, "PK", _MARK, "ink", BOLD)
    elif row.points_at in inks:
        yield Label(x + PAD, base, "FK", _MARK, ink, BOLD)
    start = x + PAD + MARK_WIDTH
    name = Label(start, base, row.name, LETTERS, "ink", row.font, tip=row.description)
    yield name
    if row.note:
        after = start + name.width + 5
        yield from _arrow(Point(after, middle), Point(after + 11, middle), ink, 0.8)
        font = PLAIN if row.is_known else ITALIC
        yield Label(after + 14, base, row.note, SMALL, ink, font)
    if row.type_name:
        yield Label(x + width - PAD, base, row.type_name, SMALL, "faint", ends=True)


def _draw_routes(plan: Plan, boxes: Sequence[Box], inks: Mapping[str, str]) -> Iterator[Shape]:
    """Draw target by target; each line leaves a gap in those that it passes over."""
    by_target: dict[tuple[int, int], list[Route]] = {}
    for each in plan.routes:
        by_target.setdefault((each.link.target, each.link.target_row), []).append(each)
    for (target, _), routes in sorted(by_target.items()):
        ink = inks[boxes[target].name]
        for each in routes:
            yield Line(each.points[1:-1], "paper", _BREAK + 1)
        for each in routes:
            yield Line((*each.points[:-1], _short(each.points)), ink, 1.1)
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


def _draw_heading(subject: _Subject, plan: Plan) -> Iterator[Shape]:
    top = -plan.overhead - _HEADING
    title = Label(0, top + 16, subject.title, 17, "ink", BOLD)
    yield title
    yield Label(title.width + 14, top + 16, subject.said, 9.5, "faint")
    yield from _draw_legend(top + 32, subject.arrows, has_lines=bool(plan.routes))


def _draw_legend(
    base: float, arrows: Sequence[tuple[str, str, str]], *, has_lines: bool
) -> Iterator[Shape]:
    x, middle = 0.0, base - 2.5
    for mark, meaning in (("PK", "primary key"), ("FK", "id of a row of one of these tables")):
        yield Label(x, base, mark, SMALL, "ink", BOLD)
        yield Label(x + 14, base, meaning, SMALL, "faint")
        x += 14 + measure(meaning, SMALL) + 16
    if has_lines:
        meaning = "from that id to the row it names"
        yield from _foot(Point(x, middle), Point(x + 20, middle), "head")
        yield Line((Point(x, middle), Point(x + 27, middle)), "head", 1.1)
        yield _head(Point(x, middle), Point(x + 30, middle), "head", 5.5)
        yield Label(x + 35, base, meaning, SMALL, "faint")
        x += 35 + measure(meaning, SMALL) + 16
    for name, font, meaning in arrows:
        yield from _arrow(Point(x, middle), Point(x + 11, middle), "faint", 0.8)
        yield Label(x + 14, base, name, SMALL, "faint", font)
        x += 18 + measure(name, SMALL, font)
        yield Label(x, base, meaning, SMALL, "faint")
        x += measure(meaning, SMALL) + 16
