"""How stream records become typed rows: one SELECT per collection, built from its declaration.

Only pure functions that return SQL over the temporary tables `raw` (filename, n, record), or a
`slice` of it, and `parts` (filename, batch_id, received_at); `staging` runs it. Every level of
nesting is read at once into a struct (fifty JSON path expressions would be nine times slower), then
each value is typed. Names that start with `~` are ours: no column of the catalog can have such a
name. A row that cannot be used is carried along with its `~fault`, so that the parts are read once;
one that lacks the values that do not fit says so in its `~warning`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import astuple

from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import RECEIVED, Collection, Column, ColumnType
from zendesk_assets.warehouse.dynamic import build_changes, build_computed, build_plain
from zendesk_assets.warehouse.members import EVENT_TYPE, Members, complaint, not_an_object
from zendesk_assets.warehouse.sql import Layer, build_layers, ident, listing, literal, literals
from zendesk_assets.warehouse.types import EXPECTED, build_typed, can_fail
from zendesk_assets.warehouse.unknown import Leftovers

_SOURCE = "slice JOIN parts AS p USING (filename)"
_WHOLE = "raw JOIN parts AS p USING (filename)"
# Of text, in bytes: an index of PostgreSQL takes 2,704 at most.
_LONGEST_KEY = 2_000
# What a value begins with that is not an empty list.
_NOT_EMPTY = r"(?:[^\[\s]|\[\s*[^\]\s])"


def build_rows(collection: Collection) -> str:
    """Return the SELECT of typed rows.

    `~fault` says why a row is not good, `~warning` which values of a good one did not fit, `~key`
    which row it is.
    """
    members = Members.of(collection)
    leftovers = Leftovers.of(collection, members)
    records = collection.records
    # Nearly every record has a row of one list; a list within a list is empty in most.
    layers = [_outermost(members, _may_have_rows("record", records) if records[1:] else "true")]
    for depth, step in enumerate(records, start=1):
        out = len(records) - depth + 1
        # What is read outside is typed before it is repeated for each record inside.
        layers += [*leftovers.look(out), *_read(collection, members, leftovers, out)]
        layers += _step_inwards(step, depth, members, records[depth:])
    layers += [*build_changes(collection, members), *leftovers.look(0)]
    layers += [
        *_event_types(collection, members),
        *_read(collection, members, leftovers, 0),
        Layer(f'*, {_sentences(_warnings(collection, leftovers))} AS "~warning"'),
        _judged(collection, leftovers),
    ]
    return build_layers(layers, _SOURCE)


def build_tombstones(collection: Collection) -> str:
    """Return the SELECT of (key, version) of the stream records that delete a row elsewhere."""
    tombstone = collection.tombstone
    assert tombstone is not None
    key, when = tombstone.key_path, tombstone.when
    version = collection.column(collection.version)
    moment = ".".join(Path.parse(version.source_path).keys)
    paths = (key, moment, when.path)
    members = Members.reading([(path, ColumnType.TEXT) for path in paths], 0)
    key_fault = complaint(key, '"~key"', EXPECTED[ColumnType.INTEGER])
    version_fault = complaint(moment, '"~version"', EXPECTED.get(version.type, "text"))
    layers = [
        _outermost(members),
        Layer(
            f'*, {members.text(key)} AS "~key", {members.text(moment)} AS "~version"',
            f'"~fault" IS NULL AND {_is_deleted(members.text(when.path), when.equals)}',
        ),
        Layer(
            f'* EXCLUDE ("~fault"), {build_typed(ColumnType.INTEGER, ident("~key"))} AS "key", '
            f'{build_typed(version.type, ident("~version"))} AS "version"'
        ),
        Layer(
            '"_batch_id", "received_at", "~n", "~key", "key", "version", '
            f'CASE WHEN "key" IS NULL THEN {key_fault} '
            f'WHEN "version" IS NULL AND "~version" NOTNULL THEN {version_fault} END AS "~fault"'
        ),
    ]
    return build_layers(layers, _WHOLE)


def ordinals(collection: Collection) -> list[str]:
    """Return the columns that order the rows of one load: the line, then places in lists."""
    lists = [depth for depth, step in enumerate(collection.records, 1) if Step.parse(step).is_list]
    return ["~n", *(f"~o{depth}" for depth in lists)]


def _outermost(members: Members, condition: str = "true") -> Layer:
    """Return the layer of stream records, with their members as a struct."""
    return Layer(
        'p.batch_id AS "_batch_id", p.received_at AS "received_at", n AS "~n", record AS "~r0", '
        f'{members.structure(0, "record")} AS "~m0", '
        f'{not_an_object("the record", "record")} AS "~fault"',
        f"record IS NOT NULL AND {condition}",
    )


def _may_have_rows(record: str, steps: Sequence[str]) -> str:
    """Return a condition that only holds back records without rows inside: none need be parsed.

    What is not as it should be on the way is a fault, and passes.
    """
    *outer, last = map(Step.parse, steps)
    begins = _NOT_EMPTY if last.is_list else ""
    tests = [f"NOT starts_with({record}, '{{')", _has(record, last.name, begins)]
    tests += [f"NOT {_has(record, e.name, '[[]' if e.is_list else '[{]')}" for e in outer]
    return f"({' OR '.join(tests)})"


def _has(record: str, key: str, begins: str) -> str:
    """Return the condition that the text of a record has a key whose value begins so."""
    pattern = literal(f"{re.escape(json.dumps(key))}\\s*:\\s*{begins}")
    return f"regexp_matches({record}, {pattern})"


def _step_inwards(step: str, depth: int, members: Members, further: tuple[str, ...]) -> list[Layer]:
    """Return the layers of one step inwards; NULL has no rows, another shape is a fault.

    An object without rows by the `further` steps has none either, and need not be parsed.
    """
    (key, is_list), inner = astuple(Step.parse(step)), ident(f"~r{depth}")
    member = f"{ident(f'~m{depth - 1}')}.{ident(key)}"
    if is_list:
        into = _into_list(key, member, depth)
    else:
        # Not a condition: DuckDB would check it below, and parse the whole record once more.
        kept = f'CASE WHEN "~fault" IS NOT NULL OR {member} IS NOT NULL THEN [{member}] END'
        into = [Layer(f"*, unnest({kept}) AS {inner}")]
    if further:
        into.append(Layer("*", f'"~fault" IS NOT NULL OR {_may_have_rows(inner, further)}'))
    fault = f'coalesce("~fault", {not_an_object(key, inner)})'
    struct = f"{members.structure(depth, inner)} AS {ident(f'~m{depth}')}"
    return [*into, Layer(f'* REPLACE ({fault} AS "~fault"), {struct}')]


def _into_list(key: str, member: str, depth: int) -> list[Layer]:
    elements = ident(f"~l{depth}")
    # The first character says what a value is, and need not be parsed.
    is_list, is_null = f"starts_with({member}, '[')", f"coalesce({member} = 'null', true)"
    fault = f"CASE WHEN NOT ({is_list} OR {is_null}) THEN {complaint(key, member, 'a list')} END"
    return [
        Layer(
            f"""* REPLACE (coalesce("~fault", {fault}) AS "~fault"), """
            f"""CASE WHEN {is_list} THEN from_json({member}, '["JSON"]') """
            # One row for the fault to travel on.
            f"""WHEN {is_null} AND "~fault" IS NULL THEN [] ELSE [NULL] END AS {elements}"""
        ),
        Layer(
            f"* EXCLUDE ({elements}), unnest({elements}) AS {ident(f'~r{depth}')}, "
            f"generate_subscripts({elements}, 1) AS {ident(f'~o{depth}')}"
        ),
    ]


def _read(collection: Collection, members: Members, leftovers: Leftovers, out: int) -> list[Layer]:
    """Return the layers of the columns that are read `out` steps around the row's own record.

    What a column is made from is `~<its place>`; then there is the typed value, and whether it is
    missing because it did not fit. At the row's own record, the structs are left behind.
    """
    columns = {at: column for at, column in enumerate(collection.columns) if _out(column) == out}
    texts = [
        f"{_value(collection, each, members)} AS {ident(f'~{at}')}" for at, each in columns.items()
    ]
    typed = [
        f"{build_typed(each.type, ident(f'~{at}'))} AS {ident(each.name)}"
        for at, each in columns.items()
    ]
    carried = "*" if out else ",\n    ".join(_carried(collection, members, leftovers))
    return [
        Layer(",\n    ".join([carried, *texts])),
        Layer(",\n    ".join(["*", *typed])),
        *leftovers.misfits(columns),
    ]


def _out(column: Column) -> int:
    """Return how far out a column can be read; those of some events only need their type."""
    return 0 if column.compute or column.only_for else Path.parse(column.source_path).out


def _carried(collection: Collection, members: Members, leftovers: Leftovers) -> list[str]:
    """Return what the row's own record takes along, and whether it is deleted."""
    outer = [(at, each) for at, each in enumerate(collection.columns) if _out(each)]
    read = [name for at, each in outer for name in (f"~{at}", each.name)]
    misfits = [leftovers.is_misfit(at) for at, each in outer if can_fail(each.type)]
    deleted = collection.deleted
    mark = _is_deleted(members.text(deleted.path), deleted.equals) if deleted else "false"
    names = listing(["_batch_id", "received_at", *ordinals(collection), "~fault", *read])
    return [", ".join([names, *misfits, *leftovers.carried]), f'{mark} AS "_deleted"']


