"""`_rejects`: the rows, lines and values that could not be read, and what becomes of them.

It is not upserted by a key: it has none. One record may be rejected several times in one line of a
part (children without an id, for the same reason), so the lines of a batch are replaced together.
"""
# ruff: noqa: S608  # names are quoted by `name_table`

from datetime import datetime
from typing import Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.relations import look_at, name_table
from zendesk_assets.warehouse.scrubs import build_wiped, keeps_content
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.tables import ERROR, LOAD_LOG, WARNING
from zendesk_assets.warehouse.upsert import OLDEST

_SEEN, _SUPERSEDED = "rejects_seen", "rejects_superseded"
_STAGED = "batch_id IN (SELECT batch_id FROM batches)"


def record_rejects(session: Session, schema: str, collection: str, now: datetime) -> bool:
    """Replace the rejects of the staged batches by those that are staged.

    What was rejected before for the same reason keeps the moment when it was first seen. It returns
    False if the collection has no rejects, neither staged nor before.
    """
    log = name_table(session, schema, "_rejects")
    if not session.ask(
        f"SELECT 1 FROM rejects UNION ALL SELECT 1 FROM {log} WHERE collection = $1 LIMIT 1",
        [collection],
    ):
        return False
    seen = (
        f"SELECT {_identity('o')} AS identity, reason, "
        f"min(coalesce(first_seen, rejected_at)) AS first_seen FROM {log} AS o "
        "WHERE collection = $1 GROUP BY 1, 2"
    )
    session.change(session.dialect.temporary.format(_SEEN, seen), [collection])
    session.change(f"DELETE FROM {log} WHERE collection = $1 AND {_STAGED}", [collection])
    session.change(
        f"INSERT INTO {log} ({listing(LOAD_LOG['_rejects'].columns)})\n"
        "SELECT r.batch_id, $1, r.line, r.part, r.primary_key, r.reason, r.record, $2, r.version, "
        f"r.received_at, coalesce(s.first_seen, $2), r.severity FROM rejects AS r "
        f"LEFT JOIN {_SEEN} AS s ON s.identity = {_identity('r')} AND s.reason = r.reason "
        "ORDER BY 1, 4, 3",
        [collection, now],
    )
    return True


def drop_superseded(session: Session, schema: str, collection: Collection, table: str) -> None:
    """Drop the rejects that a newer state of their row has settled, those of this load too.

    Warnings as well as errors: a newer rejected state of the same row, where a version that cannot
    be read counts as the moment it was received; or a newer good one, in this load or in the table.
    (A row that has not changed keeps the moment when it was first received, so the table alone does
    not show it.) Where wiped content is kept, a wiped state settles nothing. What is dropped is
    counted in `_loads`.
    """
    log, loads = (name_table(session, schema, name) for name in ("_rejects", "_loads"))
    name = [collection.name]
    good = "".join(
        f"\nOR EXISTS (SELECT 1 FROM {rows} AS o WHERE {_key(collection)} = r.primary_key "
        f"AND {_is_newer(collection)})"
        for rows in ("incoming", table)
    )
    superseded = (
        f"WITH held AS (SELECT {_place('l')} AS id, batch_id, part, line, primary_key, reason, "
        f"record, version, severity, coalesce(received_at, rejected_at, {OLDEST}) AS received_at "
        f"FROM {log} AS l WHERE collection = $1),\n"
        f"r AS (SELECT held.*, rank() OVER (PARTITION BY {_identity('held')} ORDER BY "
        "coalesce(version, received_at) DESC, received_at DESC, coalesce(batch_id, '') DESC, "
        "coalesce(part, '') DESC, coalesce(line, 0) DESC) AS place FROM held)\n"
        f"SELECT id, batch_id, severity FROM r WHERE place > 1{good}"
    )
    session.change(session.dialect.temporary.format(_SUPERSEDED, superseded), name)
    session.change(
        f"UPDATE {loads} AS l SET superseded = coalesce(l.superseded, 0) + s.n FROM (SELECT "
        f"batch_id, count(*) AS n FROM {_SUPERSEDED} WHERE {costs_row()} GROUP BY 1) AS s "
        "WHERE l.collection = $1 AND l.batch_id = s.batch_id",
        name,
    )
    settled = f"{_place('l')} IN (SELECT id FROM {_SUPERSEDED})"
    session.change(f"DELETE FROM {log} AS l WHERE collection = $1 AND {settled}", name)


