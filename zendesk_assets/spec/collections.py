"""Collections: the tables of the warehouse, each made from one stream. Frozen values only."""

import enum
from dataclasses import dataclass

from zendesk_assets.records.paths import Path
from zendesk_assets.spec.columns import RECEIVED, SCRUBBED, SYSTEM_COLUMNS, Column
from zendesk_assets.spec.personal import Identity, Involvement, Personal


class ComparedBy(enum.Enum):
    """How a table is compared with Zendesk, other than by its own walk (`reconcile`)."""

    NOTHING = "nothing"
    BY_ID = "by id"  # a sample, 100 records a request
    BY_COUNTED_ID = "by counted id"  # the same, and ids between them that no row has
    METRICS_BY_ID = "metrics by id"  # side-loaded with tickets
    WHOLE_LIST = "whole list"
    FORGETFUL_LIST = "forgetful list"  # a whole list that no longer shows what was deleted
    LISTS_OF_FEW = "lists of few"  # those of some parents that have rows
    DAYS_OF_LIST = "days of list"  # some days of a list that can be asked for a window
    NEWEST_OF_LIST = "newest of list"
    AUDITS = "audits"  # the audits of a sample of tickets
    AUDITS_OF_FEW = "audits of few"  # the same, of the tickets that have rows


@dataclass(frozen=True)
class DeletedWhen:
    """A row is deleted when the value at `path` equals `equals`, or is not null if that is None."""

    path: str
    equals: str | None = None


@dataclass(frozen=True)
class Tombstone:
    """A stream record that deletes the older rows whose `column` equals its value at `key_path`.

    A deleted ticket has `metric_set: null` (trap T18): `when` is what the record then says.
    """

    column: str
    key_path: str
    when: DeletedWhen


@dataclass(frozen=True)
class Scrub:
    """How to recognize that the source has wiped a record for good, and what to do then.

    A row is scrubbed when each of these text columns has that value; its id is an integer. With
    `keep`, the content that was there before stays, and the row is marked.
    """

    shows: tuple[tuple[str, str], ...]
    keep: bool = False


@dataclass(frozen=True)
class ChangesIn:
    """The collection in which each change of a row is a row of its own, and its columns there.

    `row` has the id of the changed row, `at` the moment, `by` the id of who changed it, `field` the
    name of the column that changed, or the id of the custom field, and `value` what it became, as
    text.
    """

    collection: str
    row: str
    at: str
    by: str
    field: str
    value: str


@dataclass(frozen=True)
class Collection:
    """One table of the warehouse, made from one stream.

    `records` are the steps from a stream record to its rows: `()` the record itself,
    `("metric_set",)` an object inside it, `("child_events[]", "attachments[]")` lists inside lists.
    `version` names the column that orders two states of one row; ties go to what was received
    later; where records have no such time it is `received_at`. Where that is part of the key, the
    table is a series: it keeps each reading, and none replaces another. With `vanishes`, what a
    complete walk of the stream no longer shows is deleted at the source. `due` is a column with
    times that may be in the future: until then a row is a forecast, and if it is not shown again
    once its time is covered, it is deleted at the source. `compared_by` is the other way to ask
    Zendesk about the table. `ignored` are properties that are known and left out on purpose, so
    that they are not reported as unknown: of the row's record, or of one around it (`../`); `../*`
    are all of that record, because another table has it. `changes_in` is where it is written who
    changed what. `parent_columns` have the ids of the parents whose
    list a row is from, the outermost first. `fixed_keys` are, for collections with
    computed columns, the properties of a record that are never its dynamic key, except for
    `spare_keys`, which count where there is no other; `dynamic_keys` are some of those that have no
    column of their own, so that a rule of the sources file may leave them out. `twins` are pairs of
    properties that hold the same text: a rule that hides the first must hide the second. `personal`
    says what is wiped when a person is to be erased, `identities` and `involvements` what else is
    theirs. With `keeps_history`, a source keeps all states of its rows unless its file says else.
    """

    name: str
    stream: str
    description: str
    docs_url: str
    columns: tuple[Column, ...]
    version: str = "updated_at"
    records: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ("id",)
    deleted: DeletedWhen | None = None
    vanishes: bool = False
    due: str = ""
    compared_by: ComparedBy = ComparedBy.NOTHING
    tombstone: Tombstone | None = None
    scrub: Scrub | None = None
    changes_in: ChangesIn | None = None
    parent_columns: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    fixed_keys: tuple[str, ...] = ()
    spare_keys: tuple[str, ...] = ()
    dynamic_keys: tuple[str, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    personal: tuple[Personal, ...] = ()
    identities: tuple[Identity, ...] = ()
    involvements: tuple[Involvement, ...] = ()
    keeps_history: bool = False

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    @property
    def is_versioned(self) -> bool:
        """Return whether records say themselves which of two states is the newer one."""
        return self.version != RECEIVED.name

    @property
    def is_series(self) -> bool:
        """Return whether each reading of the stream is kept beside the others."""
        return RECEIVED.name in self.primary_key

    @property
    def can_have_history(self) -> bool:
        """Return whether its own records alone, and complete walks, say what a row was.

        Otherwise other records delete its rows, or the time that they were for. A series has all
        of its readings anyway.
        """
        return self.tombstone is None and not self.due and not self.is_series

    @property
    def is_personal(self) -> bool:
        """Return whether it holds data of people that are wiped when one of them is erased."""
        return bool(self.personal or self.identities)

    @property
    def comes_whole(self) -> bool:
        """Return whether a stream record brings all its rows, so that others are deleted."""
        tombstone = self.tombstone
        return tombstone is not None and self.records == (f"{tombstone.when.path}[]",)

    @property
    def system_columns(self) -> tuple[Column, ...]:
        """Return the columns of the table that are ours and not the source's."""
        return (*SYSTEM_COLUMNS, *([SCRUBBED] if self.scrub else []))

    def path_of(self, path: str) -> str:
        """Return a path from the stream's record on: `child_events[].body` of an event's `body`."""
        place = Path.parse(path)
        return ".".join([*self.records[: len(self.records) - place.out], *place.keys])
