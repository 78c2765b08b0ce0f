"""Which box stands where: lanes side by side, boxes one above the other in each.

Pure and without chance: the same boxes are always placed the same way. Lines run between lanes and
above them (`routing`), never between two boxes of a lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from zendesk_assets.schema_diagram.boxes import GRID, Box, Link

__all__ = ["GAP", "Lanes", "heights_of", "place"]

GAP: Final = 2 * GRID
_ALLEY: Final = 46.0  # what the lines between two lanes will about need
_FAR: Final = 0.006  # how much a lane between two ends of a link is worth, in parts of the scale
_STEEP: Final = 0.00001  # the same of one point up or down

# The indexes of the boxes in each lane, from above.
Lanes = tuple[tuple[int, ...], ...]


def place(boxes: Sequence[Box], links: Sequence[Link], ratio: float) -> Lanes:
    """Return the lanes that fill a page of `ratio` (width to height) best, linked boxes close."""
    area = sum((box.width + _ALLEY) * (box.height + GAP) for box in boxes)
    width = sum(box.width + _ALLEY for box in boxes) / len(boxes)
    about = round((area * ratio) ** 0.5 / width) or 1
    counts = range(max(1, about - 1), min(len(boxes), about + 1) + 1)
    found = [_improve(_spread(boxes, count), boxes, links, ratio) for count in counts]
    best = min(found, key=lambda lanes: _cost(lanes, boxes, links, ratio))
    return tuple(lane for lane in best if lane)


def heights_of(lanes: Lanes, boxes: Sequence[Box]) -> dict[int, float]:
    """Return the upper edge of each box; every second lane stands half a row lower.

    So two rows that face each other are never level, nor are the lines that leave them.
    """
    tops = {}
    for at, lane in enumerate(lanes):
        y = GRID / 2 * (at % 2)
        for index in lane:
            tops[index] = y
            y += boxes[index].height + GAP
    return tops


def _spread(boxes: Sequence[Box], count: int) -> Lanes:
    """Return a first placing: the tallest first, each into the lane that is shortest by then."""
    lanes: list[list[int]] = [[] for _ in range(count)]
    for index in sorted(range(len(boxes)), key=lambda index: -boxes[index].height):
        min(lanes, key=lambda lane: sum(boxes[each].height + GAP for each in lane)).append(index)
    return tuple(map(tuple, lanes))


def _improve(lanes: Lanes, boxes: Sequence[Box], links: Sequence[Link], ratio: float) -> Lanes:
    """Return what no move of one box and no exchange of two makes better."""
    cost, going_on = _cost(lanes, boxes, links, ratio), True
    while going_on:
        going_on = False
        for other in _neighbours(lanes):
            its_cost = _cost(other, boxes, links, ratio)
            if its_cost < cost - 1e-9:
                lanes, cost, going_on = other, its_cost, True
                break
    return lanes


def _neighbours(lanes: Lanes) -> Iterator[Lanes]:
    everyone = sorted(index for lane in lanes for index in lane)
    for one in everyone:
        for other in (each for each in everyone if each > one):
            exchange = {one: other, other: one}
            yield tuple(tuple(exchange.get(each, each) for each in lane) for lane in lanes)
    for one in everyone:
        without = tuple(tuple(each for each in lane if each != one) for lane in lanes)
        for at, lane in enumerate(without):
            for place in range(len(lane) + 1):
                fuller = (*lane[:place], one, *lane[place:])
                yield (*without[:at], fuller, *without[at + 1 :])
    yield from _exchanged_lanes(lanes)


def _exchanged_lanes(lanes: Lanes) -> Iterator[Lanes]:
    for one in range(len(lanes)):
        for other in range(one + 1, len(lanes)):
            order = list(lanes)
            order[one], order[other] = order[other], order[one]
            yield tuple(order)


def _cost(lanes: Lanes, boxes: Sequence[Box], links: Iterable[Link], ratio: float) -> float:
    """Return how far the page shrinks what is drawn, and how long the links are."""
    width = sum(_ALLEY + max((boxes[each].width for each in lane), default=0) for lane in lanes)
    tops = heights_of(lanes, boxes)
    height = max(tops[each] + boxes[each].height for each in tops)
    lane_of = {index: at for at, lane in enumerate(lanes) for index in lane}
    cost = max(width / ratio, height) / 700
    for link in links:
        apart = abs(lane_of[link.source] - lane_of[link.target])
        rise = tops[link.source] + boxes[link.source].middle(link.row)
        fall = tops[link.target] + boxes[link.target].middle(link.target_row)
        cost += _FAR * max(apart, 1) ** 2 + _STEEP * abs(rise - fall)
    return cost
