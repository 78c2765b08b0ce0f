"""How many rows are rewritten: what changes in them, by their keys, in few statements."""
# ruff: noqa: S608  # names are quoted

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.sql import ident

_AT_ONCE: Final = 10_000


def write_rows(
    session: Session,
    table: str,
    types: Mapping[str, str],
    key: Sequence[str],
    rows: Iterable[tuple[Sequence[Any], Mapping[str, str | None]]],
    now: datetime,
) -> None:
    """Change rows of a table (a quoted name) that are identified by the columns of `key`.

    `types` are those of its columns, `rows` the values of each key and what becomes of others: a
    text, whatever the type of the column, or None. A table may have a column that hides row ids.
    """
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for place, changes in rows:
        alike[tuple(changes)].append((*place, *changes.values()))
    for changed, values in alike.items():
        statement = _statement(table, types, key, changed)
        for first in range(0, len(values), _AT_ONCE):
            columns = zip(*values[first : first + _AT_ONCE], strict=True)
            session.change(statement, [*map(list, columns), now])


def _statement(
    table: str, types: Mapping[str, str], key: Sequence[str], changed: Sequence[str]
) -> str:
    kinds = [*((types[name]) for name in key), *("VARCHAR" for _ in changed)]
    names = [*(f"k{at}" for at in range(len(key))), *(f"c{at}" for at in range(len(changed)))]
    given = ", ".join(
        f"unnest(${at}::{kind}[]) AS {name}"
        for at, (kind, name) in enumerate(zip(kinds, names, strict=True), 1)
    )
    sets = ", ".join(
        f"{ident(name)} = CAST(n.c{at} AS {types[name]})" for at, name in enumerate(changed)
    )
    where = " AND ".join(f"t.{ident(name)} = n.k{at}" for at, name in enumerate(key))
    return (
        f"UPDATE {table} AS t SET {sets}, loaded_at = ${len(names) + 1} "
        f"FROM (SELECT {given}) AS n WHERE {where}"
    )
