"""What a DuckLake needs from time to time: few large files, and no snapshots that nobody asks for.

It runs while nobody writes. Readers go on; one that began before may read the files it knows for an
hour more, unless somebody has to be forgotten at once.
https://ducklake.select/docs/stable/duckdb/maintenance/recommended_maintenance
"""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from duckdb import DuckDBPyConnection

from zendesk_assets.errors import WarehouseError

_READERS: Final = timedelta(hours=1)
# What a killed writer left; somebody else's writer may be at work on what is younger.
_ORPHANS: Final = timedelta(days=1)
# Files are rewritten when more than this part of their rows is gone.
_GONE: Final = 0.1
# The least and greatest text of each column, whoever wrote it: only searches use it.
_FORGET_STATISTICS: Final = """
UPDATE __ducklake_metadata_warehouse.ducklake_table_column_stats AS s
SET min_value = NULL, max_value = NULL WHERE column_id IN (
    SELECT column_id FROM __ducklake_metadata_warehouse.ducklake_column AS c
    WHERE c.table_id = s.table_id AND c.column_type IN ('varchar', 'json'))
"""
# The tables of a catalog that have them.
OF_CATALOG: Final = ("public.ducklake_file_column_stats", "public.ducklake_table_column_stats")
# While somebody reads, the log keeps what they may ask for.
_REWRITE: Final = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], timeout=float(sys.argv[2]))
file.execute("VACUUM")
(busy, *_), = file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
sys.exit("somebody reads it" if busy else 0)
"""


def tidy(connection: DuckDBPyConnection, now: datetime, keep: timedelta) -> dict[str, int]:
    """Merge files, expire snapshots older than `keep`, remove what is in none; return how many.

    The counts are of `merged` files, `expired` snapshots, and `removed` files. With nothing to be
    kept, the catalog forgets which texts the tables had.
    """

    def call(function: str, option: str) -> list[Any]:
        return connection.execute(f"CALL ducklake_{function}('warehouse'{option})").fetchall()

    merged = call("rewrite_data_files", f", delete_threshold => {_GONE if keep else 0.0}")
    merged += call("merge_adjacent_files", "")
    # The newest is always kept.
    expired = call("expire_snapshots", _before(now - keep) if keep else ", older_than => now()")
    spare = _before(now - _READERS) if keep else ", cleanup_all => true"
    removed = call("cleanup_old_files", spare)
    removed += call("delete_orphaned_files", _before(now - _ORPHANS))
    if not keep:
        connection.execute(_FORGET_STATISTICS)
    files = sum(int(row[2]) for row in merged)  # of each table
    return {"merged": files, "expired": len(expired), "removed": len(removed)}


def rewrite_file(catalog: Path, seconds: float) -> None:
    """Rewrite what an SQLite file keeps of deleted rows, after `seconds` of waiting for readers.

    In a process of its own: Python's SQLite would release the locks that DuckDB's has in this one,
    and another process could cut off what that has mapped
    (https://www.sqlite.org/howtocorrupt.html, section 2.2.1). Raises WarehouseError.
    """
    command = [sys.executable, "-I", "-c", _REWRITE, str(catalog), str(seconds)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 # ours
    if ended.returncode:
        _, _, said = ended.stderr.strip().rpartition("\n")
        raise WarehouseError(f"{catalog} could not be rewritten ({said}): run this again later.")


def _before(moment: datetime) -> str:
    return f", older_than => TIMESTAMPTZ '{moment.isoformat()}'"
