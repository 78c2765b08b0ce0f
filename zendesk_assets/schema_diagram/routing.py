"""How the lines run: out of a box, along an alley between two lanes, into another box.

Every target has one track in each alley that leads to it; all lines to it share that track, so that
an alley is as wide as there are targets, not links. Who is more than a lane away goes over the top.
Tracks are put into the order in which the fewest lines cross. Pure; heights are those of `placing`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from zendesk_assets.schema_diagram.boxes import Box, Link
from zendesk_assets.schema_diagram.drawing import Point
from zendesk_assets.schema_diagram.placing import Lanes, heights_of

_TRACK: Final = 8.0  # from one line to the next
_MARGIN: Final = 15.0  # room for an arrowhead beside a box
_EMPTY: Final = 16.0  # an alley without lines
_OVERHEAD: Final = 10.0  # from the boxes up to the first line above them

# A target: the indexes of box and row.
_Target = tuple[int, int]


@dataclass(frozen=True)
class Route:
    """The way of one link, from the box that holds the id to the one it points at."""

    link: Link
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Plan:
    """Where all stands: left edges and widths of lanes, upper edges of boxes, routes.

    The boxes begin at 0; `overhead` is how far the lines above them rise.
    """

    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    tops: dict[int, float]
    lane_of: dict[int, int]
    routes: tuple[Route, ...]
    overhead: float
    width: float
    height: float


@dataclass
class _Way:
    """A link with the alleys that it leaves by and arrives by, and the heights of its ends."""

    link: Link
    out: int
    into: int
    start: float
    end: float

    @property
    def target(self) -> _Target:
        return self.link.target, self.link.target_row


@dataclass
class _Track:
    """What one target needs of one alley: ends at heights, to the left or the right; up or not."""

    lefts: set[float] = field(default_factory=set)
    rights: set[float] = field(default_factory=set)
    rises: bool = False

    def spans(self, y: float) -> bool:
        ends = self.lefts | self.rights
        return (self.rises or min(ends) < y) and y < max(ends)


@dataclass(frozen=True)
class _Grid:
    """Left edges of alleys and lanes, and the order of tracks in and above them."""

    alleys: Sequence[tuple[_Target, ...]]
    levels: tuple[_Target, ...]
    starts: tuple[float, ...]
    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    lane_of: dict[int, int]

    def points(self, way: _Way) -> tuple[Point, ...]:
        """Return the corners of a way, from edge to edge."""
        out, into = self._track(way.out, way.target), self._track(way.into, way.target)
        found = [Point(self._edge(way.link.source, way.out), way.start), Point(out, way.start)]
        if way.out != way.into:
            level = -_OVERHEAD - _TRACK * self.levels.index(way.target)
            found += [Point(out, level), Point(into, level)]
        edge = self._edge(way.link.target, way.into)
        return (*found, Point(into, way.end), Point(edge, way.end))

    def _track(self, alley: int, target: _Target) -> float:
        return self.starts[alley] + _MARGIN + _TRACK * self.alleys[alley].index(target)

    def _edge(self, index: int, alley: int) -> float:
        lane = self.lane_of[index]
        return self.lefts[lane] + (self.widths[lane] if alley > lane else 0)


def route(boxes: Sequence[Box], lanes: Lanes, links: Sequence[Link]) -> Plan:
    """Return where lanes, boxes and lines are."""
    tops = heights_of(lanes, boxes)
    lane_of = {index: at for at, lane in enumerate(lanes) for index in lane}
    ways = _find_ways(boxes, links, lane_of, tops)
    alleys = _order_alleys(ways, lane_of, len(lanes))
    levels = _order_levels(ways, alleys)
    widths = tuple(max(boxes[each].width for each in lane) for lane in lanes)
    room = [_room(alley, outermost=at in {0, len(lanes)}) for at, alley in enumerate(alleys)]
    starts = tuple(sum(room[:at]) + sum(widths[:at]) for at in range(len(alleys)))
    lefts = tuple(start + its for start, its in zip(starts, room[:-1], strict=False))
    grid = _Grid(alleys, levels, starts, lefts, widths, lane_of)
    return Plan(
        lefts,
        widths,
        tops,
        lane_of,
        tuple(Route(way.link, grid.points(way)) for way in ways),
        overhead=_OVERHEAD + _TRACK * (len(levels) - 1) if levels else 0,
        width=starts[-1] + room[-1],
        height=max(tops[each] + boxes[each].height for each in tops),
    )


def _room(alley: Sequence[_Target], *, outermost: bool) -> float:
    if not alley:
        return 0 if outermost else _EMPTY
    return 2 * _MARGIN + _TRACK * (len(alley) - 1)


def _find_ways(
    boxes: Sequence[Box],
    links: Sequence[Link],
    lane_of: dict[int, int],
    tops: dict[int, float],
) -> list[_Way]:
    """Return each link with its alleys; a row with both ends of links keeps them apart."""
    sources = {(link.source, link.row) for link in links}
    targets = {(link.target, link.target_row) for link in links}
    ways = []
    for link in links:
        start = tops[link.source] + boxes[link.source].middle(link.row)
        end = tops[link.target] + boxes[link.target].middle(link.target_row)
        start += 2 if (link.source, link.row) in targets else 0
        end -= 2 if (link.target, link.target_row) in sources else 0
        ours, theirs = lane_of[link.source], lane_of[link.target]
        # Two boxes of one lane are linked along its right side.
        out = ours + (ours <= theirs)
        into = theirs + (ours >= theirs)
        ways.append(_Way(link, out, into, start, end))
    return ways


def _order_alleys(
    ways: Sequence[_Way], lane_of: dict[int, int], lanes: int
) -> list[tuple[_Target, ...]]:
    """Return for each alley the targets with a track in it, from left to right."""
    tracks: list[dict[_Target, _Track]] = [defaultdict(_Track) for _ in range(lanes + 1)]
    for way in ways:
        ends = ((way.out, way.link.source, way.start), (way.into, way.link.target, way.end))
        for alley, index, y in ends:
            track = tracks[alley][way.target]
            (track.lefts if lane_of[index] < alley else track.rights).add(y)
            track.rises |= way.out != way.into
    return [_best_order(sorted(alley), _crossings(alley)) for alley in tracks]


def _crossings(alley: Mapping[_Target, _Track]) -> Callable[[_Target, _Target], int]:
    """Return how often the lines of two tracks cross, the first of them left of the other."""

    def count(one: _Target, other: _Target) -> int:
        rights = sum(map(alley[other].spans, alley[one].rights))
        return rights + sum(map(alley[one].spans, alley[other].lefts))

    return count


def _order_levels(
    ways: Sequence[_Way], alleys: Sequence[tuple[_Target, ...]]
) -> tuple[_Target, ...]:
    """Return the targets with a line above the boxes, from below."""
    spans: dict[_Target, set[tuple[int, int]]] = defaultdict(set)
    for way in ways:
        if way.out != way.into:
            spans[way.target] |= {
                (alley, alleys[alley].index(way.target)) for alley in (way.out, way.into)
            }

    def count(lower: _Target, higher: _Target) -> int:
        """Return how many risers of the higher line cross the lower one."""
        return sum(min(spans[lower]) < each < max(spans[lower]) for each in spans[higher])

    return _best_order(sorted(spans), count)


def _best_order(
    found: Sequence[_Target], count: Callable[[_Target, _Target], int]
) -> tuple[_Target, ...]:
    """Return an order of few crossings: one after the other where it then crosses least."""
    crossings = {(one, other): count(one, other) for one, other in permutations(found, 2)}
    order: list[_Target] = []
    for one in found:
        costs = [
            sum(crossings[each, one] for each in order[:at])
            + sum(crossings[one, each] for each in order[at:])
            for at in range(len(order) + 1)
        ]
        order.insert(costs.index(min(costs)), one)
    return tuple(order)
