"""Custom fields as columns: what they are called, and which column holds which.

How a value becomes one of a type is in `_field_values`.
"""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Final, NamedTuple

from zendesk_assets.analysis._declaration import Column
from zendesk_assets.analysis._field_values import TYPES, build_typed
from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Surroundings, build_nested_view

# What every account has, and what the table has columns for.
_SYSTEM: Final = (
    "subject", "description", "status", "custom_status", "tickettype", "priority",
    "basic_priority", "group", "assignee",
)  # fmt: skip
_LONGEST: Final = 40  # an id may be added
_CUT: Final = 63  # PostgreSQL cuts names after so many letters
# Columns that every table has, by engine: one of that name would hide it, or be hidden by it.
_ENGINES: Final = ("rowid", "ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax")
_MARK: Final = re.compile(r"\[(field|label) (\d+)\]$")
_DROP_DOWN: Final = "tagger"


class CustomColumns(NamedTuple):
    """Columns by the id of their field: of values, and of the labels of drop-downs."""

    values: dict[int, Column]
    labels: dict[int, Column]

    def in_order(self) -> Iterator[Column]:
        """Yield each column, with its label behind it."""
        for key, column in self.values.items():
            yield column
            if key in self.labels:
                yield self.labels[key]


def columns_of(around: Surroundings, taken: Iterable[str]) -> CustomColumns:
    """Return the columns of each custom field the account has or had, oldest first."""
    types = ", ".join(f"'{name}'" for name in _SYSTEM)
    fields = around.rows(
        "ticket_fields",
        "id, type, title, active",
        f"WHERE type IS NULL OR type NOT IN ({types}) ORDER BY created_at NULLS FIRST, id",
    )
    keywords = {row[0].lower() for row in around.ask(around.dialect.keywords)}
    titles = {row[0]: row[2] or "" for row in fields}
    labels_now, plain = _names_now(around, "label"), list(taken)
    used, reserved = {*plain, *labels_now.values()}, {*keywords, *_ENGINES}
    names = name_fields(titles, used, reserved, _names_now(around, "field"))
    values = {
        key: Column(
            names[key],
            TYPES.get(kind, "VARCHAR"),
            _described(title, kind, active=active) + f" [field {key}]",
            ("tickets.custom_fields", "ticket_fields.title"),
        )
        for key, kind, title, active in sorted(fields)
    }
    drop_downs = {key: names[key] for key, kind, *_ in sorted(fields) if kind == _DROP_DOWN}
    labels = name_labels(drop_downs, {*plain, *names.values()}, labels_now)
    return CustomColumns(values, {key: _label(labels[key], key, titles[key]) for key in labels})


def _label(name: str, key: int, title: str) -> Column:
    what = f"{title or 'Untitled'}: what people see for the value. [label {key}]"
    return Column(name, "VARCHAR", what, ("ticket_fields.custom_field_options",))


def name_labels(
    fields: Mapping[int, str], taken: Iterable[str], now: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Return a name for the label of each field, `<field>_label` if that is free.

    A label keeps the name that it has `now` for as long as its field has its name.

    >>> name_labels({7: "region", 8: "site"}, ["region", "site", "site_label"])
    {7: 'region_label', 8: 'site_label_8'}
    """
    used, found = set(taken), {}
    for key, name in fields.items():
        plain = f"{name[: _CUT - len('_label')]}_label"
        by_id = f"{name[: _CUT - len(f'_label_{key}')]}_label_{key}"
        kept = (now or {}).get(key)
        choices = [kept] if kept in {plain, by_id} else []
        found[key] = next(each for each in [*choices, plain, by_id] if each not in used)
        used.add(found[key])
    return found


def _described(title: str | None, kind: str | None, *, active: bool | None) -> str:
    """Return a column's description; the mark appended to it distinguishes fields."""
    return f"{title or 'Untitled'}{'' if active else ' (not active)'}: a field of type {kind}."


def _names_now(around: Surroundings, what: str) -> dict[int, str]:
    """Return what the columns of custom fields, or labels, are called in the view as it is."""
    marks = {name: _MARK.search(comment) for name, comment in around.columns.items()}
    return {int(mark[2]): name for name, mark in marks.items() if mark and mark[1] == what}


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


def values_of(around: Surroundings, columns: CustomColumns) -> list[str]:
    """Return `value AS name` of each column, from `t._members` and the joins of `join_labels`."""
    say = around.dialect
    found = [f'label_{key}.name AS "{column.name}"' for key, column in columns.labels.items()]
    for key, column in columns.values.items():
        member, as_text = _member(around, key)
        # null as JSON is not NULL in SQL, but its text is
        whole = f"CASE WHEN {as_text} IS NOT NULL THEN {member} END"
        kind = column.sql_type
        typed = whole if kind == "JSON" else build_typed(kind, as_text, say.try_cast)
        found.append(f'{typed} AS "{column.name}"')
    return found


def with_labels(around: Surroundings) -> str:
    """Return `labels AS (…)`: what people see for each value of each drop-down field."""
    options = build_nested_view(declared().views["ticket_field_options"], around, declared())
    return (
        "labels AS (\n  SELECT field_id, value, min(name) AS name\n"
        f"  FROM ({options}) AS o GROUP BY field_id, value\n)"
    )


def join_labels(around: Surroundings, columns: CustomColumns) -> str:
    """Return the joins that find the labels of drop-downs."""
    return "\n".join(
        f"LEFT JOIN labels AS label_{key} "
        f"ON label_{key}.field_id = {key} AND label_{key}.value = {_member(around, key)[1]}"
        for key in columns.labels
    )


def _member(around: Surroundings, key: int) -> tuple[str, str]:
    """Return a field's value in `t._members`, as JSON and as text."""
    member = around.dialect.member.format("t._members", key)
    return member, around.dialect.json_text.format(member)
