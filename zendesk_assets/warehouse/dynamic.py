"""Keys that are data: a change names its field by a key of its own, and Zendesk adds properties.

Only pure functions that return SQL: the name and value of a changed field, and which keys of the
row's record no part of the declaration accounts for.
"""

from typing import Final

from zendesk_assets.records.paths import Path
from zendesk_assets.spec import Collection, Column, Compute
from zendesk_assets.warehouse.members import EVENT_TYPE, Members
from zendesk_assets.warehouse.sql import Layer, ident, literal, literals, one_of
from zendesk_assets.warehouse.types import can_fail
from zendesk_assets.warehouse.unknown import build_pointer

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
    fixed = one_of("key", collection.fixed_keys)
    layers = [
        Layer(f'*, json_keys({record}) AS "~keys"'),
        # Most keys are fixed: what is asked of the others is asked of few.
        Layer(f'*, list_filter("~keys", lambda key: NOT ({fixed})) AS "~others"'),
    ]
    if any(column.compute for column in collection.columns):
        layers += _changes(collection, members, record)
    return [*layers, Layer(f'*, {_unknown_keys(collection, members)} AS "~unknown"')]


def build_plain(collection: Collection, column: Column, value: str) -> str:
    """Return SQL for the value of a plain column, unless it is what the event changed.

    A change of `public` says what became of a ticket, not whether a comment is public. Only types
    that a value may not fit are distinguished: elsewhere it does no harm.
    """
    key = column.source_path
    dynamic = any(each.compute for each in collection.columns)
    fixed = key in collection.fixed_keys or Path.parse(key).out or column.only_for
    if not dynamic or fixed or not can_fail(column.type):
        return value
    return f'CASE WHEN "~changed" IS DISTINCT FROM {literal(key)} THEN {value} END'


def _changes(collection: Collection, members: Members, record: str) -> list[Layer]:
    kinds = literals(_CHANGES)
    spare = f'list_filter("~keys", lambda key: {one_of("key", collection.spare_keys)})[1]'
    # More than one custom field under a change has no single name: it is kept under its own key.
    fields = f"json_keys({record}, {literal('/' + _CUSTOM)})"
    custom = f'CASE WHEN "~changed" = {literal(_CUSTOM)} AND len({fields}) = 1 THEN {fields}[1] END'
    inside = f"{literal('/' + _CUSTOM + '/')} || {build_pointer(ident('~custom'))}"
    top = f"'/' || {build_pointer(ident('~changed'))}"
    value = f'{record} ->> (CASE WHEN "~custom" IS NULL THEN {top} ELSE {inside} END)'
    return [
        Layer(
            f"*, CASE WHEN {members.text(EVENT_TYPE)} IN ({kinds}) "
            f'THEN coalesce("~others"[1], {spare}) END AS "~changed"'
        ),
        Layer(f'*, {custom} AS "~custom"'),
        Layer(f'*, CASE WHEN "~changed" IS NOT NULL THEN {value} END AS "~value"'),
    ]


def _unknown_keys(collection: Collection, members: Members) -> str:
    """Return SQL for the list of keys that nothing accounts for, in this row."""
    known = {*collection.ignored}
    sometimes: dict[str, set[str]] = {}
    for column in collection.columns:
        place = Path.parse(column.source_path)
        key = place.keys[0]
        if column.compute or place.out:
            continue
        if column.only_for:
            sometimes.setdefault(key, set()).update(column.only_for)
        else:
            known.add(key)
    by_kinds: dict[tuple[str, ...], list[str]] = {}
    for key, kinds in sorted(sometimes.items()):
        by_kinds.setdefault(tuple(sorted(kinds)), []).append(key)
    tests = [
        f"NOT ({one_of('key', keys)} AND coalesce({_is_one_of(kinds, members)}, false))"
        for kinds, keys in by_kinds.items()
    ]
    if any(column.compute for column in collection.columns):
        tests.append('key IS DISTINCT FROM "~changed"')
    # What is always known is nearly all, and cheap to leave out: the rest is judged after that.
    left = sorted(known.difference(collection.fixed_keys))
    rest = f'list_filter("~others", lambda key: NOT ({one_of("key", left)}))'
    return f"list_filter({rest}, lambda key: {' AND '.join(tests)})" if tests else rest


def _is_one_of(kinds: tuple[str, ...], members: Members) -> str:
    return f"{members.text(EVENT_TYPE)} IN ({literals(kinds)})"
