"""Every state that a row has in some lines of the hub: read, not loaded.

The rows are typed as a load types them, so that a state is what the table would show of it. It is
not decided here which of them counts. The warehouse's file or server is not touched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.holdable import mend_line
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.rows import build_tombstones, ordinals
from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import listing
from zendesk_assets.warehouse.staging import type_rows
from zendesk_assets.warehouse.tables import fields_of

# As in `Options`: enough for any group of batches that the caller asks about at once.
_LIMITS: Final = (1000, 2)
_FOUND: Final = ('"~n"', '"~fault"', '"~warning"')


@dataclass(frozen=True)
class Line:
    """A record in the hub: its batch, when that was received, its place in the part, from 1."""

    batch_id: str
    received_at: datetime
    part: str
    number: int
    record: bytes


@dataclass(frozen=True)
class StateRow:
    """A state of a row, as the table would have it, and the line that it came with.

    `fault` is why it could not be loaded, `warning` which values of it could not; `wiped` says that
    Zendesk has wiped its content. `place` orders the states of one batch.
    """

    line: Line
    values: dict[str, Any]
    fault: str | None
    warning: str | None
    wiped: bool
    place: tuple[int, ...]


@dataclass(frozen=True)
class TombstoneLine:
    """A line that deletes rows which came with others; `version` is when, as it says itself."""

    line: Line
    version: datetime | None


def read_states(collection: Collection, key: str, lines: Sequence[Line]) -> list[StateRow]:
    """Return the states of the row with this key (a text, as in `_rejects`) in some lines."""
    columns = [field.name for field in fields_of(collection)]
    columns = [each for each in columns if each not in ("loaded_at", "_scrubbed")]
    wiped = build_wiped(collection.scrub, "r")
    with open_memory(*_LIMITS) as memory:
        _take_in(memory, lines)
        type_rows(memory, collection)
        inside = ordinals(collection)[1:]
        found = memory.execute(
            f"SELECT {', '.join([*_FOUND, wiped])}, {listing([*inside, *columns])} "  # noqa: S608 # names are quoted
            'FROM incoming AS r WHERE "~key" = $1 ORDER BY "~n"',
            [key],
        ).fetchall()
    return [_state(lines[row[0]], row[1:], columns) for row in found]


def read_tombstones(
    collection: Collection, parent: str, lines: Sequence[Line]
) -> Iterator[TombstoneLine]:
    """Yield the tombstones among some lines of the record with this key."""
    with open_memory(*_LIMITS) as memory:
        _take_in(memory, lines)
        found = memory.execute(
            f'SELECT "~n", version FROM ({build_tombstones(collection)}) '  # noqa: S608 # names are quoted
            'WHERE "~key" = $1 AND "~fault" IS NULL ORDER BY 1',
            [parent],
        ).fetchall()
    yield from (TombstoneLine(lines[at], version) for at, version in found)


def _take_in(memory: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> None:
    """Leave the lines in `raw` and `parts`, as a load does, each under its place in the list."""
    memory.execute(
        "CREATE TEMP TABLE parts AS SELECT CAST(n AS VARCHAR) AS filename, part, batch_id, "
        "received_at FROM (SELECT unnest(range(len($1))) AS n, unnest($1::VARCHAR[]) AS part, "
        "unnest($2::VARCHAR[]) AS batch_id, unnest($3::TIMESTAMPTZ[]) AS received_at)",
        [
            [each.part for each in lines],
            [each.batch_id for each in lines],
            [each.received_at for each in lines],
        ],
    )
    memory.execute(
        "CREATE TEMP TABLE raw AS SELECT CAST(n AS VARCHAR) AS filename, n::BIGINT AS n, "
        "TRY_CAST(record AS JSON) AS record "
        "FROM (SELECT unnest(range(len($1))) AS n, unnest($1::VARCHAR[]) AS record)",
        [[_as_text(each.record) for each in lines]],
    )


def _state(line: Line, found: Sequence[Any], columns: Sequence[str]) -> StateRow:
    fault, warning, wiped, *rest = found
    inside = len(rest) - len(columns)
    values = dict(zip(columns, rest[inside:], strict=True))
    return StateRow(line, values, fault, warning, wiped, (line.number, *rest[:inside]))


def _as_text(record: bytes) -> str:
    return mend_line(record) or record.decode(errors="replace")
