"""Rewrite a DuckDB file, so that nothing is in its bytes that is not in its tables.

DuckDB does not overwrite freed blocks, not even after CHECKPOINT and VACUUM. A copy has only what
exists now. Everything in the file is copied, also what is not ours; where the copy would lack
anything, the file stays as it is.
"""
# ruff: noqa: S608  # no value comes from outside

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.storage.durable import rename_durably
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.duckdb.file import DuckDBFile
from zendesk_assets.warehouse.engines.duckdb.putting_back import forget
from zendesk_assets.warehouse.sql import literal, qualified

_COPY: Final = "zendesk_assets_copy"
# What a copy has to have, by DuckDB's own catalog, comments included.
_CONTENTS: Final = (
    "SELECT schema_name, table_name, comment, sql FROM duckdb_tables()",
    "SELECT schema_name, view_name, comment, sql FROM duckdb_views()",
    "SELECT schema_name, table_name, column_name, comment, data_type FROM duckdb_columns()",
    "SELECT schema_name, index_name, comment, sql FROM duckdb_indexes()",
    "SELECT schema_name, sequence_name, comment, last_value, sql FROM duckdb_sequences()",
    "SELECT schema_name, function_name, comment, macro_definition FROM duckdb_functions()",
    "SELECT schema_name, type_name, comment, labels FROM duckdb_types()",
    "SELECT schema_name, table_name, constraint_text FROM duckdb_constraints()",
    "SELECT schema_name, comment, sql FROM duckdb_schemas()",
)


def rewrite(file: DuckDBFile, connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the file by a copy, in one step, while no other process has it.

    If it is killed before that step, the file is as it was, and the next rewrite starts over. It
    needs as much room on the disk as the tables take. Raises WarehouseError.
    """
    path = file.path.resolve()  # a link stays a link
    copy = path.with_name(f".{path.name}.copy")
    with file.attached(connection):
        _remove(copy)
        try:
            _fill(connection, copy)
            _check(connection, path)
            shutil.copymode(path, copy)
            with suppress(PermissionError):
                os.chown(copy, path.stat().st_uid, path.stat().st_gid)
            rename_durably(copy, path)
            forget(path)
            # The copy is held until the old file is released, so that no process gets in between.
            connection.execute(f"DETACH {DUCKDB.database}")
            connection.execute(f"DETACH {_COPY}")
        finally:
            with suppress(duckdb.Error):
                connection.execute(f"DETACH {_COPY}")
            _remove(copy)


def _fill(connection: duckdb.DuckDBPyConnection, copy: Path) -> None:
    connection.execute(f"CHECKPOINT {DUCKDB.database}")
    version = _storage_version(connection)
    options = f"(TYPE duckdb, STORAGE_VERSION {literal(version)})" if version else "(TYPE duckdb)"
    connection.execute(f"ATTACH {literal(str(copy))} AS {_COPY} {options}")
    connection.execute(f"COPY FROM DATABASE {DUCKDB.database} TO {_COPY}")
    connection.execute(f"CHECKPOINT {_COPY}")


def _storage_version(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the version of the file's format, which the copy keeps: others read it too."""
    query = f"SELECT tags FROM duckdb_databases() WHERE database_name = '{DUCKDB.database}'"
    ((tags,),) = connection.execute(query).fetchall()
    return str((tags or {}).get("storage_version", "")).removesuffix("+")


def _check(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise WarehouseError unless the copy has everything that the file has."""
    for query in _CONTENTS:
        old, new = (
            sorted(
                repr(row)
                for row in connection.execute(f"{query} WHERE database_name = '{name}'").fetchall()
            )
            for name in (DUCKDB.database, _COPY)
        )
        if old != new:
            lost = next(iter({*old} ^ {*new}), "a row that is there twice")
            raise _incomplete(path, lost)
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() "
        f"WHERE database_name = '{DUCKDB.database}'"
    ).fetchall()
    for schema, table in tables:
        counts = {
            connection.execute(f"SELECT count(*) FROM {qualified(name, schema, table)}").fetchone()
            for name in (DUCKDB.database, _COPY)
        }
        if len(counts) > 1:
            raise _incomplete(path, f"rows of {schema}.{table}")


def _incomplete(path: Path, what: str) -> WarehouseError:
    return WarehouseError(
        f"The DuckDB file {path} was left as it is, for a copy would not have all of it "
        f"({what[:200]}): what was erased may still be in freed blocks of the file. Copy the "
        "tables into a new file, and delete this one."
    )


def _remove(copy: Path) -> None:
    for each in (copy, copy.with_name(f"{copy.name}.wal")):
        each.unlink(missing_ok=True)
