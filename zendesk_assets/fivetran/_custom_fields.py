"""Custom fields as columns whose names begin with `custom_`, as Fivetran calls them.

Those of tickets are named by their titles, those of users and organizations by their keys, which
look the same. Types and naming are those of `analysis`.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from zendesk_assets.analysis import SYSTEM_FIELDS, TYPES, Column, build_typed, name_fields
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literal, literals

_PREFIX: Final = "custom_"
_MARK: Final = re.compile(r"\[field (\d+)\]$")


@dataclass(frozen=True)
class CustomField:
    """A custom field: its id, its key (of users and organizations), and its column."""

    id: int
    key: str
    column: Column


def of_tickets(around: Surroundings) -> list[CustomField]:
    """Return the custom fields that tickets have or had, by id."""
    rows = around.rows(
        "ticket_fields",
        "id, '', type, title, active",
        f"WHERE type IS NULL OR type NOT IN ({literals(SYSTEM_FIELDS)}) "
        "ORDER BY created_at NULLS FIRST, id",
    )
    return _name(around, rows, {row[0]: row[3] or "" for row in rows}, "ticket_fields")


def of_keys(around: Surroundings, fields: str) -> list[CustomField]:
    """Return the custom fields of users or organizations, listed in the collection `fields`.

    Of several with a key, the newest that was not deleted counts.
    """
    rows = around.rows(
        fields,
        "id, key, type, title, active",
        "WHERE key IS NOT NULL ORDER BY _deleted DESC, created_at NULLS FIRST, id",
    )
    kept = list({row[1]: row for row in rows}.values())
    return _name(around, kept, {row[0]: row[1] for row in kept}, fields)


def select_from_list(around: Surroundings, fields: list[CustomField]) -> list[str]:
    """Return `value AS name` of each field, from `t._members`."""
    say = around.dialect
    found = []
    for each in fields:
        member = say.member.format("t._members", each.id)
        as_text = say.json_text.format(member)
        # null as JSON is not NULL in SQL, but its text is.
        whole = f"CASE WHEN {as_text} IS NOT NULL THEN {member} END"
        found.append(_typed(around, each.column, as_text, whole))
    return found


def select_by_key(around: Surroundings, values: str, fields: list[CustomField]) -> list[str]:
    """Return `value AS name` of each field, from the object `values` of `t`."""
    found = []
    for each in fields:
        as_text = f"(t.{values} ->> {literal(each.key)})"
        found.append(_typed(around, each.column, as_text, as_text))
    return found


def _typed(around: Surroundings, column: Column, as_text: str, whole: str) -> str:
    kind = column.sql_type
    value = whole if kind == "JSON" else build_typed(kind, as_text, around.dialect.try_cast)
    return f'{value} AS "{column.name}"'


def _name(
    around: Surroundings, rows: list[tuple[Any, ...]], titles: dict[int, str], collection: str
) -> list[CustomField]:
    """Return the fields with columns; a column keeps its name for as long as its title allows."""
    marks = {name: _MARK.search(comment) for name, comment in around.columns.items()}
    now = {int(mark[1]): name.removeprefix(_PREFIX) for name, mark in marks.items() if mark}
    names = name_fields(titles, (), (), now)
    return [
        CustomField(
            key,
            name,
            Column(
                _PREFIX + names[key],
                TYPES.get(kind, "VARCHAR"),
                f"{title or 'Untitled'}{'' if active else ' (not active)'}: a custom field of type "
                f"{kind}. [field {key}]",
                (f"{collection}.title",),
            ),
        )
        for key, name, kind, title, active in sorted(rows)
    ]
