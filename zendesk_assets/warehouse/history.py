"""The history of a table: `<table>_history`, a row for each state that a row of the table has had.

It follows from the batches of the hub and the order in which they were received, not from that in
which they are loaded. Each load dates anew the rows of which it knows a new state. What a load
drops because it did not differ from the state before may count after all if an older batch comes
late: `keep_history` then says so, and its caller fills the history anew. Deletions are states
(`_deleted`). Which walks of a list are complete is the hub's to know.
"""
# names are quoted by `ident`

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse import account as accounts
from zendesk_assets.warehouse import load_log
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.history_progress import begin_anew
from zendesk_assets.warehouse.history_staging import (
    drop_repeated,
    fill,
    mark_states,
    stage_walks,
)
from zendesk_assets.warehouse.history_states import WALKS, States
from zendesk_assets.warehouse.history_wipes import build_keep_content
from zendesk_assets.warehouse.our_histories import check_history
from zendesk_assets.warehouse.parts import check_presence, check_unchanged
from zendesk_assets.warehouse.relations import name_table, table_names
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.scrubs import keeps_content
from zendesk_assets.warehouse.staging import stage
from zendesk_assets.warehouse.tables import history_of, name_history
from zendesk_assets.warehouse.transaction import ensure_table

if TYPE_CHECKING:
    import duckdb

    from zendesk_assets.warehouse.warehouse import Warehouse

_ROWS_PER_TRANSACTION: Final = 20_000


@dataclass(frozen=True)
class HistoryResult:
    """What has become of a history: how many states are new, and whether it must be filled anew.

    The latter is so where a batch came late that changes what was valid before.
    """

    states: int = 0
    is_disordered: bool = False


@dataclass(frozen=True)
class Refill:
    """What a history is filled with again, in place of the states that came with it.

    It is `batches` that the hub still has, and the deletions that complete walks show which end
    with a batch of `ends`; all other states stay. One that `goes_on` was interrupted: what it had
    to forget is forgotten.
    """

    batches: frozenset[str]
    ends: frozenset[str]
    goes_on: bool = False

    @property
    def forgets(self) -> bool:
        """Return whether there is anything to forget yet."""
        return not self.goes_on


@dataclass
class _Keeping:
    """One history, and what a load of it is about."""

    warehouse: Warehouse
    schema: str
    collection: Collection
    account: AccountIdentity | None
    refill: Refill | None
    is_disordered: bool = False

    def prepare(
        self,
        group: Sequence[BatchFiles],
        walks: Sequence[CompleteWalk],
        memory: duckdb.DuckDBPyConnection,
    ) -> None:
        """Stage every state of the batches, and what the walks among them show."""
        stage(memory, self.collection, group, every_state=True)
        mark_states(memory, self.collection)
        stage_walks(memory, self.collection, walks)
        drop_repeated(memory, self.collection)
        # The table's own load counts and keeps what could not be read.
        memory.execute("UPDATE batches SET rows_in = rows_in - quarantined, quarantined = 0")
        refill = self.refill or Refill(frozenset(), frozenset())
        again = ["", *sorted(refill.batches)] if self.refill else []  # of nothing is one, too
        fill(memory, "again", "batch VARCHAR, has_walk BOOLEAN", [
            (each, each in refill.ends) for each in again
        ])  # fmt: skip

    def work(
        self,
        group: Sequence[BatchFiles],
        late: Sequence[str],
        session: Session,
        *,
        is_first: bool,
        is_last: bool,
    ) -> LoadResult:
        """Bring what is staged into the history, in one transaction.

        The first one of a refill forgets what is loaded again: until it is committed, no state is
        lost. Until the last one is, the history says that it is being filled again.
        """
        now, name = self.warehouse.clock.now(), name_history(self.collection.name)
        for table in ("incoming", "batches", "again", *WALKS):
            session.bring(table, self.collection if table == "incoming" else None)
        load_log.ensure_load_log(session, self.schema)
        if self.account is not None:
            accounts.admit(session, self.schema, self.account, now)
        check_history(session, self.schema, self.collection)
        forgets = is_first and self.refill is not None and self.refill.forgets
        if forgets:
            begin_anew(session, self.schema, self.collection)
        is_refilling = self.refill is not None and not is_last
        relation = history_of(self.collection, is_refilling=is_refilling)
        ensure_table(session, self.schema, relation)
        states = _states(session, self.schema, self.collection)
        if forgets:
            session.change(states.forget())
        _observe(session, states, everything=forgets)
        counts = session.ask(states.count_new())
        _write(session, states, now)
        load_log.record_loads(session, self.schema, name, now, counts)
        ((self.is_disordered,),) = session.ask(states.is_disordered(), [list(late)])
        check_unchanged(group)
        return LoadResult(inserted=sum(row[1] for row in counts))