def _value(collection: Collection, column: Column, members: Members) -> str:
    if column.compute:
        return build_computed(column.compute)
    read = members.json if column.type is ColumnType.JSON else members.text
    value = read(column.source_path)
    if not column.only_for:
        return build_plain(collection, column, value)
    return f"CASE WHEN {_of_type(collection, column)} THEN {value} END"


def _event_types(collection: Collection, members: Members) -> list[Layer]:
    """Return the layer that says, once for all columns, whether events are of their types."""
    tests = {
        _of_type(collection, column): f"{members.text(EVENT_TYPE)} IN ({literals(column.only_for)})"
        for column in collection.columns
        if column.only_for
    }
    return (
        [Layer(", ".join(["*", *(f"{test} AS {flag}" for flag, test in tests.items())]))]
        if tests
        else []
    )


def _of_type(collection: Collection, column: Column) -> str:
    """Return the name of the flag that an event is of a type that the column is for."""
    every = [each.only_for for each in collection.columns]
    return ident(f"~for{every.index(column.only_for)}")


def _is_deleted(text: str, equals: str | None) -> str:
    if equals is None:
        return f"({text} IS NOT NULL)"
    return f"coalesce({text} = {literal(equals)}, false)"


def _judged(collection: Collection, leftovers: Leftovers) -> Layer:
    """Return the outermost layer: the columns of the table, and what is wrong with the row."""
    places = {column.name: ident(f"~{at}") for at, column in enumerate(collection.columns)}
    places[RECEIVED.name] = f"CAST({ident(RECEIVED.name)} AS VARCHAR)"
    keys = [places[name] for name in collection.primary_key]
    # A key that lacks a part identifies no row: rejects with such keys would replace one another.
    whole = f"CASE WHEN {' AND '.join(f'{each} NOTNULL' for each in keys)} THEN {{}} END"
    key = keys[0] if len(keys) == 1 else whole.format(f"to_json([{', '.join(keys)}])")
    columns = [*(c.name for c in collection.columns), "_deleted"]
    kept = ["received_at", "_batch_id", *ordinals(collection)]
    faults = _sentences(_faults(collection, leftovers), '"~warning"')
    return Layer(
        f'{listing(columns)}, {leftovers.build()} AS "_unknown",\n    {listing(kept)}, '
        f'CAST({key} AS VARCHAR) AS "~key",\n    '
        f'coalesce("~fault", {faults}) AS "~fault", "~warning"'
    )


