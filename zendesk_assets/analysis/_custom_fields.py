"""Custom fields as columns: what they are called, and their values in types of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from zendesk_assets.analysis._declaration import Column
from zendesk_assets.warehouse import Surroundings

__all__ = ["columns_of", "name_fields", "values_of"]

# What every account has, and what the table has columns for.
_SYSTEM: Final = (
    "subject", "description", "status", "custom_status", "tickettype", "priority",
    "basic_priority", "group", "assignee",
)  # fmt: skip
_LONGEST: Final = 40  # PostgreSQL cuts names after 63 letters; an id may be added
_WHOLE: Final = "^-?[0-9]{1,18}$"
_NUMBER: Final = "^-?[0-9]{1,15}([.][0-9]{1,15})?$"
_DATE: Final = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


def columns_of(around: Surroundings, taken: Iterable[str]) -> dict[int, Column]:
    """Return a column for each custom field the account has or had, by id, oldest first."""
    types = ", ".join(f"'{name}'" for name in _SYSTEM)
    fields = around.rows(
        "ticket_fields",
        "id, type, title, active",
        f"WHERE type IS NULL OR type NOT IN ({types}) ORDER BY id",
    )
    keywords = {row[0].lower() for row in around.ask(around.dialect.keywords)}
    names = name_fields({row[0]: row[2] or "" for row in fields}, taken, keywords)
    return {
        key: Column(
            names[key],
            _TYPES.get(kind, "VARCHAR"),
            _described(title, kind, active=active) + f" [field {key}]",
            ("tickets.custom_fields", "ticket_fields.title"),
        )
        for key, kind, title, active in fields
    }


def _described(title: str | None, kind: str | None, *, active: bool | None) -> str:
    """Return a column's description; the mark that is put behind it tells fields apart."""
    return f"{title or 'Untitled'}{'' if active else ' (not active)'}: a field of type {kind}."


def name_fields(
    titles: Mapping[int, str], taken: Iterable[str], keywords: Iterable[str]
) -> dict[int, str]:
    """Return names that need no quotes in SQL and are each used once: the first is the plain one.

    >>> name_fields({7: "Größe (cm)", 8: "Order", 9: "status"}, ["status"], ["order"])
    {7: 'grosse_cm', 8: 'order_field', 9: 'status_9'}
    """
    used, reserved, found = set(taken), set(keywords), {}
    for key, title in titles.items():
        name = _plain(title) or "field"
        name = f"{name}_field" if name in reserved else name
        found[key] = f"{name}_{key}" if name in used or name == "field" else name
        used.add(found[key])
    return found


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
        # null as JSON is no NULL in SQL, but its text is
        whole = f"CASE WHEN {as_text} IS NOT NULL THEN {member} END"
        typed = whole if column.sql_type == "JSON" else _typed(column, as_text, say.try_cast)
        found.append(f'{typed} AS "{column.name}"')
    return found


def _typed(column: Column, value: str, cast: str) -> str:
    return _CASTS[column.sql_type](value, cast) if column.sql_type in _CASTS else value


def _matching(pattern: str, kind: str) -> Callable[[str, str], str]:
    return lambda value, cast: f"CASE WHEN {value} ~ '{pattern}' THEN {cast}({value} AS {kind}) END"


def _boolean(value: str, _cast: str) -> str:
    return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"


def _day(value: str, cast: str) -> str:
    """Return the day, or NULL for a 31st of February, which a cast would refuse."""
    text = f"left({value}, 10)"
    day = f"{cast}(substr({value}, 9, 2) AS INTEGER)"
    first = f"{cast}(left({value}, 7) || '-01' AS DATE)"
    same_month = f"extract(day FROM {first} + ({day} - 1)) = {day}"
    return (
        f"CASE WHEN {text} ~ '{_DATE}' THEN CASE WHEN {same_month} "
        f"THEN {first} + ({day} - 1) END END"
    )


_TYPES: Final = {
    "checkbox": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "date": "DATE",
    "multiselect": "JSON",
}
_CASTS: Final[dict[str, Callable[[str, str], str]]] = {
    "BIGINT": _matching(_WHOLE, "BIGINT"),
    "DOUBLE": _matching(_NUMBER, "DOUBLE PRECISION"),
    "BOOLEAN": _boolean,
    "DATE": _day,
}
