"""Custom fields as columns: what they are called, and which column holds which.

How a value becomes one of a type is in `_field_values`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Final

from zendesk_assets.analysis._declaration import Column
from zendesk_assets.analysis._field_values import TYPES, build_typed
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literal

# What every account has, and what the table has columns for.
_SYSTEM: Final = (
    "subject", "description", "status", "custom_status", "tickettype", "priority",
    "basic_priority", "group", "assignee",
)  # fmt: skip
_LONGEST: Final = 40  # an id may be added
_CUT: Final = 63  # PostgreSQL cuts names after so many letters
# Columns that every table has, by engine: one of that name would hide it, or be hidden by it.
_ENGINES: Final = ("rowid", "ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax")
_MARK: Final = re.compile(r"\[field (\d+)\]$")


def columns_of(
    around: Surroundings, taken: Iterable[str], prefix: str = ""
) -> dict[int, Column]:
    """Return a column for each custom field the account has or had, by id, oldest first.

    Names begin with `prefix`; none is one of `taken`.
    """
    types = ", ".join(f"'{name}'" for name in _SYSTEM)
    fields = around.rows(
        "ticket_fields",
        "id, type, title, active",
        f"WHERE type IS NULL OR type NOT IN ({types}) ORDER BY created_at NULLS FIRST, id",
    )
    names = _name_columns(around, {row[0]: row[2] or "" for row in fields}, taken, prefix)
    return {
        key: Column(
            names[key],
            TYPES.get(kind, "VARCHAR"),
            _described(title, kind, active=active) + f" [field {key}]",
            ("tickets.custom_fields", "ticket_fields.title"),
        )
        for key, kind, title, active in sorted(fields)
    }


def _described(title: str | None, kind: str | None, *, active: bool | None) -> str:
    """Return a column's description; the mark appended to it distinguishes fields."""
    return f"{title or 'Untitled'}{'' if active else ' (not active)'}: a field of type {kind}."


def keyed_columns(
    around: Surroundings, fields: str, taken: Iterable[str], prefix: str
) -> dict[str, Column]:
    """Return a column for each custom field of users or organizations, by its key.

    `fields` is the collection that lists the fields, and the property that has their values. Of
    several fields with a key, the newest that was not deleted counts.
    """
    rows = around.rows(
        fields,
        "id, key, type, title, active",
        "WHERE key IS NOT NULL ORDER BY _deleted DESC, created_at NULLS FIRST, id",
    )
    kept = {row[1]: row for row in rows}
    names = _name_columns(around, {row[0]: key for key, row in kept.items()}, taken, prefix)
    return {
        key: Column(
            names[number],
            TYPES.get(kind, "VARCHAR"),
            _described(title, kind, active=active) + f" [field {number}]",
            (f"{fields}.title",),
        )
        for key, (number, _, kind, title, active) in kept.items()
    }


def _name_columns(
    around: Surroundings, titles: Mapping[int, str], taken: Iterable[str], prefix: str
) -> dict[int, str]:
    """Return the names of columns by the ids of the fields."""
    keywords = {row[0].lower() for row in around.ask(around.dialect.keywords)}
    reserved = set() if prefix else {*keywords, *_ENGINES}
    used = [name.removeprefix(prefix) for name in taken if name.startswith(prefix)]
    names = name_fields(titles, used, reserved, _names_now(around, prefix))
    return {key: prefix + name for key, name in names.items()}


def _names_now(around: Surroundings, prefix: str) -> dict[int, str]:
    """Return what the columns of custom fields are called in the view as it is."""
    marks = {name: _MARK.search(comment) for name, comment in around.columns.items()}
    return {int(mark[1]): name.removeprefix(prefix) for name, mark in marks.items() if mark}


def name_fields(
    titles: Mapping[int, str],
    taken: Iterable[str],
    keywords: Iterable[str],
    now: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """Return names that need no quotes in SQL and are each used once: the first is the plain one.

    A field keeps the name that it has `now` for as long as its title allows it, whatever comes.

    >>> name_fields({7: "Größe (cm)", 8: "Order", 9: "status"}, ["status"], ["order"])
    {7: 'grosse_cm', 8: 'order_field', 9: 'status_9'}
    """
    used, reserved = {name.lower() for name in taken}, set(keywords)
    found: dict[int, str] = {}
    for key, name in (now or {}).items():
        if key in titles and name not in used and name in _kept(key, titles[key], reserved):
            found[key] = name
            used.add(name)
    for key, title in titles.items():
        if key not in found:
            found[key] = next(name for name in _names(key, title, reserved) if name not in used)
            used.add(found[key])
    return {key: found[key] for key in titles}


def _kept(key: int, title: str, reserved: set[str]) -> set[str]:
    """Return the names that a field may keep: those that show its title."""
    names = _names(key, title, reserved)
    return {next(names) for _ in range(3)}


def _names(key: int, title: str, reserved: set[str]) -> Iterator[str]:
    """Yield the names that a field may have, best first, without end."""
    name = _plain(title) or "field"
    name = f"{name}_field" if name in reserved else name
    if name != "field":
        yield name
    yield f"{name[: _CUT - 1 - len(str(key))]}_{key}"
    yield f"field_{key}"
    yield from (f"field_{key}_{number}" for number in count(2))


def _plain(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore")
    name = re.sub(r"[^a-z0-9]+", "_", letters.decode().lower()).strip("_")[:_LONGEST].strip("_")
    return f"field_{name}" if name[:1].isdigit() else name


def values_of(around: Surroundings, columns: Mapping[int, Column]) -> list[str]:
    """Return `value AS name` of each column, from `t._members`."""
    say = around.dialect
    found = []
    for key, column in columns.items():
        member = say.member.format("t._members", key)
        as_text = say.json_text.format(member)
        # null as JSON is not NULL in SQL, but its text is
        whole = f"CASE WHEN {as_text} IS NOT NULL THEN {member} END"
        kind = column.sql_type
        typed = whole if kind == "JSON" else build_typed(kind, as_text, say.try_cast)
        found.append(f'{typed} AS "{column.name}"')
    return found


def keyed_values(around: Surroundings, fields: str, columns: Mapping[str, Column]) -> list[str]:
    """Return `value AS name` of each column that `keyed_columns` has returned, from `t`."""
    say = around.dialect
    return [
        build_typed(column.sql_type, f"(t.{fields} ->> {literal(key)})", say.try_cast)
        + f' AS "{column.name}"'
        for key, column in columns.items()
    ]
