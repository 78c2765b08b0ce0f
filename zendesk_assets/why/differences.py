"""What differs between two states of a row, value by value, also inside JSON. Pure functions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zendesk_assets.spec import Collection, ColumnType

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A value that differs: its column, its place inside the column's JSON or "", old and new.

    The place of a member is `.key`, that of an element with an id is `[id]`.
    """

    column: str
    place: str
    old: Any
    new: Any

    @property
    def path(self) -> str:
        """Return what it is called: `status`, `custom_fields[360001]`."""
        return f"{self.column}{self.place}"


def plain(values: Values, collection: Collection) -> dict[str, Any]:
    """Return the values of a row with JSON as Python has it, for comparison."""
    kinds = {each.name: each.type for each in (*collection.columns, *collection.system_columns)}
    return {
        name: _decoded(value) if kinds.get(name) is ColumnType.JSON else value
        for name, value in values.items()
    }


def find_differences(old: Values, new: Values) -> list[Difference]:
    """Return what differs in the columns of `new`; both are as `plain` returns them."""
    return [
        Difference(name, *each)
        for name, value in new.items()
        for each in _inside("", old.get(name), value)
    ]


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _inside(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (place, old, new) of what differs: members of objects, and elements with an id."""
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _inside(f"{place}.{key}", old.get(key), new.get(key))
        return
    before, after = _by_id(old), _by_id(new)
    if before is None or after is None:
        yield place, old, new
        return
    for key in {**before, **after}:
        yield from _inside(f"{place}[{key}]", _value(before.get(key)), _value(after.get(key)))


def _by_id(value: Any) -> dict[Any, dict[str, Any]] | None:
    """Return the elements of a list by their ids, None if not each has one of its own."""
    if not isinstance(value, list) or not value:
        return None
    found = {each["id"]: each for each in value if isinstance(each, dict) and _is_id(each)}
    return found if len(found) == len(value) else None


def _is_id(element: dict[str, Any]) -> bool:
    return isinstance(element.get("id"), (int, str))


def _value(element: dict[str, Any] | None) -> Any:
    """Return what an element says: its value, if it has nothing else beside its id."""
    if element is not None and element.keys() == {"id", "value"}:
        return element["value"]
    return element