def read_rejects(session: Session, schema: str) -> list[dict[str, Any]]:
    """Return the rejects of a schema, oldest first; nothing if there are none yet."""
    present, names = look_at(session, schema, "_rejects").types, LOAD_LOG["_rejects"].columns
    known = [name for name in names if name in present]
    if not known:
        return []
    rows = session.ask(
        f"SELECT {listing(known)} FROM {name_table(session, schema, '_rejects')} "
        "ORDER BY rejected_at, collection, batch_id, part, line"
    )
    nothing: dict[str, Any] = dict.fromkeys(names)
    found = [{**nothing, **dict(zip(known, row, strict=True))} for row in rows]
    return [{**each, "severity": each["severity"] or ERROR} for each in found]


def knows_warnings(session: Session, schema: str) -> bool:
    """Return whether `_rejects` has severities; an older one has them after its next load."""
    return "severity" in look_at(session, schema, "_rejects").types


def count_warnings(session: Session, schema: str, name: str, *, staged: bool = False) -> int:
    """Return how many rows of a table lack a value, all or those of the staged batches."""
    if not knows_warnings(session, schema):
        return 0
    query = (
        f"SELECT count(*) FROM {name_table(session, schema, '_rejects')} "
        f"WHERE collection = $1 AND severity = $2{f' AND {_STAGED}' if staged else ''}"
    )
    return int(session.ask(query, [name, WARNING])[0][0])


def costs_row(*, graded: bool = True) -> str:
    """Return the condition that a reject is a row that stayed out, not one that lacks a value.

    Where rejects are not `graded` yet, all are such rows.
    """
    return f"coalesce(severity, {literal(ERROR)}) <> {literal(WARNING)}" if graded else "true"


def _identity(table: str) -> str:
    """Return SQL for what a reject is about: its key, or the record itself where it has none."""
    record = f"md5(concat({table}.reason, chr(10), {table}.record))"
    return f"coalesce({table}.primary_key, ':' || {record})"


def _place(table: str) -> str:
    """Return SQL for where a reject is: the same for those that are settled together only."""
    parts = ", '/', ".join(f"{table}.{each}" for each in ("batch_id", "part", "line", "version"))
    return f"md5(concat({parts}, '/', {_identity(table)}))"


def _key(collection: Collection) -> str:
    """Return SQL for the key of the row `o` as rejects have it."""
    texts = [f"CAST(o.{ident(name)} AS VARCHAR)" for name in collection.primary_key]
    return texts[0] if len(texts) == 1 else f"CAST(to_json(ARRAY[{', '.join(texts)}]) AS VARCHAR)"


def _is_newer(collection: Collection) -> str:
    """Return the condition that the good row `o` is newer than the reject `r`."""
    version = f"coalesce(o.{ident(collection.version)}, {OLDEST})"
    received = f"coalesce(o.received_at, {OLDEST})"
    kept = f" AND NOT {build_wiped(collection.scrub, 'o')}" if keeps_content(collection) else ""
    # Equal versions that were received at once: the later batch is what the table keeps.
    batches = [f"coalesce({each}, '') COLLATE \"C\"" for each in ('o."_batch_id"', "r.batch_id")]
    return (
        f"CASE WHEN r.version IS NULL THEN {received} > r.received_at "
        f"ELSE ({version}, {received}, {batches[0]}) "
        f"> (r.version, r.received_at, {batches[1]}) END{kept}"
    )
