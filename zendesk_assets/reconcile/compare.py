"""Compares a record of Zendesk with our row, property by property. Pure; no SQL, no requests.

JSON values are typed here again, in Python, so that a mistake in the loader's SQL shows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from zendesk_assets.clock import read_time
from zendesk_assets.spec import Collection, Column, ColumnType

Row = Mapping[str, Any]
_ABSENT: Final = object()
NOT_HERE: Final = "is not in the table"


@dataclass(frozen=True)
class Difference:
    """What differs from Zendesk; a walk would find it on one of the `days` (`2026-01-31`)."""

    collection: str
    id: int | str
    what: str
    days: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Return whether Zendesk has a record of which the table has no row."""
        return self.what == NOT_HERE


def compare(
    collection: Collection,
    record: Row | None,
    row: Row | None,
    moment: datetime | None = None,
) -> Difference | None:
    """Return how a row differs from Zendesk's record; either may be None if it does not exist.

    `moment` is when the record last changed, if it does not say so itself. Zendesk omits deleted
    records in requests by id. Properties that its response does not have are not compared, nor is
    the time of the export, which only exports have (trap T30).
    """
    if record is None:
        if row is None or row["_deleted"]:
            return None
        return _difference(collection, row, None, "Zendesk does not show it")
    moment = moment or moment_of(collection, record)
    if row is None:
        return _difference(collection, record, moment, NOT_HERE)
    if row["_deleted"] and not is_deleted(collection, record):
        return _difference(collection, row, moment, "is marked as deleted, but Zendesk shows it")
    compared = (each for each in collection.columns if not each.moves)
    wrong = [each.name for each in compared if _differs(each, record, row)]
    what = f"differs in {', '.join(wrong)}"
    return _difference(collection, row, moment, what) if wrong else None


def moment_of(collection: Collection, record: Row) -> datetime | None:
    """Return when a record last changed, if it says so: its position in an export."""
    own = [each.source_path for each in collection.columns if each.name == collection.version]
    times = [_time(_value(record, path)) for path in (*own, "updated_at")]
    return max((time for time in times if time), default=None)


def _difference(
    collection: Collection, known: Row, moment: datetime | None, what: str
) -> Difference:
    """Return a difference; `known` is the row, or the record if there is no row."""
    row_time = known.get(collection.version)
    times = [row_time if isinstance(row_time, datetime) else None, moment]
    days = {time.astimezone(UTC).strftime("%Y-%m-%d") for time in times if time}
    key = known[collection.primary_key[0]]
    return Difference(collection.name, key, what, tuple(sorted(days)))


def is_deleted(collection: Collection, record: Row) -> bool:
    """Return whether a record says itself that it is deleted."""
    when = collection.deleted
    if when is None:
        return False
    value = _value(record, when.path)
    if when.equals is None:
        return value is not _ABSENT and value is not None
    return _as_text(value) == when.equals if value is not _ABSENT else False


def _differs(column: Column, record: Row, row: Row) -> bool:
    if column.type is ColumnType.EPOCH:
        return False
    value = _value(record, column.source_path)
    if value is _ABSENT:
        return False
    sides = _typed(column.type, value), _read(column.type, row, column)
    theirs, ours = map(_without_empty_fields, sides) if column.type is ColumnType.JSON else sides
    return bool(theirs != ours)


def _without_empty_fields(value: Any) -> Any:
    """Return custom fields without those that are null.

    A field that an admin adds is null in every record, and none is sent again because of it.
    """
    if isinstance(value, Mapping):
        return {key: each for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [each for each in value if not _is_empty_field(each)]
    return value


def _is_empty_field(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"id", "value"} and value["value"] is None


def _value(record: Row, path: str) -> Any:
    if path in record:  # of a record around it, see `Table.read`
        return record[path]
    found: Any = record
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return _ABSENT
        found = found[name]
    return found


def _read(kind: ColumnType, row: Row, column: Column) -> Any:
    value = row[column.name]
    if value is None:
        return None
    if kind is ColumnType.JSON:
        return json.loads(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _typed(kind: ColumnType, value: Any) -> Any:
    return None if value is None else _READERS.get(kind, lambda same: same)(value)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _integer(value: Any) -> Any:
    """Return the number that a text of digits is: some ids are sent as texts."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _time(value: Any) -> datetime | None:
    if isinstance(value, int) and value > 0:
        return datetime.fromtimestamp(value, UTC)
    return read_time(value) if isinstance(value, str) else None


_READERS: Final[dict[ColumnType, Callable[[Any], Any]]] = {
    ColumnType.TEXT: _as_text,
    ColumnType.INTEGER: _integer,
    ColumnType.TIMESTAMP: _time,
}
