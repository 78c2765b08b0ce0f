"""The key of a row, as a person types it."""

import json
import re
from typing import Final

from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.spec import Collection, ColumnType

_NUMBER: Final = re.compile(r"-?\d{1,19}", re.ASCII)


def parse_key(collection: Collection, typed: str) -> tuple[str, ...]:
    """Return the texts of a key's columns: of `268`, `vip`, or `a,2` for two columns.

    Raises:
        ZendeskAssetsError: if no row of the collection can have such a key.
    """
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
            f"{typed!r} is not a key of {collection.name}: its rows are told apart by "
            f"{' and '.join(kinds)}{several}."
        )
    return tuple(
        str(int(value)) if number else value for value, number in zip(values, numbers, strict=True)
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
