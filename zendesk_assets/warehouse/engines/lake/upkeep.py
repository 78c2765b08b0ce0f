"""What a DuckLake needs from time to time: few large files, and no snapshots that nobody asks for.

It runs while nobody writes. Readers go on; one that began before may read the files it knows for an
hour more, unless somebody has to be forgotten at once.
https://ducklake.select/docs/stable/duckdb/maintenance/recommended_maintenance
"""
# names and moments are ours

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from zendesk_assets import postgres

_READERS: Final = timedelta(hours=1)
# What a killed writer left; somebody else's writer may be at work on what is younger.
_ORPHANS: Final = timedelta(days=1)
# Files are rewritten when more than this part of their rows is gone.
_GONE: Final = 0.1
# The least and greatest text of each column, whoever wrote it: only searches use it.
_FORGET_STATISTICS: Final = """
UPDATE {0}.ducklake_table_column_stats SET min_value = NULL, max_value = NULL
WHERE column_id IN (SELECT column_id FROM {0}.ducklake_column AS c WHERE c.table_id =
    ducklake_table_column_stats.table_id AND c.column_type IN ('varchar', 'json'))
"""
_OF_CATALOG: Final = ("ducklake_file_column_stats", "ducklake_table_column_stats")


def tidy(connection: duckdb.DuckDBPyConnection, now: datetime, keep: timedelta) -> dict[str, int]:
    """Merge files, expire snapshots older than `keep`, remove what is in none; return how many.

    The counts are of `merged` files, `expired` snapshots, and `removed` files.
    """
    at_once = not keep
    share = 0.0 if at_once else _GONE
    merged = [
        *_call(connection, "rewrite_data_files", f"delete_threshold => {share}"),
        *_call(connection, "merge_adjacent_files"),
    ]
    # The newest is always kept.
    old = "older_than => now()" if at_once else _before(now - keep)
    expired = _call(connection, "expire_snapshots", old)
    spare = "cleanup_all => true" if at_once else _before(now - _READERS)
    removed = [
        *_call(connection, "cleanup_old_files", spare),
        *_call(connection, "delete_orphaned_files", _before(now - _ORPHANS)),
    ]
    files = sum(int(row[2]) for row in merged)  # of each table
    return {"merged": files, "expired": len(expired), "removed": len(removed)}


def forget_statistics(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the catalog forget which texts the tables had."""
    schema = "__ducklake_metadata_warehouse"
    connection.execute(_FORGET_STATISTICS.format(schema))


def rewrite_catalog(catalog: Path | str) -> None:
    """Rewrite what the catalog keeps of rows that it has deleted."""
    if isinstance(catalog, Path):
        with closing(sqlite3.connect(catalog, timeout=30)) as file:
            file.execute("VACUUM")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with postgres.connect(catalog, "zendesk-assets") as connection:
        for table in _OF_CATALOG:
            connection.execute(f"VACUUM (FULL) public.{table}".encode())


def _before(moment: datetime) -> str:
    return f"older_than => TIMESTAMPTZ '{moment.isoformat()}'"


def _call(connection: duckdb.DuckDBPyConnection, function: str, option: str = "") -> list[Any]:
    arguments = ", ".join(each for each in ("'warehouse'", option) if each)
    return connection.execute(f"CALL ducklake_{function}({arguments})").fetchall()
