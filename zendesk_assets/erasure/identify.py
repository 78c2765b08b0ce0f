"""What else belongs to a person, by their ids in hub and tables: tickets, addresses, numbers.

It only reads. The catalog declares what to look for where (`Involvement`, `Identity`). A text
that is also somebody else's, such as the number of a reception, is left out.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import msgspec

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.hub import SourceHub, records_of
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection, Owner
from zendesk_assets.warehouse import Warehouse, name_history, with_histories

Lookup: TypeAlias = Callable[[str], Any]
_SHORTEST: Final = 6


@dataclass
class Found:
    """What was learnt: tickets by how they are the person's, texts, and ids by the texts given."""

    tickets: dict[Owner, set[int]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)

    def added_to(self, person: Person) -> Person:
        """Return the person with all that is theirs."""
        new = sorted(self.texts - set(person.texts))
        return replace(
            person,
            texts=(*person.texts, *new),
            requested=person.requested | self.tickets.get(Owner.REQUESTED, set()),
            shared=person.shared | self.tickets.get(Owner.SHARED, set()),
        )


def identify(hub: SourceHub, warehouse: Warehouse, person: Person) -> Found:
    """Return what hub and tables say of a person's ids, and which ids their addresses belong to."""
    found, others = Found(), set[str]()
    for collection, lookup in _everything(hub, warehouse, person):
        _learn_tickets(collection, lookup, person, found)
        for owner, text in _identities(collection, lookup):
            if owner in person.ids:
                found.texts.add(text)
            else:
                others.add(text.lower())
                found.ids |= {owner} if _is_named(text, person) else set()
    found.texts = {each for each in found.texts if each.lower() not in others}
    return found


def _is_named(text: str, person: Person) -> bool:
    return "@" in text and text.lower() in {each.lower() for each in person.texts}


def _learn_tickets(collection: Collection, look: Lookup, person: Person, found: Found) -> None:
    for each in collection.involvements:
        people = look(each.people)
        before = look(each.before) if each.before and people is not None else None
        ticket = _number(look(each.ticket))
        named = {_number(value) for value in (*_listed(people), *_listed(before))}
        if ticket is not None and named & person.ids:
            found.tickets.setdefault(each.owner_is, set()).add(ticket)


def _identities(collection: Collection, look: Lookup) -> Iterator[tuple[int, str]]:
    for each in collection.identities:
        owner = _number(look(each.owner))
        if owner is None or (each.unless and look(each.unless[0]) == each.unless[1]):
            continue
        for path in each.texts:
            text = look(path)
            if isinstance(text, str) and len(text.strip()) >= _SHORTEST:
                yield owner, text.strip()


def _everything(
    hub: SourceHub, warehouse: Warehouse, person: Person
) -> Iterator[tuple[Collection, Lookup]]:
    """Yield every record of the hub, row and quarantined row that may identify something."""
    relevant = [
        each for each in declared().collections.values() if each.involvements or each.identities
    ]
    ids = "|".join(map(str, sorted(person.ids)))
    theirs = re.compile(rf"(?<!\d)(?:{ids})(?!\d)".encode() if ids else rb"(?!)")
    for stream in sorted({each.stream for each in relevant}):
        # Every other record may have the same address or number.
        everybody = any(each.identities for each in declared().collections_of(stream))
        for line in records_of(hub, stream):
            yield from _objects(stream, line) if everybody or theirs.search(line) else ()
    for reject in warehouse.rejects(hub.schema):
        if reject["collection"] in declared().collections and reject["record"]:
            stream = declared().collections[reject["collection"]].stream
            yield from _objects(stream, reject["record"].encode())
    tables = [(each, each.name) for each in relevant]
    kept = with_histories(warehouse, hub.schema, relevant)  # the hub may have been pruned
    tables += [(each, name_history(each.name)) for each in kept]
    for collection, table in tables:
        yield from _rows(warehouse, hub.schema, collection, table, person)


def _objects(stream: str, line: bytes) -> Iterator[tuple[Collection, Lookup]]:
    try:
        record = decode_leniently(line, object)
    except msgspec.DecodeError:
        return
    for collection in declared().collections_of(stream):
        if collection.involvements or collection.identities:
            for around in _inside(collection.records, (record,)):
                yield collection, _Objects(around)


def _inside(steps: tuple[str, ...], around: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if not steps:
        yield around
    elif isinstance(around[0], dict):
        inner = around[0].get(Step.parse(steps[0]).name)
        items = inner if isinstance(inner, list) else [inner]
        for item in items:
            yield from _inside(steps[1:], (item, *around))


@dataclass(frozen=True)
class _Objects:
    """Values at paths of a record: itself, and the records around it."""

    around: tuple[Any, ...]

    def __call__(self, path: str) -> Any:
        place = Path.parse(path)
        return place.within(self.around[place.out] if place.out < len(self.around) else None)


def _rows(
    warehouse: Warehouse, schema: str, collection: Collection, table: str, person: Person
) -> Iterator[tuple[Collection, Lookup]]:
    """Yield the rows of a table, or only those with the person's id if no others matter.

    Columns that it lacks since an upgrade identify nothing, and nothing is read of what others made
    under its name.
    """
    present = warehouse.columns_of_ours(schema, table)
    columns = {
        c.source_path: c.name for c in collection.columns if not c.compute and c.name in present
    }
    wanted = sorted(name for path, name in columns.items() if _is_asked(collection, path))
    if not wanted:
        return
    if collection.identities:
        rows = warehouse.rows(schema, table, wanted)
    else:
        people = [each.people for each in collection.involvements]
        keys, ids = [columns[each] for each in people if each in columns], sorted(person.ids)
        rows = [row for key in keys for row in warehouse.rows(schema, table, wanted, ids, key)]
    for row in rows:
        yield collection, _Row(columns, row)


def _is_asked(collection: Collection, path: str) -> bool:
    asked = [p for each in collection.involvements for p in (each.ticket, each.people, each.before)]
    for each in collection.identities:
        asked += [each.owner, *each.texts, each.unless[0] if each.unless else ""]
    return any(p == path or p.startswith(f"{path}.") for p in asked)


@dataclass(frozen=True)
class _Row:
    """Values at paths of a record, as the columns of its row have them."""

    columns: dict[str, str]
    row: dict[str, Any]

    def __call__(self, path: str) -> Any:
        for place, name in self.columns.items():
            if path == place or path.startswith(f"{place}."):
                rest = path.removeprefix(place).removeprefix(".")
                value = self.row.get(name)
                return Path.parse(rest).within(_parsed(value)) if rest else _parsed(value)
        return None


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() else None
