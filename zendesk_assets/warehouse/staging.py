"""Staging: batches become typed, unique rows in memory, whatever the engine that takes them.

A `Staging` is an in-memory DuckDB of its own, small by `memory_limit` and spilling to a temporary
folder. It ends with the temporary tables `incoming` (rows, unique by primary key), `rejects`
(quarantined rows, and rows that lack a value), `tombstones` and `batches` (with counts). The
warehouse's file or server is not touched here.
"""
# ruff: noqa: S608  # names are quoted by `listing`

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from zendesk_assets.errors import CorruptPartError, WarehouseError
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse.holdable import NUL, build_held, mend_line, mend_text
from zendesk_assets.warehouse.parts import explain_line, fetch_part, find_broken, read_lines
from zendesk_assets.warehouse.rows import build_rows, build_tombstones, ordinals
from zendesk_assets.warehouse.scrubs import build_wiped, keeps_content, leaves_stones
from zendesk_assets.warehouse.sql import ident, listing, literal
from zendesk_assets.warehouse.tables import ERROR, WARNING
from zendesk_assets.warehouse.unknown import build_pointer

__all__ = ["Memory", "list_warnings", "open_memory", "refuse", "set_aside", "stage"]

# A longer line is quarantined; the reader takes twice this much memory per thread.
_LARGEST_RECORD = 32 * 1024 * 1024
# Where a record is longer than this, no more than so many bytes are typed at once.
_LONG_RECORD = 1024 * 1024
_SLICE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """How much an in-memory DuckDB may use."""

    limit: str
    threads: int


