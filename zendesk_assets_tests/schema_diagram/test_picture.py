"""The pictures can be read: nothing overlaps, lines pass no box, letters are large enough."""

from itertools import combinations, pairwise

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.schema_diagram.boxes import find_links, full_box
from zendesk_assets.schema_diagram.compose import (
    SMALLEST_PRINT,
    compose_area,
    compose_overview,
    compose_views,
)
from zendesk_assets.schema_diagram.drawing import Area, Label, Line
from zendesk_assets.schema_diagram.placing import place_freely, place_in_order
from zendesk_assets.schema_diagram.routing import route
from zendesk_assets_tests.schema_diagram.made_up import A2, A3, grow, make_up_area

OURS, GROWN = declared(), grow(20)
PICTURES = {
    f"{len(catalog.collections)} tables, {area or 'overview'}": (catalog, area)
    for catalog in (OURS, GROWN)
    for area in ("", *catalog.areas)
    if area not in OURS.areas or catalog is OURS
} | {"the views": (OURS, "views")}
AREAS = {
    "ticketing": (OURS, "ticketing"),
    "people": (OURS, "people"),
    "fourteen made up": (grow(54), "talk"),
    "three full of links": (make_up_area(3), "made_up"),
    "one": (make_up_area(1), "made_up"),
}


def compose(catalog, area):
    if area == "views":
        return compose_views(catalog)
    return compose_area(catalog, area) if area else compose_overview(catalog)


@pytest.fixture(scope="module", params=PICTURES.values(), ids=PICTURES.keys())
def subject(request):
    return request.param


@pytest.fixture(scope="module")
def picture(subject):
    return compose(*subject)


@pytest.fixture(scope="module", params=AREAS.values(), ids=AREAS.keys())
def boxes(request):
    catalog, area = request.param
    return [full_box(catalog.collections[name], area, {}) for name in catalog.areas[area]]


@pytest.fixture(scope="module", params=["freely", "in order"])
def plan(request, boxes):
    links = find_links(boxes)
    freely = request.param == "freely"
    lanes = place_freely(boxes, links, 1.5) if freely else place_in_order(boxes, 1.5)
    return route(boxes, next(iter(lanes)), links)


def extent(shape):
    """Return left, upper, right and lower edge of a shape; of a text, what its letters cover."""
    if isinstance(shape, Area):
        return shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    if isinstance(shape, Label):
        left = shape.x - (shape.width if shape.ends else 0)
        return left, shape.y - shape.size * 0.72, left + shape.width, shape.y + shape.size * 0.21
    half = 0 if shape.solid else shape.width / 2
    xs, ys = [point.x for point in shape.points], [point.y for point in shape.points]
    return min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def segments(points):
    return [(*map(min, one, other), *map(max, one, other)) for one, other in pairwise(points)]


def overlapping(extents):
    """Return the pairs of extents that overlap; few are near each other, so by upper edge."""
    found, open_ones = [], []
    for extent_ in sorted(extents, key=lambda each: each[1]):
        open_ones = [each for each in open_ones if each[3] > extent_[1]]
        found += [(each, extent_) for each in open_ones if overlap(each, extent_)]
        open_ones.append(extent_)
    return found


def test_no_text_covers_another(picture):
    labels = [shape for shape in picture.shapes if isinstance(shape, Label)]

    assert len(labels) > 20
    assert overlapping(map(extent, labels)) == []


def test_no_line_passes_through_a_text(picture):
    texts = [extent(shape) for shape in picture.shapes if isinstance(shape, Label)]
    for line in (shape for shape in picture.shapes if isinstance(shape, Line)):
        for segment in segments(line.points):
            assert not [text for text in texts if overlap(segment, text)]


def test_all_is_on_the_page_and_large_enough_to_read(picture):
    for shape in picture.shapes:
        left, upper, right, lower = (edge * picture.scale for edge in extent(shape))
        assert left + picture.origin.x >= 20
        assert upper + picture.origin.y >= 20
        assert right + picture.origin.x <= picture.width - 20
        assert lower + picture.origin.y <= picture.used - 20 <= picture.height - 20
        if isinstance(shape, Label):
            assert shape.size * picture.scale >= SMALLEST_PRINT


