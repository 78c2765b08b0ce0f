"""Views over one table: a row for each element of its lists, or some of its rows. Frozen values.

Views that analysts ask for, which read several tables, are in `analysis`.
"""

from dataclasses import dataclass
from typing import Final

from zendesk_assets.records.paths import Path
from zendesk_assets.spec.columns import Column, ColumnType

DELETED: Final = "_deleted"


@dataclass(frozen=True)
class ListedIn:
    """A list that a view shows: the steps to it from a row of the table, and its name in the view.

    `("agent_conditions[]", "child_fields[]")` is a list in each element of a list. The first step
    begins with a column of the table.
    """

    steps: tuple[str, ...]
    name: str = ""

    @property
    def column(self) -> str:
        """Return the column of the table that the list is in."""
        return self.steps[0].removesuffix("[]").partition(".")[0]


@dataclass(frozen=True)
class LookedUp:
    """A column from the row of another collection or view: the one with the same values.

    `by` are pairs of a column of the view and one there; of several such rows, it is the least
    value, or, with `newest_by`, that of the row with the greatest value there among those that have
    one. With `only`, it is of the rows whose columns have one of these values.
    """

    column: Column
    name: str
    take: str
    by: tuple[tuple[str, str], ...]
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    newest_by: str = ""


@dataclass(frozen=True)
class Computed:
    """A column that is computed from others of the view, by SQL that is the same on each engine."""

    column: Column
    sql: str
    made_from: tuple[str, ...]


@dataclass(frozen=True)
class NestedView:
    """A view over the table of `collection`: one row per element of `lists`, or per row without.

    Paths of `columns` start at the innermost element; each leading `../` is one step further out,
    and the last one out is the table's row, whose keys are the table's columns. With `spreads`,
    the innermost list may also be a single value, or empty, and is one row then. With `keyed`, the
    outermost is an object, whose members are elements with a `key` and a `value`. A row is left out
    when one of the `required` columns is NULL, or, with `only`, when a column of the table has none
    of these values. Every view also has the `_deleted` of the row that it shows a part of.
    """

    name: str
    collection: str
    description: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    lists: tuple[ListedIn, ...] = ()
    spreads: bool = False
    keyed: bool = False
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    required: tuple[str, ...] = ()
    looked_up: tuple[LookedUp, ...] = ()
    computed: tuple[Computed, ...] = ()
    area: str = ""
    file: str = ""

    @property
    def depth(self) -> int:
        """Return how many steps a row is inside the table's row."""
        return max((len(each.steps) for each in self.lists), default=0)

    @property
    def every_column(self) -> tuple[Column, ...]:
        """Return all columns, in their order."""
        return (
            *self.columns,
            *(each.column for each in self.looked_up),
            *(each.column for each in self.computed),
            *self.system_columns,
        )

    @property
    def own_columns(self) -> tuple[Column, ...]:
        """Return the columns whose values are in the table's row."""
        return (*self.columns, *self.system_columns)

    @property
    def system_columns(self) -> tuple[Column, ...]:
        """Return the columns that are ours and not the source's."""
        said = f"Whether its row of {self.collection} is deleted at the source."
        return (Column(DELETED, ColumnType.BOOLEAN, said, "../" * self.depth + DELETED),)

    def place(self, column: Column) -> Path:
        """Return where a column's value is: how many steps out, and under which keys."""
        if column.compute:
            return Path.at(column.path.count("../"))
        return Path.parse(column.source_path)

    def is_of_row(self, column: Column) -> bool:
        """Return whether a column's value is outside the lists, in the table's row."""
        return self.place(column).out == self.depth and column.compute is None

    def table_columns(self, column: Column) -> tuple[str, ...]:
        """Return the columns of the table that one of `columns` is made from."""
        if self.is_of_row(column):
            return (self.place(column).keys[0],)
        return tuple(dict.fromkeys(each.column for each in self.lists))

    def paths_of(self, column: Column) -> tuple[str, ...]:
        """Return the paths to a column's value from the table's row on, as `tags[]`."""
        place = self.place(column)
        if self.is_of_row(column):
            return (".".join(place.keys),)
        ways = [each.steps[: self.depth - place.out] for each in self.lists]
        return tuple(".".join([*steps, *place.keys]) for steps in ways)
