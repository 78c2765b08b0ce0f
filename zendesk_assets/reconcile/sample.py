"""Which records to compare: some of each day, and the ids that should exist. Pure."""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from zendesk_assets.spec import midnight


@dataclass(frozen=True)
class Choice:
    """How much is compared: about `size` records, drawn by `seed`.

    Only those that last changed on the days (UTC) from `start` to before `end`.
    """

    size: int = 500
    seed: str = ""
    start: date | None = None
    end: date | None = None

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the moments from when to before when a record last changed."""
        start, end = (midnight(day) if day else None for day in (self.start, self.end))
        return start, end

    def within(self, moment: datetime | None) -> bool:
        """Return whether a record that last changed then is compared."""
        if moment is None:
            return self.start is self.end is None
        day = moment.astimezone(UTC).date()
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Sample:
    """The ids to compare, ascending, and how many there were `known` to choose from."""

    known: int
    ids: tuple[int, ...]


def choose(days: Iterable[tuple[int, date | None]], size: int, seed: str) -> list[int]:
    """Return about evenly many ids of each day, `size` in all; the same for the same seed."""
    by_day: dict[str, list[int]] = defaultdict(list)
    for key, day in sorted(days, key=lambda each: each[0]):
        by_day[f"{day}"].append(key)
    dice = random.Random(seed)  # noqa: S311 (not a secret)
    for ids in by_day.values():
        dice.shuffle(ids)
    order = sorted(by_day)
    dice.shuffle(order)
    rounds = max((len(ids) for ids in by_day.values()), default=0)
    spread = (by_day[day][at] for at in range(rounds) for day in order if at < len(by_day[day]))
    return sorted(key for key, _ in zip(spread, range(size), strict=False))


def missing_ids(gaps: Sequence[tuple[int, int]], at_most: int, seed: str) -> list[int]:
    """Return random ids in gaps, which are given by their first and last ids."""
    ranges = [range(first, last + 1) for first, last in gaps]
    found = sum(map(len, ranges))
    if found <= at_most:
        return [key for some in ranges for key in some]
    dice = random.Random(seed)  # noqa: S311 (not a secret)
    ends = list(accumulate(map(len, ranges)))
    return [
        ranges[at := bisect_right(ends, place)][place - ends[at]]
        for place in sorted(dice.sample(range(found), at_most))
    ]


def chunks(ids: Sequence[int], size: int = 100) -> Iterator[Sequence[int]]:
    """Yield the ids in groups of Zendesk's maximum: 100."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def to_ranges(days: Iterable[str]) -> list[tuple[date, date]]:
    """Return days as ranges [first, the day after the last], ascending."""
    ranges: list[tuple[date, date]] = []
    for day in sorted({date.fromisoformat(each) for each in days}):
        following = day + timedelta(days=1)
        if ranges and ranges[-1][1] == day:
            ranges[-1] = (ranges[-1][0], following)
        else:
            ranges.append((day, following))
    return ranges
