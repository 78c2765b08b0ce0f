"""Erase one person from one source: hub first, tables second, then what engines keep of old rows.

In this order a load that runs meanwhile is noticed: what it read before is replaced, and it
begins again, or it is in the table by the time that is looked at. What is wiped is the catalog's to
say (`rules`), and what else is the person's `identify`'s.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Self

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure.identify import identify
from zendesk_assets.erasure.rules import record_eraser
from zendesk_assets.errors import (
    CorruptManifestError,
    CorruptPartError,
    MissingFileError,
    WarehouseError,
    WarehouseLockedError,
)
from zendesk_assets.hub import (
    PendingErasure,
    RecordEraser,
    SourceHub,
    erase_from_aside,
    erase_from_batch,
)
from zendesk_assets.warehouse import (
    Traces,
    Warehouse,
    erase_history,
    find_in_history,
    find_traces,
    name_history,
    with_histories,
)
from zendesk_assets.warehouse import erase as erase_rows

# What was begun longer ago and never committed is abandoned.
_BEING_WRITTEN: Final = timedelta(hours=1)
# Batches that land while this is at work are looked at too; each pass is shorter than the last.
_PASSES: Final = 20


@dataclass
class Erased:
    """What was looked at in a source and what was found there, by stream and by table."""

    schema: str
    looked_at: dict[str, int] = field(default_factory=dict)  # records in the hub, by stream
    batches: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    found_in: dict[str, int] = field(default_factory=dict)  # batches
    aside: int = 0
    abandoned: int = 0
    being_written: int = 0
    rows_looked_at: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    quarantined_looked_at: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    learnt: tuple[str, ...] = ()
    ids_of_texts: tuple[int, ...] = ()
    in_snapshots_until: datetime | None = None

    @property
    def is_found(self) -> bool:
        """Return whether anything of the person was there."""
        counts = (self.found, self.rows, self.quarantined)
        return bool(self.aside or any(sum(each.values()) for each in counts))

    def add(self, later: Self) -> None:
        """Add what a later look at the same source found; what it looked at is what is there."""
        self.looked_at, self.batches = later.looked_at, later.batches
        self.rows_looked_at = later.rows_looked_at
        for mine, theirs in (
            (self.found, later.found),
            (self.found_in, later.found_in),
            (self.rows, later.rows),
            (self.quarantined, later.quarantined),
        ):
            mine |= {name: mine.get(name, 0) + count for name, count in theirs.items()}
        self.aside += later.aside
        self.abandoned += later.abandoned
        self.being_written = later.being_written
        self.in_snapshots_until = later.in_snapshots_until
        self.troubles = list(dict.fromkeys([*self.troubles, *later.troubles]))


def erase_from_source(
    hub: SourceHub,
    warehouse: Warehouse,
    person: Person,
    clock: Callable[[], datetime],
    *,
    apply: bool,
) -> Erased:
    """Return where the person is in a source; with `apply`, erase them there.

    If it is killed at any moment, the same call finishes it. Run one at a time.

    Raises:
        HubError, WarehouseError: if nothing can be read at all.
    """
    done = Erased(hub.schema)
    with _known(hub, warehouse, person, clock, done, apply=apply) as whole:
        erasers = {
            name: record_eraser(declared().streams[name], whole) for name in declared().streams
        }
        _in_hub(hub, erasers, clock, done, apply=apply)
        _in_tables(warehouse, hub.schema, whole, erasers, done, apply=apply)
        if apply:
            try:
                tables = declared().collections
                kept = with_histories(warehouse, hub.schema, tables.values())
                histories = [name_history(each.name) for each in kept]
                done.in_snapshots_until = warehouse.forget_old_bytes(
                    hub.schema, [*tables, *histories]
                )
            except WarehouseError as error:
                done.troubles.append(str(error))
    return done


@contextmanager
def _known(
    hub: SourceHub,
    warehouse: Warehouse,
    person: Person,
    clock: Callable[[], datetime],
    done: Erased,
    *,
    apply: bool,
) -> Iterator[Person]:
    """Yield the person with all that is theirs; it is remembered until the block has ended well."""
    found = identify(hub, warehouse, person)
    whole, pending = found.added_to(person), hub.erasures.pending()
    name = _name(person)
    if name in pending:
        before = pending[name]
        whole = Person(
            whole.ids,
            tuple(dict.fromkeys((*whole.texts, *before.texts))),
            whole.requested | set(before.requested),
            whole.shared | set(before.shared),
        )
    done.learnt = tuple(each for each in whole.texts if each not in person.texts)
    done.ids_of_texts = tuple(sorted(found.ids))
    if apply:
        hub.erasures.begin(name, _as_pending(whole, clock()))
    yield whole
    if apply and not done.troubles:
        hub.erasures.end(name)
    done.troubles += [
        f"An erasure that was begun on {each.begun:%Y-%m-%d} has not ended: run it again with the "
        "same options."
        for key, each in pending.items()
        if key != name
    ]


def _name(person: Person) -> str:
    asked = json.dumps([sorted(person.ids), sorted(person.texts)])
    return f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"


def _as_pending(person: Person, now: datetime) -> PendingErasure:
    return PendingErasure(
        begun=now,
        ids=tuple(sorted(person.ids)),
        texts=person.texts,
        requested=tuple(sorted(person.requested)),
        shared=tuple(sorted(person.shared)),
    )


def _in_hub(
    hub: SourceHub,
    erasers: dict[str, RecordEraser],
    clock: Callable[[], datetime],
    done: Erased,
    *,
    apply: bool,
) -> None:
    for name, eraser in erasers.items():
        if apply:
            _remove_abandoned(hub, name, clock(), done)
        seen: set[str] = set()
        for _ in range(_PASSES):
            new = [batch for batch in hub.batches(name) if batch.folder not in seen]
            if not new:
                break
            for batch in new:
                seen.add(batch.folder)
                try:
                    _count(done, name, erase_from_batch(hub, batch, eraser, clock(), apply=apply))
                except MissingFileError:  # set aside or pruned meanwhile
                    continue
                except (CorruptPartError, CorruptManifestError) as error:
                    done.troubles.append(f"{error} Repair it, and erase again.")
        done.aside += erase_from_aside(hub, name, eraser, apply=apply)
        done.being_written += len(hub.abandoned(name, clock()))


def _count(done: Erased, stream: str, counts: tuple[int, int]) -> None:
    found, total = counts
    for figures, number in (
        (done.looked_at, total),
        (done.batches, 1),
        (done.found, found),
        (done.found_in, bool(found)),
    ):
        figures[stream] = figures.get(stream, 0) + number


def _remove_abandoned(hub: SourceHub, stream: str, now: datetime, done: Erased) -> None:
    """Remove what a crash left: nothing reads it, and it may hold anybody's data."""
    for folder in hub.abandoned(stream, now - _BEING_WRITTEN):
        hub.remove_abandoned(folder)
        done.abandoned += 1


