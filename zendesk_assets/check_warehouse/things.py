"""What the checks load: a few small tables, records for them, and what a table must then hold.

The expected rows are worked out in Python from the records alone. Nothing is loaded here.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from zendesk_assets.spec import Collection, Column, ColumnType, DeletedWhen, Tombstone

T0: Final = datetime(2024, 1, 1, tzinfo=UTC)
_WITHOUT_PAGE: Final = "https://developer.zendesk.com"

Record = dict[str, Any]
# The name, the size and whether the row is deleted, by id.
States = dict[int, tuple[Any, ...]]


def _column(name: str, kind: ColumnType = ColumnType.TEXT, path: str = "") -> Column:
    return Column(name, kind, f"The {name} of a thing.", path)


COLOR: Final = _column("color")
_THINGS: Final = Collection(
    "things",
    "things",
    "Things that `zendesk-assets check-warehouse` has made up.",
    _WITHOUT_PAGE,
    columns=(
        _column("id", ColumnType.INTEGER),
        _column("name"),
        _column("size", ColumnType.INTEGER),
        _column("weight", ColumnType.NUMBER),
        _column("made_at", ColumnType.TIMESTAMP),
        _column("details", ColumnType.JSON),
        _column("status"),
        _column("updated_at", ColumnType.TIMESTAMP),
    ),
    deleted=DeletedWhen("status", "deleted"),
)
_SETS: Final = Collection(
    "sets",
    "things",
    "What is inside of things: it is deleted with them.",
    _WITHOUT_PAGE,
    columns=(
        _column("id", ColumnType.INTEGER),
        _column("thing_id", ColumnType.INTEGER),
        _column("updated_at", ColumnType.TIMESTAMP, "../updated_at"),
    ),
    records=("set",),
    tombstone=Tombstone("thing_id", "id", DeletedWhen("status", "deleted")),
)


def things(name: str) -> Collection:
    """Return the declaration of a table of things."""
    return replace(_THINGS, name=name, stream=name)


def sets(name: str) -> Collection:
    """Return the declaration of a table whose rows are deleted with their thing."""
    return replace(_SETS, name=name, stream=name)


def record(number: int, version: int, **more: Any) -> Record:
    """Return a thing as it was at a version, which counts seconds."""
    return {
        "id": number,
        "name": f"thing {number} as of {version}",
        "size": version,
        "updated_at": moment(version),
        **more,
    }


def records(numbers: Iterable[int], version: int, **more: Any) -> list[Record]:
    """Return things as they were at a version."""
    return [record(number, version, **more) for number in numbers]


def moment(version: int) -> str:
    """Return the time of a version, as Zendesk writes times."""
    return (T0 + timedelta(seconds=version)).strftime("%Y-%m-%dT%H:%M:%SZ")


def newest(*batches: Iterable[Record]) -> States:
    """Return what a table holds of these batches, in the order of their receipt."""
    found: dict[int, Record] = {}
    for each in (each for batch in batches for each in batch):
        known = found.get(each["id"])
        if known is None or known["updated_at"] <= each["updated_at"]:
            found[each["id"]] = each
    return {
        number: (each["name"], each["size"], each.get("status") == "deleted")
        for number, each in found.items()
    }
