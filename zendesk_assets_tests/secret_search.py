"""Looks for secrets in everything that a project leaves behind: unpacked, decoded, and as bytes.

A secret counts as shown when any twelve characters at its beginning or end are, in any of the
forms in which it travels.
"""

import base64
import sqlite3
import traceback
import zlib
from pathlib import Path
from urllib.parse import quote

import duckdb
import zstandard

SHOWN = 12


def needles(secrets):
    """Return the bytes to look for: each secret's two ends, plain, base64 and percent-encoded."""
    found = set()
    for secret in secrets:
        assert len(secret) >= SHOWN, "too short to be told from anything else"
        forms = [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()]
        for form in forms:
            found |= {form[:SHOWN].encode(), form.rstrip("=")[-SHOWN:].encode()}
    return found


def places_in(folder, secrets, allowed=()):
    """Return the places below `folder` that show a secret; `allowed` names files, folders."""
    wanted = needles(secrets)
    return sorted(
        {
            place
            for place, content in everything_in(folder)
            if not set(Path(place.split(" ")[0]).parts) & set(allowed)
            and any(needle in content for needle in wanted)
        }
    )


def everything_in(folder):
    """Yield (place, bytes) of every file below a folder: as it is, unpacked, and table by table."""
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        place, content = str(path.relative_to(folder)), path.read_bytes()
        yield place, content
        if path.suffix == ".zst":
            yield f"{place} unpacked", zstandard.decompress(content)
        if content.startswith(b"SQLite format 3"):
            yield from _values_of(place, path)
        if path.suffix == ".duckdb":
            yield from _tables_of(place, path)


def whole_story(error):
    """Return all that an exception, and those it came from, can be made to say."""
    texts, seen = traceback.format_exception(error), set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        texts += [str(error), repr(error), repr(error.args), repr(vars(error))]
        texts += traceback.format_exception(error, chain=False)
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def _values_of(place, path):
    """Yield the values of a SQLite file's tables: Dagster compresses some of them."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                yield f"{place} {table}", b"\n".join(map(_unpacked, row))
    connection.close()


def _unpacked(value):
    raw = value if isinstance(value, bytes) else str(value).encode()
    for unpack in (zlib.decompress, lambda raw: zlib.decompress(base64.b64decode(raw))):
        try:
            return unpack(raw)
        except (zlib.error, ValueError):
            continue
    return raw


def _tables_of(place, path):
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        )
        for schema, table in tables.fetchall():
            rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
            yield f"{place} {schema}.{table}", repr(rows).encode()
