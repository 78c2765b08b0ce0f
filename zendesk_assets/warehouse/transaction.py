"""What happens inside the transaction of a load, whatever the engine.

The caller opens, commits and locks. The SQL is built elsewhere; this is its order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection, Window
from zendesk_assets.warehouse import account, load_log, reject_log, retyping, tables
from zendesk_assets.warehouse.absence import CompleteWalk, mark_absent, mark_outdated
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.relations import (
    Present,
    count_rows,
    ensure,
    find_ours,
    look_at,
    name_table,
)
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.scrubs import keeps_content, leaves_tombstones
from zendesk_assets.warehouse.upsert import Counts, Upsert


def run(
    session: Session,
    schema: str,
    collection: Collection,
    now: datetime,
    *,
    reload: bool,
    whose: AccountIdentity | None = None,
    walk: CompleteWalk | None = None,
    covered: Sequence[Window] = (),
) -> LoadResult:
    """Upsert what is staged and write the load log; return the counts.

    What is staged is a complete `walk` where one is given: other rows are deleted at the source.
    What is staged has `covered` these windows: forecasts for them that it lacks are deleted too.

    Raises:
        OtherAccountError: if another account than `whose` fills the schema.
    """
    for staged in _staged(collection):
        session.bring(staged, collection if staged == "incoming" else None)
    load_log.ensure_load_log(session, schema)
    if whose is not None:
        account.admit(session, schema, whose, now)
    present = ensure_table(session, schema, tables.relation_of(collection))
    table = name_table(session, schema, collection.name)
    if not reload:
        load_log.drop_stale(session, schema, collection.name, _staged(collection))
    _mark_incoming(session, schema, collection)
    counts = session.merge(_upsert(table, collection, present), now)
    marked = load_log.mark(session, schema, collection, table, now)
    warnings = 0
    if _write_load_log(session, schema, collection, now, counts):
        reject_log.drop_superseded(session, schema, collection, table)
        warnings = reject_log.count_warnings(session, schema, collection.name, staged=True)
    if collection.due:
        marked += mark_outdated(session, collection, table, covered, now)
    result = _result(session, table, marked, warnings, counts)
    if walk is None:
        return result
    absent, withheld = mark_absent(session, schema, collection, table, walk, now)
    return result + LoadResult(deleted=absent, withheld=withheld, total=result.total)


def _staged(collection: Collection) -> dict[str, str]:
    """Return the staged tables, with the column of each that has the batch."""
    stones = {"tombstones": "batch_id"} if leaves_tombstones(collection) else {}
    return {"incoming": "_batch_id", "rejects": "batch_id", "batches": "batch_id", **stones}


def ensure_table(session: Session, schema: str, relation: tables.Relation) -> dict[str, str]:
    """Create a table of ours or add what it lacks; return the types of its columns.

    Raises:
        WarehouseError: if it is not ours, or has columns of another type.
    """
    name, table = relation.name, name_table(session, schema, relation.name)
    found = find_ours(session, schema, name, relation.columns)
    if retyping.set_aside_old_types(session, table, relation, found.types):
        found = look_at(session, schema, name)
    if session.dialect.folds_case:  # the catalog's names are in small letters
        types = {fold(column): kind for column, kind in found.types.items()}
        found = Present(types, found.comments)
    changed = tables.find_changed_types(session.dialect.fields(relation.fields), found.types)
    if changed:
        raise WarehouseError(
            f"The table {schema}.{name} has columns of another type ({'; '.join(changed)}): "
            f"rename the table (ALTER TABLE {table} RENAME TO …) and load it again; what the hub "
            "has is then in the new one, and the old one keeps the rest."
        )
    return ensure(session, schema, relation, found)


def _upsert(table: str, collection: Collection, present: Iterable[str]) -> Upsert:
    scrubbed = ("_scrubbed",) if collection.scrub else ()
    content = (*(each.name for each in collection.columns), "_deleted", "_unknown", *scrubbed)
    keep = collection.scrub if keeps_content(collection) else None
    upsert = Upsert(
        table,
        collection.primary_key,
        content,
        collection.version if collection.is_versioned else None,
        keep=keep,
        restamped=collection.comes_whole or bool(collection.due),
    )
    return upsert.beside(present)


def _mark_incoming(session: Session, schema: str, collection: Collection) -> None:
    """Keep the staged tombstones, and mark the staged rows that one deletes."""
    if leaves_tombstones(collection):
        load_log.record_tombstones(session, schema, collection.name)
        load_log.mark(session, schema, collection, "incoming")


def _write_load_log(
    session: Session, schema: str, collection: Collection, now: datetime, counts: Counts
) -> bool:
    """Write what became of the rows; return whether the collection has rejects."""
    has_rejects = reject_log.record_rejects(session, schema, collection.name, now)
    load_log.record_loads(session, schema, collection.name, now, counts)
    return has_rejects


def _result(session: Session, table: str, marked: int, warnings: int, counts: Counts) -> LoadResult:
    ((batches, rows_in, quarantined),) = session.ask(
        "SELECT count(*), coalesce(sum(rows_in), 0)::BIGINT, "
        "coalesce(sum(quarantined), 0)::BIGINT FROM batches"
    )
    inserted, updated, deleted = (sum(row[at] for row in counts) for at in (1, 2, 3))
    return LoadResult(
        batches,
        rows_in,
        inserted,
        updated,
        rows_in - inserted - updated - quarantined,
        deleted + marked,
        quarantined,
        # Slow counting is done once at the end, not in each transaction of a load.
        count_rows(session, table) if session.dialect.counts_at_once else 0,
        warnings,
    )
