"""The key of a row, as a person types it."""

import json
import re
from typing import Final

from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.spec import RECEIVED, Collection, ColumnType

_NUMBER: Final = re.compile(r"-?\d{1,19}", re.ASCII)


def parse_key(collection: Collection, typed: str) -> tuple[str, ...]:
    """Return the texts of a key's columns: of `268`, `vip`, or `a,2` for two columns.

    Raises:
        ZendeskAssetsError: if no row of the collection can have such a key, and for a series.
    """
    if collection.is_series:
        raise ZendeskAssetsError(_of_series(collection))
    names = collection.primary_key
    values = _split(typed) if len(names) > 1 else (typed.strip(),)
    numbers = [_is_number(collection, name) for name in names]
    fits = len(values) == len(names) and all(
        _fits(value) if number else value for value, number in zip(values, numbers, strict=True)
    )
    if not fits:
        kinds = [
            f"{name} ({'a whole number' if number else 'a text'})"
            for name, number in zip(names, numbers, strict=True)
        ]
        several = ", with a comma between them" if len(names) > 1 else ""
        raise ZendeskAssetsError(
            f"{typed!r} is not a key of {collection.name}: its rows are identified by "
            f"{' and '.join(kinds)}{several}."
        )
    return tuple(
        str(int(value)) if number else value for value, number in zip(values, numbers, strict=True)
    )


def _of_series(collection: Collection) -> str:
    """Return why there is no question about a row of a series, and what to ask instead."""
    name, at = collection.name, RECEIVED.name
    of = " AND ".join(f"{each} = …" for each in collection.primary_key if each != at)
    where = f" WHERE {of}" if of else ""
    query = f"SELECT * FROM {name}{where} ORDER BY {at}"  # noqa: S608 # a person types it
    return (
        f"{name} keeps each reading as a row of its own, so that a row has one state only. Ask for "
        f'the readings: `zendesk-assets query "{query}"`; the _batch_id of a reading is the batch '
        "that it came with."
    )


def _split(typed: str) -> tuple[str, ...]:
    """Return the values of several columns: a JSON list, or texts with commas between them."""
    if typed.lstrip().startswith("["):
        try:
            found = json.loads(typed)
        except ValueError:
            found = None
        if isinstance(found, list):
            return tuple(str(each) for each in found)
    return tuple(each.strip() for each in typed.split(","))


def _fits(value: str) -> bool:
    """Return whether a text is a whole number of 64 bits."""
    return bool(_NUMBER.fullmatch(value)) and -(1 << 63) <= int(value) < 1 << 63


def _is_number(collection: Collection, name: str) -> bool:
    return collection.column(name).type is ColumnType.INTEGER
