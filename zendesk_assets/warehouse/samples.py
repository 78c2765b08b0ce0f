"""Keys drawn by day, and ids that a table lacks: chosen in the database, however many rows it has.

What they are drawn for is not known here.
"""
# ruff: noqa: S608  # names are quoted by `name_table` and `ident`

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.sql import ident, literal

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.warehouse import Warehouse

_DAY = "CAST(changed AT TIME ZONE 'UTC' AS DATE)"


@dataclass(frozen=True)
class KeyTimes:
    """Where keys are, which may repeat, and the column of their times, of which the last counts."""

    table: str
    key: str
    time: str


@dataclass(frozen=True)
class Drawn:
    """How many keys there are to draw from, and some of each day (None without a time)."""

    known: int = 0
    keys: tuple[tuple[int, date | None], ...] = ()


def draw_keys(
    warehouse: Warehouse,
    schema: str,
    places: Sequence[KeyTimes],
    size: int,
    seed: str,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Drawn:
    """Return at least `size` keys, if there are as many: equally many of each day that has them.

    They are the same for the same seed. Only those from `start` to before `end` are drawn from. A
    key of several places has the time of the first, or else the latest of the others; a place whose
    table is not there has no keys. Raises WarehouseError.
    """
    with warehouse.reading() as session:
        tables = table_names(session, schema) if session else set()
        there = [each for each in places if each.table in tables]
        if session is None or not there:
            return Drawn()
        where, bounds = _build_bounds("changed", start, end)
        keys = f"{_select_keys(session, schema, there)} WHERE {where}"
        of_day = dict(session.ask(f"SELECT day, count(*) FROM ({keys}) AS k GROUP BY 1", bounds))
        query = (
            "SELECT key, day FROM (SELECT key, day, row_number() OVER (PARTITION BY day ORDER BY "
            f"md5(CAST(key AS VARCHAR) || {literal(seed)}), key) AS place FROM ({keys}) AS k) AS p "
            f"WHERE place <= {_of_each_day(of_day, size)}"
        )
        return Drawn(sum(of_day.values()), tuple(session.ask(query, bounds)))


def find_gaps(
    warehouse: Warehouse,
    schema: str,
    place: KeyTimes,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[tuple[int, int]]:
    """Return the first and last number of each gap in a table's unique, whole keys.

    Only gaps between the keys whose times are from `start` to before `end` count.
    """
    key, (where, bounds) = ident(place.key), _build_bounds(ident(place.time), start, end)
    query = (
        f"SELECT before + 1, after - 1 FROM (SELECT {key} AS before, lead({key}) OVER "
        f"(ORDER BY {key}) AS after FROM {{0}}) AS g CROSS JOIN (SELECT min({key}) AS least, "
        f"max({key}) AS most FROM {{0}} WHERE {where}) AS r "
        "WHERE after > before + 1 AND before >= least AND after <= most ORDER BY 1"
    )
    return warehouse.ask(schema, place.table, query, bounds)


def _select_keys(session: Session, schema: str, places: Sequence[KeyTimes]) -> str:
    """Return the SELECT of each key with its day, over when it was `changed`."""
    every = "\nUNION ALL ".join(
        f"SELECT {ident(each.key)} AS key, {ident(each.time)} AS changed, {number} AS place "
        f"FROM {name_table(session, schema, each.table)}"
        for number, each in enumerate(places)
    )
    time = "max(changed)"
    if len(places) > 1:
        time = f"coalesce(max(changed) FILTER (WHERE place = 0), {time})"
    return (
        f"SELECT key, {_DAY} AS day FROM (SELECT key, {time} AS changed FROM ({every}) AS e "
        "WHERE key IS NOT NULL GROUP BY 1) AS t"
    )


def _build_bounds(
    time: str, start: datetime | None, end: datetime | None
) -> tuple[str, list[datetime]]:
    """Return the condition and its parameters."""
    bounds = [(sign, each) for sign, each in ((">=", start), ("<", end)) if each]
    tests = [f"{time} {sign} ${number}" for number, (sign, _) in enumerate(bounds, 1)]
    return " AND ".join(tests) or "true", [each for _, each in bounds]


def _of_each_day(counts: Mapping[Any, int], size: int) -> int:
    """Return how many of each day make `size` together; the most that a day has if all do not."""
    least, most = 1, max(counts.values(), default=1)
    while least < most:
        middle = (least + most) // 2
        if sum(min(middle, each) for each in counts.values()) < size:
            least = middle + 1
        else:
            most = middle
    return least
