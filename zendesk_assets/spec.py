"""The vocabulary the catalog is written in: streams, collections, columns, windows, batches.

Only frozen values without behaviour beyond arithmetic on themselves. No Zendesk facts (those are in
`catalog`), no I/O, no engine's SQL.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

__all__ = [
    "EPOCH",
    "SCRUBBED",
    "SYSTEM_COLUMNS",
    "BatchFiles",
    "Collection",
    "Column",
    "ColumnType",
    "Completion",
    "Compute",
    "DeletedWhen",
    "Identity",
    "Involvement",
    "Owner",
    "Pagination",
    "Personal",
    "Placement",
    "Reference",
    "Scrub",
    "Stream",
    "Tombstone",
    "Window",
]

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Pagination(enum.Enum):
    """How one asks for the next page (docs/zendesk-api.md#incremental-exports)."""

    CURSOR_EXPORT = "cursor export"  # start_time once, then cursor; ends on end_of_stream
    TIME_EXPORT = "time export"  # start_time = end_time of the page before
    CURSOR_LIST = "cursor list"  # page[size], page[after]; ends when has_more is false


class Placement(enum.Enum):
    """How a record's time is written in `time_field`."""

    EPOCH_SECONDS = "epoch seconds"
    ISO_8601 = "ISO 8601"


class Completion(enum.Enum):
    """What a walk has to do to know all up to now."""

    CONTINUE = "continue"  # ascending in time: every page extends the coverage
    SINCE = "since"  # newest first or unordered, with a lower bound: only a whole walk counts
    WHOLE = "whole"  # no filter at all: everything is read each time


class ColumnType(enum.Enum):
    """The type of a column; the value is the catalog's name, engines map it to their SQL type."""

    TEXT = "text"
    INTEGER = "integer"  # 64 bits
    NUMBER = "number"  # floating point
    BOOLEAN = "boolean"
    FLAG = "flag"  # true and false, also written 1 and 0 in the API; a boolean in the table
    TIMESTAMP = "timestamp"  # ISO 8601 in the API, with time zone in the table
    EPOCH = "epoch"  # Unix seconds in the API, a timestamp with time zone in the table
    JSON = "json"


class Compute(enum.Enum):
    """Columns that are not simply the value at a path (ticket events, trap T15)."""

    CHANGED_FIELD = "changed field"  # the name of the child's dynamic key
    CHANGED_VALUE = "changed value"  # the value under that key, as text
    CUSTOM_FIELD_ID = "custom field id"  # the only key of `custom_ticket_fields`
    CUSTOM_FIELD_VALUE = "custom field value"


@dataclass(frozen=True)
class Stream:
    """What one walk of the API yields, and one hub asset.

    `path` is relative to `/api/v2`; `records_key` names the list in a page; `since` is the name of
    the parameter that carries the lower bound (`start_time`, `since`, or none); `partitioned`
    streams are placed into days by `time_field`. `page_size` is the largest Zendesk takes.
    `list_path` is a cursor list of the same records (deleted ones aside) that can be sorted by
    `time_field`: the way past a second too full for a time export (trap T6). `audits_path` is the
    other way, for ticket events: the audits of one ticket, with `{}` for its id.
    """

    name: str
    path: str
    records_key: str
    pagination: Pagination
    completion: Completion
    time_field: str
    placement: Placement
    page_size: int
    docs_url: str
    description: str
    since: str | None = None
    include: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    partitioned: bool = False
    list_path: str | None = None
    audits_path: str | None = None
    overlap: timedelta = timedelta(minutes=30)

    @property
    def is_export(self) -> bool:
        """Return whether its requests count against the budget of exports too (trap T23)."""
        return self.pagination is not Pagination.CURSOR_LIST


@dataclass(frozen=True)
class Reference:
    """Where the id in a column points: `collection` need not be one of ours (`users`).

    `listed`: the column holds a JSON list of such ids.
    """

    collection: str
    column: str = "id"
    listed: bool = False


_IN_TABLE: Final = {
    ColumnType.EPOCH: ColumnType.TIMESTAMP,
    ColumnType.FLAG: ColumnType.BOOLEAN,
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `path` is where the value is inside the row's record, dotted (`reply_time_in_minutes.calendar`);
    a leading `../` is the record one step further out (the ticket around a metric set, the event
    around a child event). Empty means: the column's own name. `compute` replaces the path;
    `only_for` limits a column to child events of those `event_type`s (the key `type` means two
    things there, trap T15).
    """

    name: str
    type: ColumnType
    description: str
    path: str = ""
    references: Reference | None = None
    compute: Compute | None = None
    only_for: tuple[str, ...] = ()

    @property
    def source_path(self) -> str:
        """Return the path, or the name where no path is declared."""
        return self.path or self.name

    @property
    def type_name(self) -> str:
        """Return what the table holds: Unix seconds are a timestamp there, flags are booleans."""
        return str(_IN_TABLE.get(self.type, self.type).value)


# The columns that every table has beside those of its collection.
SYSTEM_COLUMNS: Final = (
    Column("_deleted", ColumnType.BOOLEAN, "Whether the record is deleted at the source."),
    Column(
        "_unknown",
        ColumnType.JSON,
        "Properties without a column, and values that do not fit their column; NULL if none.",
    ),
    Column("received_at", ColumnType.TIMESTAMP, "When this state of the record landed in the hub."),
    Column("loaded_at", ColumnType.TIMESTAMP, "When this row was last written."),
    Column("_batch_id", ColumnType.TEXT, "The hub batch this state of the record came with."),
)

# Of collections whose records the source may wipe.
SCRUBBED: Final = Column(
    "_scrubbed", ColumnType.BOOLEAN, "Whether the source has wiped its content for good."
)


@dataclass(frozen=True)
class DeletedWhen:
    """A row is deleted when the value at `path` equals `equals`, or is not null if that is None."""

    path: str
    equals: str | None = None


@dataclass(frozen=True)
class Tombstone:
    """A stream record that has no row for us but deletes one.

    A deleted ticket has `metric_set: null` (trap T18): when the stream record's value at
    `when.path` says deleted, the row whose `column` equals the record's `key_path` is deleted.
    """

    column: str
    key_path: str
    when: DeletedWhen


class Owner(enum.Enum):
    """What the id that tells whose the data are is an id of."""

    PERSON = "person"
    REQUESTED = "ticket that the person asked for"
    SHARED = "ticket that the person asked for or was copied on"


@dataclass(frozen=True)
class Personal:
    """Properties that hold the data of one person: whose id is at `owner`, or whose ticket's.

    Paths start at the row's record, as those of columns do, and may lead outwards (`../`); `*` is
    every member of an object or a list. `unknown` adds what the record has beside its columns;
    `around`, what the records around it have beside theirs. `together` are paths that are wiped
    together where the first of them is there, such as a change and what was there before it.
    `only_if` is a path and the text that has to be there.
    """

    owner: str
    properties: tuple[str, ...] = ()
    unknown: bool = False
    around: bool = False
    together: tuple[tuple[str, ...], ...] = ()
    only_if: tuple[str, str] | None = None
    owner_is: Owner = Owner.PERSON


@dataclass(frozen=True)
class Identity:
    """Texts that are one person's alone, e-mail addresses and telephone numbers: whose id is where.

    Not where `unless` (a path and a text) is so.
    """

    owner: str
    texts: tuple[str, ...]
    unless: tuple[str, str] | None = None


@dataclass(frozen=True)
class Involvement:
    """Where ids of people are that make a ticket theirs; `ticket` is where its id is.

    `before` has the id in the state before, where `people` has one now.
    """

    ticket: str
    people: str
    owner_is: Owner
    before: str = ""


@dataclass(frozen=True)
class Scrub:
    """How it shows that the source has wiped a record's content for good, and what then happens.

    A row is scrubbed when each of these text columns has that value. With `keep`, the content that
    was there before stays, and the row is marked.
    """

    shows: tuple[tuple[str, str], ...]
    keep: bool = False


@dataclass(frozen=True)
class Collection:
    """One table of the warehouse, made from one stream.

    `records` are the steps from a stream record to its rows: `()` the record itself,
    `("metric_set",)` an object inside it, `("child_events[]", "attachments[]")` lists inside lists.
    `version` names the column that orders two states of one row; ties go to what was received
    later. `ignored` are properties that are known and left out on purpose, so that they are not
    reported as unknown: of the row's record, or of one around it (`../`); `../*` are all of that
    record, because another table has it. `fixed_keys` are, for collections with computed columns,
    the properties of a record that are never its dynamic key, except for `spare_keys`, which are
    where there is no other; `dynamic_keys` are some of those that have no column of their own, so
    that a rule of the sources file may leave them out. `twins` are pairs of properties that hold
    the same text: who hides the first must hide the second. `personal` says what is wiped when a
    person is to be erased, `identities` and `involvements` where it says what else is theirs.
    """

    name: str
    stream: str
    description: str
    docs_url: str
    columns: tuple[Column, ...]
    version: str
    records: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ("id",)
    deleted: DeletedWhen | None = None
    tombstone: Tombstone | None = None
    scrub: Scrub | None = None
    ignored: tuple[str, ...] = ()
    fixed_keys: tuple[str, ...] = ()
    spare_keys: tuple[str, ...] = ()
    dynamic_keys: tuple[str, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    personal: tuple[Personal, ...] = ()
    identities: tuple[Identity, ...] = ()
    involvements: tuple[Involvement, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    @property
    def system_columns(self) -> tuple[Column, ...]:
        """Return the columns of the table that are ours and not the source's."""
        return (*SYSTEM_COLUMNS, *([SCRUBBED] if self.scrub else []))

    def path_of(self, path: str) -> str:
        """Return a path from the stream's record on: `child_events[].body` of an event's `body`."""
        steps = list(self.records)
        while path.startswith("../"):
            steps, path = steps[:-1], path.removeprefix("../")
        return ".".join([*steps, path])


@dataclass(frozen=True, order=True)
class Window:
    """A half-open time range `[start, end)`, UTC."""

    start: datetime
    end: datetime

    def __bool__(self) -> bool:
        """Return whether there is anything in it."""
        return self.start < self.end

    def intersect(self, other: Window) -> Window:
        """Return what both cover; empty (falsy) if nothing."""
        return Window(max(self.start, other.start), min(self.end, other.end))

    @property
    def seconds(self) -> float:
        """Return the length in seconds, never negative."""
        return max(0.0, (self.end - self.start).total_seconds())


@dataclass(frozen=True)
class BatchFiles:
    """A hub batch as the warehouse sees it: an id, when it was received, how many records, files.

    `parts` are paths or URLs of NDJSON files compressed with zstd, one stream record a line.
    """

    batch_id: str
    received_at: datetime
    records: int
    parts: tuple[str, ...] = field(default=())
