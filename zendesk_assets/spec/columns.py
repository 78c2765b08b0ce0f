"""Columns: their types, where their values are in a record, and those that every table has.

Frozen values only; which columns there are is said in `catalog`.
"""

import enum
from dataclasses import dataclass
from typing import Final


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
    """Columns that are not simply the value at a path (ticket events, trap T15; views)."""

    CHANGED_FIELD = "changed field"  # the name of the child's dynamic key
    CHANGED_VALUE = "changed value"  # the value under that key, as text
    CUSTOM_FIELD_ID = "custom field id"  # the only key of `custom_ticket_fields`
    CUSTOM_FIELD_VALUE = "custom field value"
    # Of views alone; their `path` only leads outwards.
    ELEMENT = "element"  # the element of the list itself, which is not an object
    POSITION = "position"  # the element's place in the list, from 1
    LIST = "list"  # which of several lists it is in


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
    things there, trap T15). A value that `moves` changes at the source without a new version of its
    record, so that it is as of the record's last change.
    """

    name: str
    type: ColumnType
    description: str
    path: str = ""
    references: Reference | None = None
    compute: Compute | None = None
    only_for: tuple[str, ...] = ()
    moves: bool = False

    @property
    def source_path(self) -> str:
        """Return the path, or the name where no path is declared."""
        return self.path or self.name

    @property
    def type_name(self) -> str:
        """Return what the table holds: Unix seconds are a timestamp there, flags are booleans."""
        return str(_IN_TABLE.get(self.type, self.type).value)


RECEIVED: Final = Column(
    "received_at", ColumnType.TIMESTAMP, "When this state of the record landed in the hub."
)
# The columns that every table has beside those of its collection.
SYSTEM_COLUMNS: Final = (
    Column("_deleted", ColumnType.BOOLEAN, "Whether the record is deleted at the source."),
    Column(
        "_unknown",
        ColumnType.JSON,
        "Properties without a column, and values that do not fit their column; NULL if none.",
    ),
    RECEIVED,
    Column("loaded_at", ColumnType.TIMESTAMP, "When this row was last written."),
    Column("_batch_id", ColumnType.TEXT, "The hub batch this state of the record came with."),
)

# Of collections whose records the source may wipe.
SCRUBBED: Final = Column(
    "_scrubbed", ColumnType.BOOLEAN, "Whether the source has wiped its content for good."
)
