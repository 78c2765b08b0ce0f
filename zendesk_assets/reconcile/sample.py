"""Which records to compare: some of each day, and the ids that should exist. Pure."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta


def choose(days: Iterable[tuple[int, str]], size: int, seed: str) -> list[int]:
    """Return about evenly many ids of each day, `size` in all; the same for the same seed."""
    by_day: dict[str, list[int]] = defaultdict(list)
    for key, day in sorted(days):
        by_day[day].append(key)
    dice = random.Random(seed)  # noqa: S311 (not a secret)
    for ids in by_day.values():
        dice.shuffle(ids)
    order = sorted(by_day)
    dice.shuffle(order)
    rounds = max((len(ids) for ids in by_day.values()), default=0)
    spread = (by_day[day][at] for at in range(rounds) for day in order if at < len(by_day[day]))
    return sorted(key for key, _ in zip(spread, range(size), strict=False))


def missing_ids(known: Collection[int], every: Iterable[int], at_most: int, seed: str) -> list[int]:
    """Return random ids between the smallest and the largest `known` that `every` lacks."""
    if not known:
        return []
    there = set(every)
    absent = [key for key in range(min(known), max(known)) if key not in there]
    dice = random.Random(seed)  # noqa: S311 (not a secret)
    return sorted(absent if len(absent) <= at_most else dice.sample(absent, at_most))


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
