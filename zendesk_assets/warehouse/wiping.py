"""How the values of one row are wiped. Pure.

Which rows, and what of them, is `erasure`'s to say.
"""

import json
from typing import Any, Final

from zendesk_assets.erasing import ERASED, is_plain, wipe
from zendesk_assets.records.paths import Path
from zendesk_assets.spec import Collection, Column, ColumnType, Compute, Personal
from zendesk_assets.warehouse.erasure_search import inside

Row = dict[str, Any]
_VALUES: Final = (Compute.CHANGED_VALUE, Compute.CUSTOM_FIELD_VALUE)


def value_at(collection: Collection, row: Row, path: str) -> Any:
    """Return the value that a row has at a path of its record, inside a column's JSON as well."""
    for column in collection.columns:
        rest = None if column.compute else inside(column.source_path, path)
        if rest is not None:
            return _within(row[column.name], rest) if rest else row[column.name]
    return None


def _within(value: Any, rest: str) -> Any:
    try:
        value = json.loads(value)
    except (TypeError, ValueError):
        return None
    for key in rest.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_there(collection: Collection, row: Row, path: str) -> bool:
    """Return whether a row has a value at a path of its record."""
    first = path.removesuffix(".*")
    unknown = row["_unknown"]
    changed = _changed_path(collection, row)
    return (
        changed in (path, first)
        or value_at(collection, row, first) is not None
        or (isinstance(unknown, str) and _within(unknown, first) is not None)
    )


def wiped(column: Column, value: Any) -> Any:
    """Return the value of a column that is wiped as a whole."""
    if value is None:
        return None
    if column.type is ColumnType.TEXT:
        return ERASED
    return json.dumps(ERASED) if isinstance(value, str) and value.startswith('"') else None


def wiped_inside(value: Any, path: str, *, as_text: bool = False, in_unknown: bool = False) -> Any:
    """Return a column's JSON, wiped at a path inside it; what is not JSON stays."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    first, *rest = Path.parse(path).from_first
    if in_unknown and isinstance(json.loads(value).get(first), str):
        rest = []  # what an engine has refused is there as one text: it has no inside
    return wipe(value.encode(), (first, *rest), as_text=as_text).decode()


def wiped_unknown(collection: Collection, value: Any, personal: Personal) -> Any:
    """Return `_unknown` without the person's data: of the record, and of those around it.

    As in the hub: what is declared there did not fit its column, and goes unless it looks like
    what belongs there; objects that columns read from are wiped by their own paths.
    """
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    paths = [c.source_path for c in collection.columns if not c.compute]
    objects = {path.keys[0] for path in map(Path.parse, paths) if path.is_deep}
    wiped = value.encode()
    for name, found in json.loads(value).items():
        place = Path.parse(name)
        is_meant = personal.around if place.out else personal.unknown
        fits = name in paths and is_plain(json.dumps(found).encode())
        if is_meant and not fits and ".".join(place.keys) not in objects:
            wiped = wipe(wiped, (name,))
    return wiped.decode()


def _changed_path(collection: Collection, row: Row) -> str | None:
    """Return the property that a change is about, as a path."""
    fields = [c.name for c in collection.columns if c.compute is Compute.CHANGED_FIELD]
    custom = [c.name for c in collection.columns if c.compute is Compute.CUSTOM_FIELD_ID]
    is_custom = any(row[name] is not None for name in custom)
    return "custom_ticket_fields.*" if is_custom else next((row[n] for n in fields), None)


def wipe_computed(collection: Collection, column: Column, path: str, row: Row, new: Row) -> None:
    """Wipe the value of a change when the field that it is about is wiped."""
    value = new[column.name]
    if column.compute not in _VALUES or value is None:
        return
    changed = _changed_path(collection, row)
    if changed == path:
        new[column.name] = ERASED
    elif changed and path == f"{changed}.*":  # several custom fields at once
        new[column.name] = wiped_inside(value, "*", as_text=True)
