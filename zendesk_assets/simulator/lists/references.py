"""Texts in data files that stand for something of the account, as `@agents/2` and `$subdomain`."""

from __future__ import annotations

import re
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REFERENCE = re.compile(r"(=?)@(\w+)/(\*|#?)\+?(\d*)")


def resolved(
    value: Any, number: int, ids_of: Callable[[str], list[Any]], words: Mapping[str, str]
) -> Any:
    """Return a JSON value with ids and words in place of the texts that stand for them.

    Raises:
        LookupError: A text stands for a record of a kind that the account has none of.
    """
    if isinstance(value, dict):
        return {name: resolved(inner, number, ids_of, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, number, ids_of, words) for inner in value]
    if not isinstance(value, str):
        return value
    found = _REFERENCE.fullmatch(value)
    if found is None:
        return Template(value).safe_substitute(words)
    as_text, name, mark, plus = found.groups()
    ids = ids_of(name)
    if mark == "*":
        return ids
    if not ids:
        raise LookupError(name)
    chosen = ids[((number if mark else 0) + int(plus or 0)) % len(ids)]
    return str(chosen) if as_text else chosen
