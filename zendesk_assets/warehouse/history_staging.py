"""What a history needs in memory before its transaction: states of batches, and complete walks."""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.rows import ordinals
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.tables import ERROR

if TYPE_CHECKING:
    import duckdb


def mark_states(memory: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Give each staged row its place in its batch, and a digest of what makes it a state."""
    content = [*(each.name for each in collection.columns), "_unknown"]
    values = ", ".join(f"{literal(name)}: {ident(name)}" for name in content)
    memory.execute(
        'CREATE OR REPLACE TEMP TABLE incoming AS SELECT *, row_number() OVER (PARTITION BY '
        f'"_batch_id" ORDER BY {listing(ordinals(collection))}) AS _place, '
        f"md5(CAST(to_json({{{values}}}) AS VARCHAR)) AS _digest FROM incoming"
    )  # fmt: skip


def stage_walks(
    memory: duckdb.DuckDBPyConnection, collection: Collection, walks: Sequence[CompleteWalk]
) -> None:
    """Stage the walks with the keys that each shows; one with an unreadable row shows nothing."""
    read = memory.execute("SELECT DISTINCT batch_id FROM rejects WHERE severity = $1", [ERROR])
    unreadable = {row[0] for row in read.fetchall()}
    believed = [
        each
        for each in sorted(walks, key=lambda each: each.started)
        if not each.batches & unreadable and (collection.parent_columns or not each.unread)
    ]
    fill(memory, "walks", "walk BIGINT, last VARCHAR, started TIMESTAMPTZ", [
        (at, each.last, each.started) for at, each in enumerate(believed)
    ])  # fmt: skip
    fill(memory, "unread", "walk BIGINT, parent VARCHAR", [
        (at, parent) for at, each in enumerate(believed) for parent in each.unread
    ])  # fmt: skip
    fill(memory, "walked", "walk BIGINT, batch VARCHAR", [
        (at, batch) for at, each in enumerate(believed) for batch in each.batches
    ])  # fmt: skip
    memory.execute(
        f"CREATE TEMP TABLE shown AS SELECT DISTINCT walk, {listing(collection.primary_key)} "
        'FROM incoming JOIN walked ON batch = "_batch_id"'
    )


def fill(
    memory: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Make a temporary table with these columns and rows."""
    memory.execute(f"CREATE TEMP TABLE {name} ({columns})")
    if rows:
        marks = ", ".join(f"unnest(${at})" for at in range(1, len(rows[0]) + 1))
        columns_of = [list(each) for each in zip(*rows, strict=True)]
        memory.execute(f"INSERT INTO {name} SELECT {marks}", columns_of)


def drop_repeated(memory: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Drop the staged rows that do not differ from the one before, if no walk was in between."""
    order = [*([collection.version] if collection.is_versioned else []), "received_at"]
    by = ", ".join(f"{ident(name)} ASC NULLS FIRST" for name in (*order, "_batch_id", "_place"))
    window = f"(PARTITION BY {listing(collection.primary_key)} ORDER BY {by})"
    same = " AND ".join(
        f"lag({name}) OVER {window} IS NOT DISTINCT FROM {name}" for name in ("_digest", "_deleted")
    )
    walks = memory.execute("SELECT count(*) FROM walks").fetchall()[0][0]
    near = f' AND "~walk" - lag("~walk") OVER {window} BETWEEN 0 AND 1' if walks else ""
    memory.execute(
        'DELETE FROM incoming WHERE rowid IN (SELECT "~row" FROM ('
        'SELECT r.*, r.rowid AS "~row", w.walk AS "~walk" '
        'FROM incoming AS r LEFT JOIN walked AS w ON w.batch = r."_batch_id") '
        f"QUALIFY {same}{near})"
    )