def _sentences(reasons: dict[str, str], more: str = "NULL") -> str:
    """Return SQL for the sentences, by condition, if one holds; `more` is put behind them."""
    if not reasons:
        return "NULL::VARCHAR"
    texts = ", ".join(f"CASE WHEN {when} THEN {what} END" for when, what in reasons.items())
    return f"CASE WHEN {' OR '.join(reasons)} THEN concat_ws('; ', {texts}, {more}) END"


def _faults(collection: Collection, leftovers: Leftovers) -> dict[str, str]:
    """Return what costs the row, by condition: no key, or a version that cannot be read."""
    needed = {*collection.primary_key, collection.version}
    found = _misfits(collection, leftovers, needed)
    texts = []
    for at, column in enumerate(collection.columns):
        if column.name in collection.primary_key:
            missing = f"{column.name}: the primary key is missing"
            found[f"({ident(f'~{at}')} IS NULL)"] = literal(missing)
            texts += [f"coalesce(strlen({ident(column.name)}), 0)"] * (not can_fail(column.type))
    if texts:
        long = f"the primary key: longer than {_LONGEST_KEY:,} bytes"
        found[f"({' + '.join(texts)} > {_LONGEST_KEY})"] = literal(long)
    return found


def _warnings(collection: Collection, leftovers: Leftovers) -> dict[str, str]:
    """Return what costs a value only, by condition."""
    needed = {*collection.primary_key, collection.version}
    others = {column.name for column in collection.columns} - needed
    return {**_misfits(collection, leftovers, others), **leftovers.shapes()}


def _misfits(collection: Collection, leftovers: Leftovers, names: set[str]) -> dict[str, str]:
    """Return, per condition that a value is not of its column's type, the complaint."""
    return {
        leftovers.is_misfit(at): complaint(column.name, ident(f"~{at}"), EXPECTED[column.type])
        for at, column in enumerate(collection.columns)
        if can_fail(column.type) and column.name in names
    }
