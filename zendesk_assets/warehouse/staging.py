"""Staging: batches become typed, unique rows in memory, whatever the engine that receives them.

A `Staging` is an in-memory DuckDB of its own, small by `memory_limit` and spilling to a temporary
folder. It ends with the temporary tables `incoming` (rows, unique by primary key), `rejects`
(quarantined rows, and rows that lack a value), `tombstones` and `batches` (with counts). The
warehouse's file or server is not touched here.
"""
# ruff: noqa: S608  # names are quoted by `listing`

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from zendesk_assets.errors import CorruptPartError, WarehouseError
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.storage.temporary import temporary_folder
from zendesk_assets.warehouse.parts import fetch_part, find_broken
from zendesk_assets.warehouse.rejecting import list_warnings, mend_lines, quarantine_rows
from zendesk_assets.warehouse.rows import build_rows, build_tombstones, ordinals
from zendesk_assets.warehouse.scrubs import build_wiped, keeps_content, leaves_tombstones
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.tables import fields_of
from zendesk_assets.warehouse.values_in_sql import with_values

# A longer line is quarantined; the reader takes twice this much memory per thread.
_LARGEST_RECORD = 32 * 1024 * 1024
# Where a record is longer than this, no more than so many bytes are typed at once.
_LONG_RECORD = 1024 * 1024
_SLICE = 4 * 1024 * 1024
# What each row has beside the columns of the catalog.
_OURS = ("_deleted", "_unknown", "received_at", "_batch_id")
_BATCHES = (
    "CREATE TEMP TABLE batches AS SELECT unnest($1::VARCHAR[]) AS batch_id, "
    "unnest($2::TIMESTAMPTZ[]) AS received_at, 0::BIGINT AS rows_in, 0::BIGINT AS quarantined"
)
_PARTS = (
    "CREATE TEMP TABLE parts AS SELECT unnest($1::VARCHAR[]) AS filename, "
    "unnest($2::VARCHAR[]) AS part, unnest($3::VARCHAR[]) AS batch_id, "
    "unnest($4::TIMESTAMPTZ[]) AS received_at"
)


def stage(
    connection: duckdb.DuckDBPyConnection,
    collection: Collection,
    batches: Sequence[BatchFiles],
    *,
    every_state: bool = False,
) -> None:
    """Leave the batches' rows, rejects and tombstones in the connection's temporary tables.

    With `every_state`, the rows are not unique by primary key.
    """
    if not any(batch.parts or batch.records for batch in batches):
        _stage_nothing(connection, collection, batches)
        return
    with temporary_folder("parts") as folder:
        files = _register(connection, batches, folder)
        _read(connection, files)
        _check_counts(connection, batches, files)
        mend_lines(connection, files)
    type_rows(connection, collection)
    quarantine_rows(connection)
    _stage_tombstones(connection, collection)
    _count(connection)
    if not every_state:
        _keep_newest(connection, collection)
    list_warnings(connection)


def _stage_nothing(
    connection: duckdb.DuckDBPyConnection, collection: Collection, batches: Sequence[BatchFiles]
) -> None:
    """Leave the tables empty but for the batches: no SELECT is planned that types no rows."""
    _register_batches(connection, batches)
    mend_lines(connection, {})
    kinds = {each.name: each.sql_type for each in fields_of(collection)}
    version = kinds[collection.version]
    staged = {name: kinds[name] for name in (*(c.name for c in collection.columns), *_OURS)}
    staged |= dict.fromkeys(ordinals(collection), "BIGINT")
    staged |= {"~key": "VARCHAR", "~fault": "VARCHAR", "~warning": "VARCHAR", "~version": version}
    staged |= {"_scrubbed": "BOOLEAN"} if collection.scrub else {}
    _create_empty(connection, "incoming", staged)
    if leaves_tombstones(collection):
        key = "BIGINT" if collection.tombstone else kinds[collection.primary_key[0]]
        stones = {"key": key, "version": version, "received_at": "TIMESTAMPTZ"}
        _create_empty(connection, "tombstones", {**stones, "batch_id": "VARCHAR"})


def _create_empty(
    connection: duckdb.DuckDBPyConnection, table: str, kinds: Mapping[str, str]
) -> None:
    columns = ", ".join(f"{ident(name)} {kind}" for name, kind in kinds.items())
    connection.execute(f"CREATE TEMP TABLE {table} ({columns})")


