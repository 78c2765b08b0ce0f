"""What no column takes: keys that are not declared, and values that do not fit, level by level.

Only pure functions that return SQL over the layers of `rows`. A level is the row's own record or
one around it; an object in it that columns are read from (`system` of `system.client`) is judged
member by member. What is left of a row becomes `_unknown`: own keys as they are, those of a record
around it under `../name`, members inside their object. In nearly all rows nothing is left, so
whether something is comes first, and putting it together second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zendesk_assets.records.paths import ALL, Path
from zendesk_assets.spec import Collection, Column
from zendesk_assets.warehouse.members import Members, complaint
from zendesk_assets.warehouse.sql import Layer, ident, literal, one_of
from zendesk_assets.warehouse.types import can_fail


@dataclass
class _Node:
    """A key of a level, or a member of an object: which columns are read from it."""

    path: str
    columns: list[int] = field(default_factory=list)
    members: dict[str, _Node] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return Path.parse(self.path).keys[-1]

    @property
    def is_object(self) -> bool:
        """Return whether the node is judged by its members: no column holds it as a whole."""
        return bool(self.members) and not self.columns


@dataclass(frozen=True)
class Leftovers:
    """What is left of the rows of a collection; `levels` are by how far out they are."""

    collection: Collection
    members: Members
    levels: tuple[dict[str, _Node], ...]

    @classmethod
    def of(cls, collection: Collection, members: Members) -> Leftovers:
        """Return what is declared at each level."""
        levels: tuple[dict[str, _Node], ...] = tuple({} for _ in (*collection.records, None))
        for at, column in enumerate(collection.columns):
            if column.compute is None:
                _grow(levels, column.source_path).columns.append(at)
        return cls(collection, members, levels)

    def look(self, out: int) -> list[Layer]:
        """Return the layer that finds what is not declared of a level, once its struct is there."""
        found = [
            f"{test} AS {ident(f'~{mark}{at}')}"
            for at, node in enumerate(self._objects)
            if Path.parse(node.path).out == out
            for mark, test in (("x", self._has_more(node)), ("c", self._is_crooked(node)))
        ]
        if out and self._is_watched(out):
            more = f"NOT ({one_of('key', sorted(self._known(out)))})"
            keys = f"json_keys({self._record(out)})"
            found.append(f"list_filter({keys}, lambda key: {more}) AS {self._keys(out)}")
        return [Layer(", ".join(["*", *found]))] if found else []

    @property
    def carried(self) -> list[str]:
        """Return the columns of earlier layers that the rest is made from."""
        flags = [ident(f"~{m}{at}") for at, _ in enumerate(self._objects) for m in "xc"]
        outwards = range(len(self.levels))
        keys = [self._keys(out) for out in outwards if self._is_watched(out)]
        return [*map(self._record, outwards), *keys, *flags]

    def build(self) -> str:
        """Return SQL for `_unknown`, where the columns are typed and their texts at hand."""
        odd, parts = [], []
        for out in range(len(self.levels)):
            if self._is_watched(out):
                odd.append(f"len({self._keys(out)}) > 0")
                parts.append(self._undeclared(out))
            for node in self.levels[out].values():
                if (is_odd := self._is_odd(node)) != "false":
                    odd.append(is_odd)
                    name = literal(json.dumps(str(Path.at(out, node.key))) + ":")
                    parts.append(f"CASE WHEN {is_odd} THEN {name} || {self._rest(node)} END")
        whole = f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"
        return f"CASE WHEN {' OR '.join(odd)} THEN CAST({whole} AS JSON) END"

    def shapes(self) -> dict[str, str]:
        """Return, per condition that something is not the object it should be, the complaint."""
        return {
            ident(f"~c{at}"): complaint(
                ".".join(Path.parse(node.path).keys), self._value(node), "an object"
            )
            for at, node in enumerate(self._objects)
        }

    @property
    def _objects(self) -> list[_Node]:
        return [node for level in self.levels for node in _objects_in(level)]

    def _is_watched(self, out: int) -> bool:
        return str(Path.at(out, ALL)) not in self.collection.ignored

    def _known(self, out: int) -> set[str]:
        """Return the keys of a level around the record that are accounted for."""
        ignored = {
            path.keys[0] for path in map(Path.parse, self.collection.ignored) if path.out == out
        }
        at = len(self.collection.records) - out
        return {*self.levels[out], *self.members.wanted[at], *ignored}

    def _undeclared(self, out: int) -> str:
        """Return SQL for the members of a level that are not declared, as text; NULL if none."""
        name = f"CAST(to_json({literal(str(Path.at(out, '')))} || key) AS VARCHAR)"
        value = f"json_extract({self._record(out)}, '/' || {build_pointer('key')})"
        pair = f"{name} || ':' || CAST({value} AS VARCHAR)"
        pairs = f"list_transform({self._keys(out)}, lambda key: {pair})"
        return f"nullif(array_to_string({pairs}, ','), '')"

    def _record(self, out: int) -> str:
        return ident(f"~r{len(self.levels) - 1 - out}")

    @staticmethod
    def _keys(out: int) -> str:
        return ident(f"~a{out}" if out else "~unknown")

    def _value(self, node: _Node) -> str:
        """Return SQL for the JSON of a node, read from its record once more."""
        place = Path.parse(node.path)
        inside = literal("$" + "".join("." + json.dumps(key) for key in place.keys))
        return f"json_extract({self._record(place.out)}, {inside})"

    def _has_more(self, node: _Node) -> str:
        more = f"NOT ({one_of('key', sorted(node.members))})"
        return f"len(list_filter(json_keys({self._read(node)}), lambda key: {more})) > 0"

    def _is_crooked(self, node: _Node) -> str:
        return f"coalesce(json_type({self._read(node)}), 'NULL') NOT IN ('OBJECT', 'NULL')"

    def _read(self, node: _Node) -> str:
        return self.members.json(node.path)

    def _is_odd(self, node: _Node) -> str:
        """Return the condition that something of a node is in no column."""
        columns = self.collection.columns
        tests = [self.is_misfit(at) for at in node.columns if can_fail(columns[at].type)]
        if node in self._objects:
            at = self._objects.index(node)
            tests += [ident(f"~x{at}"), ident(f"~c{at}")]
        tests += [odd for each in node.members.values() if (odd := self._is_odd(each)) != "false"]
        return f"({' OR '.join(tests)})" if tests else "false"

    def misfits(self, columns: Mapping[int, Column]) -> list[Layer]:
        """Return the layer that says of each typed value whether it is there but did not fit."""
        found = [
            f"{ident(f'~{at}')} NOTNULL AND {ident(column.name)} ISNULL AS {self.is_misfit(at)}"
            for at, column in columns.items()
            if can_fail(column.type)
        ]
        return [Layer(", ".join(["*", *found]))] if found else []

    @staticmethod
    def is_misfit(at: int) -> str:
        """Return the condition that the value of a column is there but not of its type."""
        return ident(f"~e{at}")

    def _rest(self, node: _Node) -> str:
        """Return SQL for the text of what is left of an odd node."""
        value = self._value(node)
        if node.is_object:
            patched = f"json_merge_patch({value}, CAST({self._patch(node)} AS JSON))"
            crooked = ident(f"~c{self._objects.index(node)}")
            value = f"CASE WHEN {crooked} THEN {value} ELSE {patched} END"
        return f"CAST({value} AS VARCHAR)"

    def _patch(self, node: _Node) -> str:
        """Return SQL for the merge patch that takes away what the columns hold."""
        pieces = []
        for each in node.members.values():
            name, odd = literal(json.dumps(each.key) + ":"), self._is_odd(each)
            left = "NULL"
            if each.is_object:
                crooked = ident(f"~c{self._objects.index(each)}")
                left = f"CASE WHEN NOT {crooked} THEN {name} || {self._patch(each)} END"
            pieces.append(f"CASE WHEN {odd} THEN {left} ELSE {name} || 'null' END")
        return f"'{{' || concat_ws(',', {', '.join(pieces)}) || '}}'"


def find_declared(collection: Collection) -> tuple[set[str], set[str]]:
    """Return the paths whose values a column holds, and those of objects that columns read from.

    What of these is in `_unknown` did not fit. A text always fits: a key that is declared for other
    events only is in neither.
    """
    leftovers = Leftovers.of(collection, Members.of(collection))
    held = {
        column.source_path
        for column in collection.columns
        if not column.compute and (not column.only_for or can_fail(column.type))
    }
    return held, {node.path for node in leftovers._objects}  # noqa: SLF001 # of this module


def build_pointer(key: str) -> str:
    """Return SQL for `key` inside a JSON pointer (RFC 6901)."""
    return f"replace(replace({key}, '~', '~0'), '/', '~1')"


def _grow(levels: tuple[dict[str, _Node], ...], path: str) -> _Node:
    """Return the node at a path; make it and those above it if they are missing."""
    place = Path.parse(path)
    members = levels[place.out]
    for at, key in enumerate(place.keys, 1):
        node = members.setdefault(key, _Node(str(Path(place.out, place.keys[:at]))))
        members = node.members
    return node


def _objects_in(level: dict[str, _Node]) -> Iterator[_Node]:
    """Yield the objects that no column holds as a whole, nor what is around them."""
    for node in level.values():
        if node.is_object:
            yield node
            yield from _objects_in(node.members)
