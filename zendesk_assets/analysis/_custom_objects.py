"""A view for each custom object of the account: its records, with a column for each of its fields.

Which objects and fields there are, only the account knows: its tables are asked at each refresh.
Names and types of the columns are as for custom fields of tickets.
"""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`, texts by `literal`

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from zendesk_assets.analysis._custom_fields import (
    LONGEST_KEY,
    CustomField,
    columns_of,
    name_fields,
    values_of,
)
from zendesk_assets.analysis._declaration import AnalysisView, Column, ident, moment, text
from zendesk_assets.catalog import declared
from zendesk_assets.plain_text import to_one_line
from zendesk_assets.warehouse import Surroundings, View, ViewFamily
from zendesk_assets.warehouse.sql import literal

# No collection and no other view begins like this.
OBJECT_PREFIX: Final = "object_"
OBJECT_VIEWS_FILE: Final = __file__
OBJECT_VIEWS_READ: Final = ("custom_objects", "custom_object_fields", "custom_object_records")
# The name and the external id of a record are among its fields, but not among their values.
_STANDARD: Final = "standard::"
_COLUMNS: Final = (
    text("id", "The record.", "custom_object_records.id"),
    text("name", "Its name.", "custom_object_records.name"),
    text("external_id", "Its id in another system.", "custom_object_records.external_id"),
    moment("created_at", "When it was created.", "custom_object_records.created_at"),
    moment("updated_at", "When it was last changed.", "custom_object_records.updated_at"),
    ident("created_by_user_id", "Who created it.", "custom_object_records.created_by_user_id"),
    ident("updated_by_user_id", "Who last changed it.", "custom_object_records.updated_by_user_id"),
)


def object_views_for(collections: Iterable[str]) -> ViewFamily | None:
    """Return the views of custom objects, if they can be made of these collections."""
    if not set(collections).issuperset(OBJECT_VIEWS_READ):
        return None
    reads = tuple(declared().collections[name] for name in OBJECT_VIEWS_READ)
    return ViewFamily(OBJECT_PREFIX, reads, _find)


def _find(around: Surroundings) -> tuple[View, ...]:
    """Return a view for each object that the account has.

    Objects that were deleted count for the names, so that no view changes its own with them.
    """
    key = around.dialect.bytewise.format("key")
    oldest_first = f"ORDER BY created_at NULLS FIRST, {key}"
    objects = around.rows("custom_objects", "key, title, _deleted", oldest_first)
    names = name_objects(key for key, _, _ in objects)
    return tuple(_declare(names[key], key, title) for key, title, gone in objects if not gone)


def name_objects(keys: Iterable[str]) -> dict[str, str]:
    """Return what the view of each object is called, by its key; keys come oldest first.

    >>> name_objects(["car", "Car"])
    {'car': 'object_car', 'Car': 'object_car_a5cdf07d'}
    """
    wanted = {sha256(key.encode()).hexdigest()[:8]: key for key in keys}
    titles = {digest: f"{OBJECT_PREFIX}{key}" for digest, key in wanted.items()}
    names = name_fields(titles, [OBJECT_PREFIX.strip("_")], (), longest=LONGEST_KEY)
    return {wanted[digest]: name for digest, name in names.items()}


def _declare(name: str, key: str, title: str | None) -> View:
    def sql(around: Surroundings) -> str:
        return _build(around, key)

    def more(around: Surroundings) -> tuple[Column, ...]:
        return tuple(column for _, column in _find_fields(around, key))

    return AnalysisView(
        name=name,
        title=title or key,
        description=(
            f"Records of the custom object {to_one_line(title or key)}, with a column for each of "
            "its fields. Deleted records are left out."
        ),
        grain=("id",),
        reads=OBJECT_VIEWS_READ,
        columns=_COLUMNS,
        sql=sql,
        more=more,
        example="select * from {view} limit 10;",
    ).as_view()


def _find_fields(around: Surroundings, key: str) -> list[tuple[str, Column]]:
    """Return the key and the column of each field that an object has or had.

    Of several fields of one key, which is that of a deleted one again, the one in use counts.
    """
    rows = around.rows(
        "custom_object_fields",
        "id, key, title, type, active AND NOT _deleted, _deleted",
        f"WHERE custom_object_key = {literal(key)} AND NOT starts_with(key, '{_STANDARD}') "
        "ORDER BY created_at NULLS FIRST, id",
    )
    chosen = {row[1]: row for row in sorted(rows, key=lambda row: not row[-1])}
    fields = [CustomField(*row[:-1]) for row in rows if chosen[row[1]] is row]
    taken = [column.name for column in _COLUMNS]
    made_from = ("custom_object_records.custom_object_fields", "custom_object_fields.key")
    columns = columns_of(fields, around, taken, made_from, LONGEST_KEY)
    keys = {each.id: each.name for each in fields}
    return [(keys[number], column) for number, column in columns.items()]


def _build(around: Surroundings, key: str) -> str:
    say = around.dialect
    members = [
        (say.member_by_key.format("t._fields", literal(field)), column)
        for field, column in _find_fields(around, key)
    ]
    plain = [f"t.{column.name}" for column in _COLUMNS]
    columns = ",\n  ".join([*plain, *values_of(around, members)])
    fields = say.if_object.format("custom_object_fields")
    return f"""SELECT {columns}
FROM (SELECT *, {fields} AS _fields FROM {around["custom_object_records"]} AS r) AS t
WHERE NOT t._deleted AND t.custom_object_key = {literal(key)}"""