@contextmanager
def open_memory(memory: Memory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an in-memory DuckDB in UTC that spills into a folder of its own; close both after."""
    with tempfile.TemporaryDirectory(prefix="zendesk-assets-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory.limit,
            "threads": memory.threads,
            "temp_directory": folder,
            "preserve_insertion_order": True,
            # Everything needed is built in: nothing may be fetched behind the user's back.
            "autoinstall_known_extensions": False,
            # A missing table must not be found among the Python variables.
            "python_enable_replacements": False,
        }
        connection = duckdb.connect(":memory:", config=config)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


def stage(
    connection: duckdb.DuckDBPyConnection, collection: Collection, batches: Sequence[BatchFiles]
) -> None:
    """Leave the batches' rows, rejects and tombstones in the connection's temporary tables."""
    with tempfile.TemporaryDirectory(prefix="zendesk-assets-parts-") as folder:
        files = _register(connection, batches, Path(folder))
        _read(connection, files)
        _check_counts(connection, batches, files)
        _mend_lines(connection, files)
    _type_rows(connection, collection)
    _quarantine_rows(connection)
    _stage_tombstones(connection, collection)
    _count(connection)
    _keep_newest(connection, collection)
    list_warnings(connection)


def list_warnings(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the rows that lack a value that did not fit into `rejects` too, as warnings, once."""
    connection.execute("DELETE FROM rejects WHERE severity = $1", [WARNING])
    _reject(connection, "incoming", '"~warning"', WARNING)


def set_aside(
    connection: duckdb.DuckDBPyConnection, row: int, column: str, path: str, reason: str
) -> None:
    """Move a value of a staged row (by its rowid) into `_unknown`: the engine would not take it.

    It goes as text, under the column's source path; `_unknown` itself, as a text for each member.
    """
    told = '"~warning" = concat_ws(\'; \', "~warning", $2)'
    if column == "_unknown":
        inside = f"json_extract(_unknown, '/' || {build_pointer('key')})"
        text = (
            f"CASE WHEN json_type({inside}) = 'VARCHAR' THEN CAST({inside} AS VARCHAR) "
            f"ELSE CAST(to_json(CAST({inside} AS VARCHAR)) AS VARCHAR) END"
        )
        pair = f"CAST(to_json(key) AS VARCHAR) || ':' || {text}"
        texts = f"array_to_string(list_transform(json_keys(_unknown), lambda key: {pair}), ',')"
        value, others = f"CAST('{{' || {texts} || '}}' AS JSON)", ""
    else:
        out, keys = "../" * path.count("../"), path.replace("../", "").split(".")
        text = f"to_json(CAST({ident(column)} AS VARCHAR))"
        for key in (*reversed(keys[1:]), out + keys[0]):
            text = f"json_object({literal(key)}, {text})"
        value, others = (
            f"json_merge_patch(coalesce(_unknown, '{{}}'), {text})",
            f", {ident(column)} = NULL",
        )
    connection.execute(
        f"UPDATE incoming SET _unknown = {value}, {told}{others} WHERE rowid = $1", [row, reason]
    )


def refuse(connection: duckdb.DuckDBPyConnection, table: str, row: int, reason: str) -> None:
    """Move a staged row (by its rowid) into `rejects`: the engine would not take it."""
    of_batch = f'(SELECT "_batch_id" FROM {table} WHERE rowid = $1)'
    connection.execute(
        f"UPDATE batches SET quarantined = quarantined + 1 WHERE batch_id = {of_batch}", [row]
    )
    connection.execute(f'UPDATE {table} SET "~fault" = $2 WHERE rowid = $1', [row, reason])
    _quarantine_rows(connection, table)


def _type_rows(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Leave the typed rows in `incoming`."""
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
    """Write down which part belongs to which batch; return the local file of each part."""
    parts = sorted({part for batch in batches for part in batch.parts})
    files = {part: fetch_part(part, folder, number) for number, part in enumerate(parts)}
    pairs = [(batch, part) for batch in batches for part in batch.parts]
    connection.execute(
        "CREATE TEMP TABLE batches AS SELECT unnest($1::VARCHAR[]) AS batch_id, "
        "unnest($2::TIMESTAMPTZ[]) AS received_at, 0::BIGINT AS rows_in, 0::BIGINT AS quarantined",
        [[batch.batch_id for batch in batches], [batch.received_at for batch in batches]],
    )
    connection.execute(
        "CREATE TEMP TABLE parts AS SELECT unnest($1::VARCHAR[]) AS filename, "
        "unnest($2::VARCHAR[]) AS part, unnest($3::VARCHAR[]) AS batch_id, "
        "unnest($4::TIMESTAMPTZ[]) AS received_at",
        [
            [str(files[part]) for _, part in pairs],
            [part for _, part in pairs],
            [batch.batch_id for batch, _ in pairs],
            [batch.received_at for batch, _ in pairs],
        ],
    )
    return files


def _read(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Read all parts, one row a line; a line that is no JSON is a row with NULL."""
    connection.execute("CREATE TEMP TABLE raw (filename VARCHAR, n BIGINT, record JSON)")
    if not files:
        return
    try:
        connection.execute(
            "INSERT INTO raw SELECT filename, row_number() OVER (), json "
            "FROM read_ndjson_objects($1, ignore_errors = true, filename = true, "
            f"compression = 'zstd', maximum_object_size = {_LARGEST_RECORD})",
            [[_without_globs(str(file)) for file in files.values()]],
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise find_broken(files.items()) or WarehouseError(
            f"The part files cannot be read ({str(error).splitlines()[0]}): check the memory and "
            "the temporary folder, or look for damage with `zendesk-assets hub verify`."
        ) from error
    connection.execute(
        "CREATE TEMP TABLE starts AS SELECT filename, min(n) AS first FROM raw GROUP BY 1"
    )


def _without_globs(path: str) -> str:
    """Return the path as a pattern that only matches itself."""
    return re.sub(r"([*?[])", r"[\1]", path)


def _check_counts(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[BatchFiles], files: dict[str, Path]
) -> None:
    """Raise CorruptPartError if a batch has other than its count of lines: DuckDB reads on calmly
    when a file ends in the middle."""  # noqa: D205, D209  # one sentence
    query = "SELECT batch_id, count(*) FROM raw JOIN parts USING (filename) GROUP BY 1"
    found = dict(connection.execute(query).fetchall())
    for batch in batches:
        if found.get(batch.batch_id, 0) != batch.records:
            raise find_broken((part, files[part]) for part in batch.parts) or CorruptPartError(
                f"The parts of batch {batch.batch_id} ({', '.join(batch.parts) or 'none'}) hold "
                f"{found.get(batch.batch_id, 0)} records but its manifest says {batch.records}; "
                "fetch that window from Zendesk again, or restore the files from a backup."
            )


def _mend_lines(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Replace what no engine holds in the records; put lines that are no JSON into `rejects`.

    What is replaced is kept as it is in the part, in `mended`.
    """
    connection.execute(
        "CREATE TEMP TABLE rejects (batch_id VARCHAR, line BIGINT, part VARCHAR, "
        "primary_key VARCHAR, reason VARCHAR, record VARCHAR, version TIMESTAMPTZ, "
        "received_at TIMESTAMPTZ, severity VARCHAR)"
    )
    connection.execute("CREATE TEMP TABLE mended (n BIGINT, sent VARCHAR)")
    if not files:
        return
    bad = connection.execute(
        "SELECT part, list(DISTINCT n - first + 1), first(first) FROM raw JOIN starts "
        "USING (filename) JOIN parts USING (filename) WHERE record IS NULL GROUP BY part"
    ).fetchall()
    for part, wanted, first in bad:
        for line, content in read_lines(files[part], set(wanted)):
            _mend_line(connection, part, line, first + line - 1, content)
    held = build_held("record")
    lost = f"contains(record, '{NUL}')"
    if connection.execute(f"SELECT 1 FROM raw WHERE {lost} LIMIT 1").fetchone():
        connection.execute(f"INSERT INTO mended SELECT n, record FROM raw WHERE {lost}")
        connection.execute(f"UPDATE raw SET record = {held} WHERE {lost}")


def _mend_line(
    connection: duckdb.DuckDBPyConnection, part: str, line: int, number: int, content: bytes
) -> None:
    mended = mend_line(content)
    if mended is not None:
        connection.execute(
            "INSERT INTO mended VALUES ($1, $2)", [number, mend_text(content.decode())]
        )
        connection.execute("UPDATE raw SET record = $2 WHERE n = $1", [number, mended])
        return
    connection.execute(
        "INSERT INTO rejects SELECT batch_id, $1, part, NULL, $2, $3, NULL, received_at, $5 "
        "FROM parts WHERE part = $4",
        [line, *explain_line(content), part, ERROR],
    )


def _quarantine_rows(connection: duckdb.DuckDBPyConnection, table: str = "incoming") -> None:
    """Move the rows that have a fault into `rejects`, with the whole stream record."""
    if _reject(connection, table, '"~fault"', ERROR):
        connection.execute(f'DELETE FROM {table} WHERE "~fault" IS NOT NULL')


def _reject(connection: duckdb.DuckDBPyConnection, table: str, reason: str, severity: str) -> bool:
    """Write the rows that have a reason into `rejects`, as they were sent; return if any has."""
    found = connection.execute(f"SELECT 1 FROM {table} WHERE {reason} IS NOT NULL LIMIT 1")
    if found.fetchone() is None:
        return False
    connection.execute(
        f'INSERT INTO rejects SELECT "_batch_id", "~n" - first + 1, part, "~key", {reason}, '
        'coalesce(sent, CAST(record AS VARCHAR)), r."~version", r.received_at, $1 '
        f'FROM {table} AS r JOIN raw ON n = "~n" JOIN starts USING (filename) '
        'JOIN parts AS p ON p.filename = raw.filename AND p.batch_id = r."_batch_id" '
        f"LEFT JOIN mended USING (n) WHERE {reason} IS NOT NULL",
        [severity],
    )
    return True


def _stage_tombstones(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Leave the newest tombstone of each key in `tombstones`; a wiped row is one too."""
    if not leaves_stones(collection):
        return
    if collection.tombstone is not None:
        connection.execute(
            f'CREATE TEMP TABLE stones AS SELECT *, version AS "~version" '
            f"FROM ({build_tombstones(collection)})"
        )
        _quarantine_rows(connection, "stones")
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
    """Write down how many rows came out of each batch, before any is dropped as superseded."""
    for table, column in (("incoming", '"_batch_id"'), ("rejects", "batch_id")):
        more = ", quarantined = quarantined + rows" if table == "rejects" else ""
        connection.execute(
            f"UPDATE batches SET rows_in = rows_in + rows{more} "
            f"FROM (SELECT {column} AS id, count(*) AS rows FROM {table} GROUP BY 1) "
            "WHERE id = batch_id"
        )


def _keep_newest(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Keep one state of each record: the newest version, then what was received last.

    Where content is kept, a wiped state is older than any other.
    """
    order = ["received_at", "_batch_id", *ordinals(collection)]
    latest = ", ".join(f"{listing([name])} DESC" for name in order)
    wiped = '"_scrubbed", ' if keeps_content(collection) else ""
    connection.execute(
        "DELETE FROM incoming WHERE rowid IN (SELECT rowid FROM incoming QUALIFY row_number() OVER "
        f"(PARTITION BY {listing(collection.primary_key)} "
        f"ORDER BY {wiped}{listing([collection.version])} DESC NULLS LAST, {latest}) > 1)"
    )
