"""Which box stands where: lanes side by side, boxes one above the other in each.

Pure and without chance: the same boxes are always placed the same way, and in a time that grows
with the square of their number. Lines run between lanes and above them (`routing`), never between
two boxes of a lane.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from zendesk_assets.schema_diagram.boxes import GRID, Box, Link

GAP: Final = GRID
_ALLEY: Final = 46.0  # what the lines between two lanes will about need
_BARE: Final = 16.0  # an alley without lines
_FAR: Final = 0.006  # how much a lane between two ends of a link is worth, in parts of the scale
_STEEP: Final = 0.00001  # the same of one point up or down
_TRIES: Final = 3  # of numbers of lanes; how wide the alleys are is seen when lines have run
_ROUNDS: Final = 2  # so often each box is given its best place; a third round changes little

# The indexes of the boxes in each lane, from above.
Lanes = tuple[tuple[int, ...], ...]


def place_freely(boxes: Sequence[Box], links: Sequence[Link], ratio: float) -> Iterator[Lanes]:
    """Yield lanes that about fill a page of `ratio` (width to height), linked boxes close."""
    alley = _ALLEY if links else _BARE
    area = sum((box.width + alley) * (box.height + GAP) for box in boxes)
    width = sum(box.width + alley for box in boxes) / len(boxes)
    about = round((area * ratio) ** 0.5 / width)
    for count in range(max(1, about - 1), min(len(boxes), about + 1) + 1):
        yield _improve(_spread(boxes, count), boxes, links, ratio)


def place_in_order(boxes: Sequence[Box], ratio: float) -> list[Lanes]:
    """Return the lanes that about fill a page of `ratio` with the boxes in their order."""
    found: list[Lanes] = []
    for rows in range(1, round(sum(box.height + GAP for box in boxes) / GRID) + 1):
        lanes = _fill(boxes, rows * GRID)
        if not found or len(lanes) < len(found[-1]):
            found.append(lanes)
    measure = _measuring(boxes)
    return sorted(found, key=lambda lanes: _size(lanes, measure, ratio, _BARE))[:_TRIES]


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


def _fill(boxes: Sequence[Box], height: float) -> Lanes:
    """Return lanes no higher than `height`, or than a single box."""
    lanes: list[tuple[int, ...]] = [()]
    room = height
    for index, box in enumerate(boxes):
        if lanes[-1] and box.height > room:
            lanes.append(())
            room = height
        lanes[-1] = (*lanes[-1], index)
        room -= box.height + GAP
    return tuple(lanes)


def _spread(boxes: Sequence[Box], count: int) -> Lanes:
    """Return a first placing: the tallest first, each into the lane that is shortest by then."""
    lanes: list[list[int]] = [[] for _ in range(count)]
    for index in sorted(range(len(boxes)), key=lambda index: -boxes[index].height):
        min(lanes, key=lambda lane: sum(boxes[each].height + GAP for each in lane)).append(index)
    return tuple(map(tuple, lanes))


def _improve(lanes: Lanes, boxes: Sequence[Box], links: Sequence[Link], ratio: float) -> Lanes:
    """Return the lanes after each box in turn was given the best of all places."""
    measure, alley = _measuring(boxes), _ALLEY if links else _BARE

    def cost(each: Lanes) -> float:
        return _stretched(_size(each, measure, ratio, alley) / 700, each, boxes, links)

    for _ in range(_ROUNDS):
        for one in range(len(boxes)):
            lanes = min(_moves(lanes, one), key=cost)
    return tuple(lane for lane in lanes if lane)


def _moves(lanes: Lanes, one: int) -> Iterator[Lanes]:
    """Yield the lanes as they are, and then with one box at each place."""
    yield lanes
    without = tuple(tuple(each for each in lane if each != one) for lane in lanes)
    for at, lane in enumerate(without):
        for place in range(len(lane) + 1):
            fuller = (*lane[:place], one, *lane[place:])
            yield (*without[:at], fuller, *without[at + 1 :])


def _measuring(boxes: Sequence[Box]) -> Callable[[tuple[int, ...]], tuple[float, float]]:
    """Return what tells the width and height of a lane: a move leaves most as they were."""

    @cache
    def measure(lane: tuple[int, ...]) -> tuple[float, float]:
        width = max((boxes[each].width for each in lane), default=0)
        return width, sum(boxes[each].height + GAP for each in lane) - GAP

    return measure


def _size(
    lanes: Lanes,
    measure: Callable[[tuple[int, ...]], tuple[float, float]],
    ratio: float,
    alley: float,
) -> float:
    """Return how high a page of `ratio` must be for the lanes, about."""
    sizes = [measure(lane) for lane in lanes]
    width = sum(alley + width for width, _ in sizes)
    return max(width / ratio, *(height for _, height in sizes))


def _stretched(cost: float, lanes: Lanes, boxes: Sequence[Box], links: Sequence[Link]) -> float:
    """Return the cost with what it costs that the links are long, one after another."""
    if not links:
        return cost
    tops = heights_of(lanes, boxes)
    lane_of = {index: at for at, lane in enumerate(lanes) for index in lane}
    for link in links:
        apart = abs(lane_of[link.source] - lane_of[link.target])
        rise = tops[link.source] + boxes[link.source].middle(link.row)
        fall = tops[link.target] + boxes[link.target].middle(link.target_row)
        cost += _FAR * max(apart, 1) ** 2 + _STEEP * abs(rise - fall)
    return cost
