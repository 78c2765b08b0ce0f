"""What a view is declared with. No view is declared here."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Query, Surroundings, View
from zendesk_assets.warehouse.tables import Field

# No collection begins like this, so that no view takes the name of a table.
PREFIX: Final = "analysis_"


@dataclass(frozen=True)
class Column:
    """One column of a view: its type as DuckDB calls it, and the columns it is made from.

    `made_from` are `collection.column`.
    """

    name: str
    sql_type: str
    description: str
    made_from: tuple[str, ...] = ()

    def made_from_only(self, tables: tuple[str, ...]) -> "Column":
        """Return the column with its origins in these tables, without others."""
        found = tuple(each for each in self.made_from if each.partition(".")[0] in tables)
        return replace(self, made_from=found)


@dataclass(frozen=True)
class AnalysisView:
    """A view: what a row is (`grain`: the columns that identify a row), and how it is built.

    It exists where the collections that it `reads` are synced. Of those that it `reads_if_there`,
    one that is not synced counts as an empty table: what comes from it is NULL. It needs one of
    `needs_one_of`, if there are any.

    `sql` returns the SELECT; `more` the columns that only the account itself knows. `figures` are
    aggregates worth plotting; `example` is a query of the view, with `{view}` for its name. With an
    `ending`, the view is in the schema of that name after its tables' own; `setting` switches it
    off in the sources file.
    """

    name: str
    title: str
    description: str
    grain: tuple[str, ...]
    reads: tuple[str, ...]
    columns: tuple[Column, ...]
    sql: Callable[[Surroundings], str]
    example: str
    figures: Mapping[str, str] = field(default_factory=dict)
    more: Callable[[Surroundings], tuple[Column, ...]] | None = None
    ending: str = ""
    setting: str = "analysis"
    reads_if_there: tuple[str, ...] = ()
    needs_one_of: tuple[str, ...] = ()

    @property
    def is_short(self) -> bool:
        """Return whether it has rows by day, week or month, and not one for each record."""
        return self.grain[0] in ("day", "period", "month")

    def among(self, synced: AbstractSet[str]) -> "AnalysisView | None":
        """Return the view as it is where these collections are synced; None if it is not."""
        if not synced >= set(self.reads):
            return None
        if self.needs_one_of and synced.isdisjoint(self.needs_one_of):
            return None
        there = tuple(name for name in self.reads_if_there if name in synced)
        rest = tuple(name for name in self.reads_if_there if name not in synced)
        reads = (*self.reads, *there)
        columns = tuple(each.made_from_only(reads) for each in self.columns)
        return replace(self, reads=reads, reads_if_there=rest, columns=columns)

    def as_view(self) -> View:
        """Return it as the warehouse takes it."""
        return View(
            name=self.name,
            description=self.description,
            reads=tuple(declared().collections[name] for name in self.reads),
            reads_if_there=tuple(declared().collections[name] for name in self.reads_if_there),
            build=self._build,
            figures=self.figures,
            ending=self.ending,
            setting=self.setting,
        )

    def _build(self, around: Surroundings) -> Query:
        columns = [*self.columns, *(self.more(around) if self.more else ())]
        fields = tuple(Field(each.name, each.sql_type, each.description) for each in columns)
        return Query(self.sql(around), fields)


def _typed(sql_type: str) -> Callable[[str, str, *tuple[str, ...]], Column]:
    """Return a function that declares a column of a type, with what it is made from."""

    def declare(name: str, description: str, *made_from: str) -> Column:
        return Column(name, sql_type, description, made_from)

    return declare


text = _typed("VARCHAR")
ident = _typed("BIGINT")
count = _typed("BIGINT")  # how many, or how many minutes
number = _typed("DOUBLE")  # with a fraction
boolean = _typed("BOOLEAN")
day = _typed("DATE")  # in UTC
moment = _typed("TIMESTAMP WITH TIME ZONE")
