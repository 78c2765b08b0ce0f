"""Records read from their lists: groups and fields, ratings of some days, the newest activities.

If a list is not read completely, only what it shows is judged: a row that it does not show may be
on another page, or Zendesk may have dropped it (activities after 30 days, trap T13).
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile.compare import Row, compare, is_deleted, moment_of
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan
from zendesk_assets.reconcile.sample import Choice
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.spec import Parent, Window
from zendesk_assets.zendesk import Page, Position, ZendeskClient

_MANY: Final = 100
_LISTS: Final = 20
_DAYS: Final = 10
_NEWEST: Final = 3
_PAGES_OF_A_DAY: Final = 3
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_MONTH: Final = timedelta(days=30)


class _Again:
    def again(self, plan: ComparisonPlan, ids: tuple[int, ...]) -> ComparisonPlan:
        """Read the list once more."""
        del ids
        return plan


@dataclass(frozen=True)
class WholeList(_Again):
    """Every record of a small list; if it `forgets` deleted records, those are not judged.

    Nor are rows that it does not show if a part of it was refused.
    """

    forgets: bool = False

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to read the list to its end."""
        key, version = table.key, table.collection.version
        known = [row[key] for row in table.rows((key, version)) if choice.within(row[version])]
        # The list may have grown by less than a page.
        most = 2 + len(known) // _MANY + (_MANY if table.stream.parent else 0)
        return ComparisonPlan(
            table.collection, f"all {counted(len(known), 'row')}", len(known), most, tuple(known)
        )

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare both sides: the table may have what the list lacks only if the list forgets."""
        records, is_partial = dict[Any, Row](), self.forgets
        for page in client.walk(table.stream, Position()):
            records |= _by_key(table, [page])
            is_partial |= bool(page.unread)
        found = _judge(table, records, sorted(records if is_partial else {*plan.sample, *records}))
        live = sum(not is_deleted(table.collection, each) for each in records.values())
        return found if is_partial else replace(found, at_zendesk=live)


@dataclass(frozen=True)
class ListsOfFew(_Again):
    """The lists of some parents that have rows, for there are too many to read all of them."""

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to read them, and the list that says on which hosts they are."""
        key, version = table.key, table.collection.version
        of_parent = defaultdict[str, list[Any]](list)
        for row in self._rows(table, key, version):
            if choice.within(row[version]):
                of_parent[self._place(table, row)].append(row[key])
        dice, places = random.Random(choice.seed), sorted(of_parent)  # noqa: S311 (no secret)
        chosen = sorted(dice.sample(places, min(_LISTS, len(places))))
        known = [key for place in chosen for key in of_parent[place]]
        what = f"the lists of {len(chosen):,} of {counted(len(places), 'parent')}"
        most = 2 + 2 * len(chosen) + len(known) // _MANY
        rows = sum(map(len, of_parent.values()))
        return ComparisonPlan(table.collection, what, rows, most, tuple(known))

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare both sides of each list; where one was refused, only what others show."""
        if not table.stream.parent:
            message = f"{table.stream.name} has no parent."
            raise TypeError(message)
        sample = set(plan.sample)
        rows = [row for row in self._rows(table, table.key) if row[table.key] in sample]
        chosen = frozenset(self._keys(table, row) for row in rows)
        stream = replace(table.stream, parent=replace(table.stream.parent, chosen=chosen))
        pages = list(client.walk(stream, Position())) if chosen else []
        records, refused = _by_key(table, pages), {each for page in pages for each in page.unread}
        judged = {row[table.key] for row in rows if self._place(table, row) not in refused}
        return _judge(table, records, sorted(judged | {*records}))

    def _rows(self, table: ComparedTable, *columns: str) -> list[dict[str, Any]]:
        return table.rows(tuple(dict.fromkeys((*columns, *table.collection.parent_columns))))

    def _keys(self, table: ComparedTable, row: Row) -> tuple[int | str, ...]:
        return tuple(row[name] for name in table.collection.parent_columns)

    def _place(self, table: ComparedTable, row: Row) -> str:
        return Parent.place_of(self._keys(table, row))


@dataclass(frozen=True)
class NewestOfList(_Again):
    """The newest page of a list that begins with the newest records."""

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to read one page."""
        del choice
        rows = table.warehouse.row_count(table.hub.schema, table.collection.name)
        return ComparisonPlan(table.collection, f"the {_MANY} newest that Zendesk shows", rows, 1)

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare what the page shows."""
        del plan
        pages = islice(client.walk(table.stream, Position()), 1)
        return _judge_shown(table, pages)


@dataclass(frozen=True)
class DaysOfList(_Again):
    """Some days of a list that accepts a window, whether or not we have rows of them."""

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to read the newest days, and random others, from our oldest row to the last load."""
        time = table.stream.time_field
        times = [row[time] for row in table.rows((time,))]
        # Without any row: the last month, which may have had some.
        start = min(
            (each.astimezone(UTC) for each in times if each), default=table.loaded_to - _MONTH
        )
        if table.stream.kept:
            start = max(start, table.loaded_to - table.stream.kept)
        days = [each for each in _days(start, table.loaded_to) if choice.within(each)]
        dice, older = random.Random(choice.seed), days[:-_NEWEST]  # noqa: S311 (no secret)
        chosen = sorted(dice.sample(older, min(_DAYS - _NEWEST, len(older)))) + days[-_NEWEST:]
        return ComparisonPlan(
            table.collection,
            f"what Zendesk shows of {len(chosen):,} of {len(days):,} days",
            len(times),
            len(chosen) * _PAGES_OF_A_DAY,
            windows=tuple(Window(day, day + _DAY) for day in chosen),
        )

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare what the list shows of these days."""
        return _judge_shown(table, self._pages(table, client, plan))

    def _pages(
        self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan
    ) -> Iterator[Page]:
        for window in plan.windows:
            of_day = Position(window.start, end=window.end - _SECOND)
            yield from islice(client.walk(table.stream, of_day), _PAGES_OF_A_DAY)


def _days(start: datetime, end: datetime) -> list[datetime]:
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + number * _DAY for number in range((end - first).days + 1)]


def _judge_shown(table: ComparedTable, pages: Iterator[Page]) -> Comparison:
    records = _by_key(table, pages)
    return _judge(table, records, sorted(records))


def _by_key(table: ComparedTable, pages: Iterable[Page]) -> dict[Any, Row]:
    return {each[table.key]: each for page in pages for each in table.read(page.records)}


def _judge(table: ComparedTable, records: dict[Any, Row], known: list[Any]) -> Comparison:
    rows = table.whole_rows(known, table.key)
    moments = {key: moment_of(table.collection, each) for key, each in records.items()}
    judged = [key for key in known if key not in moments or table.is_due(moments[key])]
    found = [compare(table.collection, records.get(key), rows.get(key)) for key in judged]
    differences = tuple(each for each in found if each)
    return Comparison(differences, len(judged), len(known) - len(judged))