def type_rows(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Leave the typed rows of what is in `raw` and `parts` in `incoming`, faulty ones too."""
    scrubbed = f', {build_wiped(collection.scrub, "r")} AS "_scrubbed"' if collection.scrub else ""
    version = f'r.{listing([collection.version])} AS "~version"'
    rows = f"SELECT r.*, {version}{scrubbed} FROM ({build_rows(collection)}) AS r"
    for number, (first, last) in enumerate(_slices(connection)):
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW slice AS FROM raw WHERE n BETWEEN {first} AND {last}"
        )
        into = "INSERT INTO incoming" if number else "CREATE TEMP TABLE incoming AS"
        connection.execute(f"{into} {rows}")
    connection.execute("DROP VIEW slice")


def _slices(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Return the first and last numbers of the records that are typed at once.

    DuckDB works on 2,048 records at a time and needs about 25 times their bytes, which some long
    comments would make more than there is.
    """
    (longest,) = connection.execute("SELECT max(strlen(record)) FROM raw").fetchall()[0]
    if (longest or 0) <= _LONG_RECORD:
        return [(0, 1 << 62)]
    return connection.execute(
        "SELECT min(n), max(n) FROM (SELECT n, "
        f"sum(coalesce(strlen(record), 0)) OVER (ORDER BY n) // {_SLICE} AS slice FROM raw) "
        "GROUP BY slice ORDER BY 1"
    ).fetchall()


def _register(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[BatchFiles], folder: Path
) -> dict[str, Path]:
    """Record which part belongs to which batch; return the local file of each part."""
    parts = sorted({part for batch in batches for part in batch.parts})
    files = {part: fetch_part(part, folder, number) for number, part in enumerate(parts)}
    pairs = [(batch, part) for batch in batches for part in batch.parts]
    of_parts = [
        [str(files[part]) for _, part in pairs],
        [part for _, part in pairs],
        [batch.batch_id for batch, _ in pairs],
        [batch.received_at for batch, _ in pairs],
    ]
    _register_batches(connection, batches)
    connection.execute(*with_values(_PARTS, of_parts))
    return files


def _register_batches(connection: duckdb.DuckDBPyConnection, batches: Sequence[BatchFiles]) -> None:
    values = [[batch.batch_id for batch in batches], [batch.received_at for batch in batches]]
    connection.execute(*with_values(_BATCHES, values))


def _read(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Read all parts, one row a line; a line that is not JSON is a row with NULL."""
    connection.execute("CREATE TEMP TABLE raw (filename VARCHAR, n BIGINT, record JSON)")
    if not files:
        return
    patterns = [_without_globs(str(file)) for file in files.values()]
    read = (
        "INSERT INTO raw SELECT filename, row_number() OVER (), json "
        "FROM read_ndjson_objects($1, ignore_errors = true, filename = true, "
        f"compression = 'zstd', maximum_object_size = {_LARGEST_RECORD})"
    )
    try:
        connection.execute(*with_values(read, [patterns]))
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise find_broken(files.items()) or WarehouseError(
            f"The part files cannot be read ({str(error).splitlines()[0]}): check the memory and "
            "the temporary folder, or look for damage with `zendesk-assets hub verify`."
        ) from error
    connection.execute(
        "CREATE TEMP VIEW starts AS SELECT filename, min(n) AS first FROM raw GROUP BY 1"
    )


def _without_globs(path: str) -> str:
    """Return the path as a pattern that only matches itself."""
    return re.sub(r"([*?[])", r"[\1]", path)


def _check_counts(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[BatchFiles], files: dict[str, Path]
) -> None:
    """Raise CorruptPartError if a batch has other than its count of lines: DuckDB reads on
    without an error when a file ends in the middle."""  # noqa: D205, D209  # one sentence
    query = "SELECT batch_id, count(*) FROM raw JOIN parts USING (filename) GROUP BY 1"
    found = dict(connection.execute(query).fetchall())
    for batch in batches:
        if found.get(batch.batch_id, 0) != batch.records:
            raise find_broken((part, files[part]) for part in batch.parts) or CorruptPartError(
                f"The parts of batch {batch.batch_id} ({', '.join(batch.parts) or 'none'}) hold "
                f"{found.get(batch.batch_id, 0)} records but its manifest says {batch.records}; "
                "fetch that window from Zendesk again, or restore the files from a backup."
            )


def _stage_tombstones(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Leave the newest tombstone of each key in `tombstones`; a wiped row is one too."""
    if not leaves_tombstones(collection):
        return
    if collection.tombstone is not None:
        connection.execute(
            f'CREATE TEMP TABLE stones AS SELECT *, version AS "~version" '
            f"FROM ({build_tombstones(collection)})"
        )
        quarantine_rows(connection, "stones")
    else:
        key, version = listing(collection.primary_key), listing([collection.version])
        connection.execute(
            f"CREATE TEMP TABLE stones AS SELECT {key} AS key, {version} AS version, received_at, "
            '"_batch_id" FROM incoming WHERE "_scrubbed"'
        )
    connection.execute(
        'CREATE TEMP TABLE tombstones AS SELECT key, version, received_at, "_batch_id" AS batch_id '
        "FROM stones QUALIFY row_number() OVER "
        "(PARTITION BY key ORDER BY version DESC NULLS LAST, received_at DESC) = 1"
    )


def _count(connection: duckdb.DuckDBPyConnection) -> None:
    """Record how many rows came out of each batch, before any is dropped as superseded."""
    counted = [("incoming", '"_batch_id"', "")]
    if connection.execute("SELECT 1 FROM rejects LIMIT 1").fetchone():
        counted.append(("rejects", "batch_id", ", quarantined = quarantined + rows"))
    for table, column, more in counted:
        connection.execute(
            f"UPDATE batches SET rows_in = rows_in + rows{more} "
            f"FROM (SELECT {column} AS id, count(*) AS rows FROM {table} GROUP BY 1) "
            "WHERE id = batch_id"
        )


def _keep_newest(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Keep one state of each record: the newest version, then what was received last.

    Where content is kept, a wiped state is older than any other.
    """
    key = listing(collection.primary_key)
    repeated = connection.execute(f"SELECT count(*) > count(DISTINCT ({key})) FROM incoming")
    if repeated.fetchall() == [(False,)]:
        return
    order = ["received_at", "_batch_id", *ordinals(collection)]
    latest = ", ".join(f"{listing([name])} DESC" for name in order)
    wiped = '"_scrubbed", ' if keeps_content(collection) else ""
    connection.execute(
        "DELETE FROM incoming WHERE rowid IN (SELECT rowid FROM incoming QUALIFY row_number() OVER "
        f"(PARTITION BY {key} "
        f"ORDER BY {wiped}{listing([collection.version])} DESC NULLS LAST, {latest}) > 1)"
    )
