"""Small collections, batches written by hand, and looks into the file."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from zendesk_assets.spec import (
    BatchFiles,
    Collection,
    Column,
    ColumnType,
    Compute,
    DeletedWhen,
    Tombstone,
)
from zendesk_assets_tests.duckdb_file import opened

T0 = datetime(2024, 1, 1, tzinfo=UTC)
_NUMBERS = itertools.count()


def column(name, kind=ColumnType.TEXT, path="", **more):
    return Column(name, kind, f"The {name}.", path, **more)


THINGS = Collection(
    "things",
    "things",
    "Things, of all types.",
    "https://example.com",
    columns=(
        column("id", ColumnType.INTEGER),
        column("name"),
        column("size", ColumnType.INTEGER),
        column("weight", ColumnType.NUMBER),
        column("open", ColumnType.BOOLEAN),
        column("made_at", ColumnType.TIMESTAMP),
        column("seen", ColumnType.EPOCH),
        column("tags", ColumnType.JSON),
        column("minutes", ColumnType.INTEGER, "time.calendar"),
        column("status"),
        column("version", ColumnType.EPOCH),
    ),
    version="version",
    deleted=DeletedWhen("status", "deleted"),
    ignored=("twin",),
)

METRICS = Collection(
    "metrics",
    "things",
    "One per thing.",
    "https://example.com",
    columns=(
        column("id", ColumnType.INTEGER),
        column("thing_id", ColumnType.INTEGER),
        column("replies", ColumnType.INTEGER),
        column("version", ColumnType.EPOCH, "../version"),
    ),
    version="version",
    records=("metric_set",),
    tombstone=Tombstone("thing_id", "id", DeletedWhen("status", "deleted")),
)

CHILDREN = Collection(
    "children",
    "events",
    "One row per child event.",
    "https://example.com",
    columns=(
        column("id", ColumnType.INTEGER),
        column("event_id", ColumnType.INTEGER, "../id"),
        column("timestamp", ColumnType.EPOCH, "../timestamp"),
        column("event_type"),
        column("field_name", compute=Compute.CHANGED_FIELD),
        column("value", compute=Compute.CHANGED_VALUE),
        column("field_id", ColumnType.INTEGER, compute=Compute.CUSTOM_FIELD_ID),
        column("field_value", compute=Compute.CUSTOM_FIELD_VALUE),
        column("thing_type", path="type", only_for=("Create", "Change")),
        column("comment_type", path="type", only_for=("Comment",)),
        column("files", ColumnType.JSON),
    ),
    version="timestamp",
    records=("children[]",),
    fixed_keys=("id", "event_type", "previous_value"),
)

FILES = Collection(
    "files",
    "events",
    "Lists inside lists.",
    "https://example.com",
    columns=(
        column("id", ColumnType.INTEGER),
        column("child_id", ColumnType.INTEGER, "../id"),
        column("event_id", ColumnType.INTEGER, "../../id"),
        column("timestamp", ColumnType.EPOCH, "../../timestamp"),
    ),
    version="timestamp",
    records=("children[]", "files[]"),
    primary_key=("child_id", "id"),
)


def thing(number, version=1, **more):
    return {"id": number, "version": version, **more}


class Hub:
    """Writes parts below a folder; lines are records, or bytes as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part(self, lines, name=None):
        name = name or f"part-{next(_NUMBERS)}.ndjson.zst"
        content = b"".join(
            (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
            for line in lines
        )
        file = self.folder / name
        file.write_bytes(zstandard.compress(content))
        return str(file)

    def batch(self, *lines, name=None, at=0):
        name = name or f"batch-{next(_NUMBERS)}"
        parts = (self.part(lines),) if lines else ()
        return BatchFiles(name, T0 + timedelta(seconds=at), len(lines), parts)


def query(path, sql):
    """Return what a query finds in the file, as a list of dicts."""
    with opened(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(sql)
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