def keep_history(
    warehouse: Warehouse,
    schema: str,
    collection: Collection,
    batches: Iterable[BatchFiles],
    *,
    walks: Sequence[CompleteWalk] = (),
    refill: Refill | None = None,
    account: AccountIdentity | None = None,
    rows_per_transaction: int = _ROWS_PER_TRANSACTION,
) -> HistoryResult:
    """Bring the states that batches show into the history of a table.

    `batches` are all that it lacks, and those of the complete `walks` that end with one of them. A
    batch without parts only counts as loaded. With a `refill`, what it forgets is forgotten first,
    and that it was loaded; all other states stay, with the columns that the history is to have now.
    Raises CorruptPartError, ForeignHistoryError, OtherAccountError, ReplacedPartError or
    WarehouseError.
    """
    keeping, result = _Keeping(warehouse, schema, collection, account, refill), HistoryResult()
    name = name_history(collection.name)
    ordered = sorted(batches, key=lambda each: (each.received_at, each.batch_id))
    check_presence(ordered)
    late = _find_late(warehouse, schema, name, ordered)
    groups = list(_grouped(ordered, walks, rows_per_transaction))
    groups += [([], [])] if refill and not groups else []
    for number, (group, of_group) in enumerate(groups, 1):
        done = warehouse.write(
            schema,
            name,
            partial(keeping.prepare, group, of_group),
            partial(keeping.work, group, late, is_first=number == 1, is_last=number == len(groups)),
        )
        result = HistoryResult(
            result.states + done.inserted, result.is_disordered or keeping.is_disordered
        )
    return result


def _find_late(
    warehouse: Warehouse, schema: str, name: str, batches: Sequence[BatchFiles]
) -> list[str]:
    """Return the ids of the batches that were received before one that is in the history."""
    if not batches:
        return []
    query = "SELECT batch_id, received_at FROM {} WHERE collection = $1 AND received_at >= $2"
    found = warehouse.ask(schema, "_loads", query, [name, batches[0].received_at], needs=name)
    loaded = {row[0]: row[1] for row in found}
    newest = max(((received, each) for each, received in loaded.items()), default=None)
    return [
        each.batch_id
        for each in batches
        if newest and each.batch_id not in loaded and (each.received_at, each.batch_id) < newest
    ]


def _grouped(
    batches: Sequence[BatchFiles], walks: Sequence[CompleteWalk], size: int
) -> Iterator[tuple[list[BatchFiles], list[CompleteWalk]]]:
    """Yield the batches in groups of about `size` records, and the walks that each has whole."""
    ends = {each.batch_id: at for at, each in enumerate(batches)}
    spans = [sorted(ends[each] for each in walk.batches) for walk in walks]
    inside = {at for span in spans for at in range(span[0], span[-1])}
    group: list[BatchFiles] = []
    for at, batch in enumerate(batches):
        group.append(batch)
        is_full = sum(each.records for each in group) >= size and at not in inside
        if is_full or at == len(batches) - 1:
            ids = {each.batch_id for each in group}
            yield group, [walk for walk in walks if walk.last in ids]
            group = []


def _states(session: Session, schema: str, collection: Collection) -> States:
    has_table = collection.name in table_names(session, schema)
    return States(
        collection,
        name_table(session, schema, name_history(collection.name)),
        name_table(session, schema, collection.name) if has_table else "",
        session.dialect,
    )


def _observe(session: Session, states: States, *, everything: bool) -> None:
    """Leave the states of the rows that are concerned, or of all, in `dated`."""
    has_walks = bool(session.ask("SELECT 1 FROM walks LIMIT 1"))
    session.change(states.drop_known())
    session.change(states.observe(everything=everything or has_walks))
    if has_walks:
        session.change(states.observe_gone())
        _drop_unconfirmed(session, states)
    session.change(states.chain())
    session.change(states.date_states())


def _drop_unconfirmed(session: Session, states: States) -> None:
    """Disbelieve the walks that show less than half, one after the other."""
    seen: set[str] = set()
    while suspects := {row[0] for row in session.ask(states.find_suspects())} - seen:
        seen |= suspects
        session.change(states.drop_unconfirmed(), [sorted(suspects)])


def _write(session: Session, states: States, now: datetime) -> None:
    """Write what has changed; what is gone is read from the states that are there before that."""
    session.change(states.insert_gone(), [now])
    session.change(states.insert_seen(), [now])
    session.change(states.delete_superfluous())
    session.change(states.update_validity(), [now])
    if keeps_content(states.collection):
        session.change(build_keep_content(states.collection, states.table), [now])