@pytest.mark.parametrize("catalog", [OURS, grow(8)], ids=["ours", "eight tables more"])
def test_each_area_is_on_a3(catalog):
    for area in catalog.areas:
        picture = compose(catalog, area)
        assert (picture.width, picture.height) == A3, area


@pytest.mark.parametrize("catalog", [OURS, grow(30)], ids=["ours", "thirty tables more"])
def test_what_shows_every_table_or_view_is_on_a2_at_most(catalog):
    for area in ("", *(["views"] if catalog.views else [])):
        picture = compose(catalog, area)
        assert (picture.width, picture.height) in {A3, A2}, area or "overview"


def test_every_reference_is_named_in_its_row(subject, picture):
    """With or without a line: `group_id` and, at the same height, `groups (people)`."""
    catalog, area = subject
    labels = [shape for shape in picture.shapes if isinstance(shape, Label)]
    rows = {}
    for each in labels:
        rows.setdefault(each.y, []).append(each.text)
    tables = {**catalog.collections, **catalog.views}
    of_area = catalog.views if area == "views" else catalog.areas.get(area, catalog.collections)
    for name in of_area:
        for column in tables[name].columns:
            target = column.references
            if target and (area or target.collection in catalog.collections):
                note = ("list of " if target.listed else "") + target.collection
                assert [
                    texts
                    for texts in rows.values()
                    if column.name in texts and any(text.startswith(note) for text in texts)
                ], (name, column.name)


def test_a_reference_to_another_area_names_the_area():
    texts = [each.text for each in compose(OURS, "ticketing").shapes if isinstance(each, Label)]
    columns = [c for each in OURS.areas["ticketing"] for c in OURS.collections[each].columns]
    references = [c.references for c in columns if c.references and not c.references.listed]
    to_groups = [each for each in references if each.collection == "groups"]
    assert texts.count("groups (people)") == len(to_groups) >= 2
    assert "list of users (people)" in texts


def test_the_overview_has_the_keys_and_no_other_column():
    columns = {
        column.name
        for collection in OURS.collections.values()
        for column in collection.columns
        if column.name in collection.primary_key
        or (column.references and column.references.collection in OURS.collections)
    }
    others = {each.name for one in OURS.collections.values() for each in one.columns} - columns
    texts = {each.text for each in compose_overview(OURS).shapes if isinstance(each, Label)}
    assert columns <= texts
    assert not (others - set(OURS.collections)) & texts


def test_no_line_passes_through_a_box(plan, boxes):
    areas = [
        (x, plan.tops[at], x + plan.widths[plan.lane_of[at]], plan.tops[at] + box.height)
        for at, box in enumerate(boxes)
        for x in [plan.lefts[plan.lane_of[at]]]
    ]
    assert not overlapping(areas)
    for each in plan.routes:
        for segment in segments(each.points):
            assert not [area for area in areas if overlap(segment, area)]


def test_lines_to_different_rows_never_run_on_top_of_each_other(plan):
    for one, other in combinations(plan.routes, 2):
        if target(one) != target(other):
            for first in segments(one.points):
                for second in segments(other.points):
                    assert not along(first, second), (one, other)


def target(route_):
    return route_.link.target, route_.link.target_row


def along(one, other):
    """Return whether two segments have more than a point in common."""
    for level, axis in ((1, 0), (0, 1)):
        if one[level] == one[level + 2] == other[level] == other[level + 2]:
            return max(one[axis], other[axis]) < min(one[axis + 2], other[axis + 2])
    return False


def test_every_link_is_a_line_from_its_row_to_the_row_it_names(plan, boxes):
    wanted = {
        (box.name, row.name, row.points_at, row.target_column)
        for box in boxes
        for row in box.rows
        if row.points_at in {each.name for each in boxes}
    }
    found = set()
    for each in plan.routes:
        link = each.link
        ends = (
            (link.source, link.row, each.points[0]),
            (link.target, link.target_row, each.points[-1]),
        )
        for at, row, point in ends:
            lane, edge = plan.lane_of[at], point.x
            left = plan.lefts[lane]
            assert edge in {left, left + plan.widths[lane]}
            assert abs(point.y - plan.tops[at] - boxes[at].middle(row)) <= 2
        found.add(
            (boxes[link.source].name, boxes[link.source].rows[link.row].name,
             boxes[link.target].name, boxes[link.target].rows[link.target_row].name)
        )  # fmt: skip
    assert found == wanted