def _in_tables(
    warehouse: Warehouse,
    schema: str,
    person: Person,
    erasers: dict[str, RecordEraser],
    done: Erased,
    *,
    apply: bool,
) -> None:
    done.quarantined_looked_at = len(warehouse.rejects(schema))
    # A look takes no turn. What erases has to, so that a load that is at work ends before it.
    look = _each_in_turn if apply else _all_at_once
    for name, traces in look(warehouse, schema, person, erasers):
        if isinstance(traces, WarehouseError):  # it may quote what was looked for
            done.troubles.append(f"{schema}.{name}: {person.in_text(str(traces))}")
            continue
        rows, rejects = len(traces.rows), len(traces.rejects)
        done.rows_looked_at |= {name: traces.looked_at} if traces.looked_at else {}
        done.rows |= {name: rows} if rows else {}
        done.quarantined |= {name: rejects} if rejects else {}


def _each_in_turn(
    warehouse: Warehouse, schema: str, person: Person, erasers: dict[str, RecordEraser]
) -> Iterator[tuple[str, Traces | WarehouseError]]:
    """Erase the person from each table, and yield what it had of them, or why it could not."""
    tables = declared().collections
    works: dict[str, Callable[[], Traces]] = {
        name: partial(erase_rows, warehouse, schema, each, person, erasers[each.stream].erase)
        for name, each in tables.items()
    }
    for each in with_histories(warehouse, schema, tables.values()):
        works[name_history(each.name)] = partial(erase_history, warehouse, schema, each, person)
    for name, work in works.items():
        try:
            yield name, work()
        except WarehouseLockedError as error:  # each of the others would wait as long
            yield name, error
            return
        except WarehouseError as error:
            yield name, error


def _all_at_once(
    warehouse: Warehouse, schema: str, person: Person, erasers: dict[str, RecordEraser]
) -> Iterator[tuple[str, Traces | WarehouseError]]:
    """Yield what each table has of the person, or why that cannot be seen.

    The warehouse is opened once, and again after a fault, which ends a transaction.
    """
    looks: list[tuple[str, Callable[..., Traces]]] = []
    for name, each in declared().collections.items():
        asked: dict[str, Any] = {"schema": schema, "collection": each, "person": person}
        erase_record = erasers[each.stream].erase
        looks += [
            (name, partial(find_traces, **asked, erase_record=erase_record)),
            (name_history(name), partial(find_in_history, **asked)),
        ]
    while looks:
        left, name = len(looks), ""
        try:
            with warehouse.reading() as session:
                while looks and session is not None:
                    name, look = looks.pop(0)
                    yield name, look(session)
                looks.clear()
        except WarehouseError as error:
            if len(looks) == left:  # it cannot be opened at all
                raise
            yield name, error
