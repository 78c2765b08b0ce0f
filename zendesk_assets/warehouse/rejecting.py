"""What is rejected while rows are staged: lines, rows, and values that do not fit.

All of it is written into the temporary table `rejects`, with the record as it was sent: quarantined
rows as errors, rows that lack a value as warnings. Which rows those are is known before: `rows`
marks them, or an engine has refused them.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from pathlib import Path

import duckdb

from zendesk_assets.records import paths
from zendesk_assets.warehouse.holdable import NUL, build_held, mend_line, mend_text
from zendesk_assets.warehouse.parts import explain_line, read_lines
from zendesk_assets.warehouse.sql import ident, literal
from zendesk_assets.warehouse.tables import ERROR, WARNING
from zendesk_assets.warehouse.unknown import build_pointer


def mend_lines(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> None:
    """Replace what no engine holds in the records; put lines that are not JSON into `rejects`.

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
    lost = f"contains(record, '{NUL}')"
    ((unread, unheld),) = connection.execute(
        f"SELECT count(*) FILTER (record IS NULL), count(*) FILTER ({lost}) FROM raw"
    ).fetchall()
    if unread:
        unheld += _mend_unread(connection, files)
    if unheld:
        connection.execute(f"INSERT INTO mended SELECT n, record FROM raw WHERE {lost}")
        connection.execute(f"UPDATE raw SET record = {build_held('record')} WHERE {lost}")


def quarantine_rows(connection: duckdb.DuckDBPyConnection, table: str = "incoming") -> None:
    """Move the rows that have a fault into `rejects`, with the whole stream record."""
    if _reject(connection, table, '"~fault"', ERROR):
        connection.execute(f'DELETE FROM {table} WHERE "~fault" IS NOT NULL')


def list_warnings(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the rows that lack a value that did not fit into `rejects` too, as warnings, once."""
    connection.execute(f"DELETE FROM rejects WHERE severity = {literal(WARNING)}")
    _reject(connection, "incoming", '"~warning"', WARNING)


def set_aside(
    connection: duckdb.DuckDBPyConnection, row: int, column: str, path: str, reason: str
) -> None:
    """Move a value that the engine refuses, of a staged row (by its rowid), into `_unknown`.

    It is kept as text, under the column's source path; `_unknown` itself, as a text for each
    member.
    """
    warned = '"~warning" = concat_ws(\'; \', "~warning", $2)'
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
        text = f"to_json(CAST({ident(column)} AS VARCHAR))"
        for key in reversed(paths.Path.parse(path).from_first):
            text = f"json_object({literal(key)}, {text})"
        value, others = (
            f"json_merge_patch(coalesce(_unknown, '{{}}'), {text})",
            f", {ident(column)} = NULL",
        )
    connection.execute(
        f"UPDATE incoming SET _unknown = {value}, {warned}{others} WHERE rowid = $1", [row, reason]
    )


def refuse(connection: duckdb.DuckDBPyConnection, table: str, row: int, reason: str) -> None:
    """Move a staged row (by its rowid) into `rejects`: the engine would not take it."""
    of_batch = f'(SELECT "_batch_id" FROM {table} WHERE rowid = $1)'
    connection.execute(
        f"UPDATE batches SET quarantined = quarantined + 1 WHERE batch_id = {of_batch}", [row]
    )
    connection.execute(f'UPDATE {table} SET "~fault" = $2 WHERE rowid = $1', [row, reason])
    quarantine_rows(connection, table)


def _reject(connection: duckdb.DuckDBPyConnection, table: str, reason: str, severity: str) -> bool:
    """Write the rows that have a reason into `rejects`, as they were sent; return if any has."""
    found = connection.execute(f"SELECT 1 FROM {table} WHERE {reason} IS NOT NULL LIMIT 1")
    if found.fetchone() is None:
        return False
    connection.execute(
        f'INSERT INTO rejects SELECT "_batch_id", "~n" - first + 1, part, "~key", {reason}, '
        'coalesce(sent, CAST(record AS VARCHAR)), r."~version", r.received_at, '
        f'{literal(severity)} FROM {table} AS r JOIN raw ON n = "~n" JOIN starts USING (filename) '
        'JOIN parts AS p ON p.filename = raw.filename AND p.batch_id = r."_batch_id" '
        f"LEFT JOIN mended USING (n) WHERE {reason} IS NOT NULL"
    )
    return True


def _mend_unread(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> int:
    """Read the lines again that DuckDB could not read; return in how many parts they are."""
    bad = connection.execute(
        "SELECT part, list(DISTINCT n - first + 1), first(first) FROM raw JOIN starts "
        "USING (filename) JOIN parts USING (filename) WHERE record IS NULL GROUP BY part"
    ).fetchall()
    for part, wanted, first in bad:
        for line, content in read_lines(files[part], set(wanted)):
            _mend_line(connection, part, line, first + line - 1, content)
    return len(bad)


def _mend_line(
    connection: duckdb.DuckDBPyConnection, part: str, line: int, number: int, content: bytes
) -> None:
    mended = mend_line(content)
    if mended is not None:
        connection.execute(
            "INSERT INTO mended VALUES ($1, $2)",
            [number, mend_text(content.decode(errors="replace"))],
        )
        connection.execute("UPDATE raw SET record = $2 WHERE n = $1", [number, mended])
        return
    connection.execute(
        "INSERT INTO rejects SELECT batch_id, $1, part, NULL, $2, $3, NULL, received_at, $5 "
        "FROM parts WHERE part = $4",
        [line, *explain_line(content), part, ERROR],
    )
