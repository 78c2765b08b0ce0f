"""Keys that are data: a change names its field by a key of its own, and Zendesk adds properties.

Only pure functions that return SQL: the name and value of a changed field, and `_unknown`, what no
part of the declaration accounts for.
"""

from __future__ import annotations

from typing import Final

from zendesk_assets.spec import Collection, Compute
from zendesk_assets.warehouse.members import EVENT_TYPE, Members
from zendesk_assets.warehouse.sql import Layer, ident, literal

__all__ = ["build_changes", "build_computed", "build_unknown"]

_CHANGES: Final = ("Create", "Change")
_CUSTOM: Final = "custom_ticket_fields"

_COMPUTED: Final = {
    Compute.CHANGED_FIELD: 'coalesce("~custom", "~changed")',
    Compute.CHANGED_VALUE: '"~value"',
    Compute.CUSTOM_FIELD_ID: '"~custom"',
    Compute.CUSTOM_FIELD_VALUE: 'CASE WHEN "~custom" IS NOT NULL THEN "~value" END',
}


def build_computed(compute: Compute) -> str:
    """Return SQL for a computed column, over what `build_changes` has found."""
    return _COMPUTED[compute]


def build_changes(collection: Collection, members: Members) -> list[Layer]:
    """Return the layers that find the dynamic key of a change, and which keys are unknown."""
    record = ident(f"~r{len(collection.records)}")
    layers = [Layer(f'*, json_keys({record}) AS "~keys"')]
    if any(column.compute for column in collection.columns):
        layers += _changes(collection, members, record)
    return [*layers, Layer(f'*, {_unknown_keys(collection, members)} AS "~unknown"')]


def build_unknown(collection: Collection) -> str:
    """Return SQL for the record without all keys that are known, or NULL if none is left."""
    record = ident(f"~r{len(collection.records)}")
    known = 'list_filter("~keys", lambda key: NOT list_contains("~unknown", key))'
    nulls = f"list_transform({known}, lambda key: CAST(to_json(key) AS VARCHAR) || ':null')"
    patch = f"CAST('{{' || array_to_string({nulls}, ',') || '}}' AS JSON)"
    return f'CASE WHEN len("~unknown") > 0 THEN json_merge_patch({record}, {patch}) END'


def _changes(collection: Collection, members: Members, record: str) -> list[Layer]:
    kinds = _texts(_CHANGES)
    fixed = f"[{_texts(collection.fixed_keys)}]"
    first = f'list_filter("~keys", lambda key: NOT list_contains({fixed}, key))[1]'
    # More than one custom field under a change has no single name: it is kept under its own key.
    fields = f"json_keys({record}, {literal('/' + _CUSTOM)})"
    custom = f'CASE WHEN "~changed" = {literal(_CUSTOM)} AND len({fields}) = 1 THEN {fields}[1] END'
    inside = f"{literal('/' + _CUSTOM + '/')} || {_pointer(ident('~custom'))}"
    top = f"'/' || {_pointer(ident('~changed'))}"
    value = f'{record} ->> (CASE WHEN "~custom" IS NULL THEN {top} ELSE {inside} END)'
    return [
        Layer(
            f'*, CASE WHEN {members.text(EVENT_TYPE)} IN ({kinds}) THEN {first} END AS "~changed"'
        ),
        Layer(f'*, {custom} AS "~custom"'),
        Layer(f'*, CASE WHEN "~changed" IS NOT NULL THEN {value} END AS "~value"'),
    ]


def _unknown_keys(collection: Collection, members: Members) -> str:
    """Return SQL for the list of keys that nothing accounts for, in this row."""
    known = {*collection.ignored, *collection.fixed_keys}
    sometimes: dict[str, set[str]] = {}
    for column in collection.columns:
        key = column.source_path.partition(".")[0]
        if column.compute or column.source_path.startswith("../"):
            continue
        if column.only_for:
            sometimes.setdefault(key, set()).update(column.only_for)
        else:
            known.add(key)
    tests = [f"NOT list_contains([{_texts(sorted(known))}], key)"]
    for key, kinds in sorted(sometimes.items()):
        only = f"{members.text(EVENT_TYPE)} IN ({_texts(sorted(kinds))})"
        tests.append(f"NOT (key = {literal(key)} AND coalesce({only}, false))")
    if any(column.compute for column in collection.columns):
        tests.append('key IS DISTINCT FROM "~changed"')
    return f'list_filter("~keys", lambda key: {" AND ".join(tests)})'


def _pointer(key: str) -> str:
    """Return SQL for `key` inside a JSON pointer (RFC 6901)."""
    return f"replace(replace({key}, '~', '~0'), '/', '~1')"


def _texts(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(literal(name) for name in names) or "NULL"
