"""Rules about combinations of settings, and about the engine.

Each rule returns why something is not allowed, as the end of a sentence, or ''. `sources` and
`places` declare what a single setting may contain.
"""

from __future__ import annotations

import unicodedata
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zendesk_assets.settings.places import FileTokens

if TYPE_CHECKING:
    from zendesk_assets.settings.sources import Source, Sources

# Names of groups, sensors and jobs in Dagster are a schema plus one of these suffixes.
_ENDINGS: Final = ("_hub", "_source", "_warehouse", "_analysis")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Databases that are attached to every DuckDB session, including ours.
_OF_DUCKDB: Final = frozenset({"memory", "system", "temp", "warehouse"})
_OF_ALL: Final = frozenset({"information_schema"})
# Reserved words, which no schema may be without quotes, in both engines and in each.
# https://www.postgresql.org/docs/current/sql-keywords-appendix.html
_SQL: Final = _words(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
    "collate collation column concurrently constraint create cross default deferrable desc "
    "distinct do else end except false fetch for foreign freeze from full group having ilike in "
    "initially inner intersect into is isnull join lateral leading left like limit natural not "
    "notnull null offset on only or order outer overlaps placing primary references returning "
    "right select similar some symmetric table tablesample then to trailing true union unique "
    "using variadic verbose when where window with"
)
_DUCKDB: Final = _words(
    "anti asof at by describe glob lambda pivot pivot_longer pivot_wider positional qualify semi "
    "show summarize unpack unpivot"
)
_SQL_OF: Final = {
    "duckdb": _DUCKDB,
    "ducklake": _DUCKDB,
    "iceberg": _DUCKDB,
    "postgres": _words(
        "current_catalog current_date current_role current_schema current_time current_timestamp "
        "current_user grant localtime localtimestamp session_user system_user user"
    ),
}


def clashes_of_sources(sources: tuple[Source, ...]) -> list[str]:
    """Return why each two of the sources that clash cannot be in one file."""
    pairs = combinations(sources, 2)
    return [clash for one, other in pairs if (clash := _clash(one, other) or _clash(other, one))]


def without_views(source: Source) -> Source:
    """Return a source of which there can be no views. Raises ValueError if it wants some."""
    for name in ("analysis", "fivetran"):
        if name in source.model_fields_set and getattr(source, name):
            raise ValueError(
                f"an Iceberg catalog has tables, and no views: leave out {name} of "
                f"{source.nickname}; docs/warehouses.md says how to have them elsewhere"
            )
    return source.model_copy(update={"analysis": False})


def clash_of_schema(sources: Sources) -> str:
    """Return why a schema cannot have its name in this warehouse, or ''."""
    target = sources.warehouse
    for each in sources.sources:
        name = each.schema_name
        whose, query = f"the schema {name} of {each.nickname}", f"`… from {name}.tickets`"
        if name in _OF_ALL:
            return f"{whose} is the engine's own: give it another name"
        if name in _SQL | _SQL_OF[target.type]:
            return f"{whose} is a reserved word, so {query} would fail: give it another name"
        files = {_catalog(sources.resolve(place)) for place in target.files.values()} - {""}
        if each.fivetran_schema in files:
            file = each.fivetran_schema
            return (
                f"DuckDB would confuse {file}, the schema of the views that `fivetran` makes for "
                f"{each.nickname}, with the database {file}: give another name to the schema, or "
                "to the file under `warehouse`"
            )
        is_attached = target.type != "postgres"  # to a DuckDB, ours and those of people
        if is_attached and (name in _OF_DUCKDB or name in files):
            return (
                f"DuckDB would confuse {whose} with the database {name}, so {query} would fail: "
                "give another name to the schema, or to the file under `warehouse`"
            )
    return ""


def clash_of_places(sources: Sources) -> str:
    """Return why the places are not possible (nested, or a folder instead of a file), or ''."""
    hub = Path(sources.resolve(sources.hub.path)) if "://" not in sources.hub.path else None
    if hub and hub.is_file():
        return f"hub.path is {hub}, which is a file: give a folder"
    folders = [hub / each.schema_name for each in sources.sources] if hub else []
    if sources.warehouse.files and (clash := _clash_of_files(sources, hub, folders)):
        return clash
    data = sources.resolve(getattr(sources.warehouse, "data", None) or "://")
    if hub and "://" not in data and (hub == Path(data) or _is_in(Path(data), folders)):
        return f"warehouse.data is {data} and hub.path is {hub}: keep tables and raw pages apart"
    if isinstance(sources.tokens, FileTokens) and sources.tokens.path:
        tokens = Path(sources.resolve(sources.tokens.path))
        if tokens.is_file():
            return f"tokens.path is {tokens}, which is a file: give a folder"
        if hub and (hub == tokens or _is_in(tokens, folders) or _is_in(hub, [tokens])):
            return f"tokens.path is {tokens} and hub.path is {hub}: keep secrets and data apart"
    return ""


def _clash_of_files(sources: Sources, hub: Path | None, folders: list[Path]) -> str:
    """Return why a file of the warehouse cannot be where it is to be, or ''."""
    places = sources.warehouse.files
    files = {name: Path(sources.resolve(place)) for name, place in places.items()}
    for name, file in files.items():
        if file.is_dir():
            return f"warehouse.{name} is {file}, which is a folder: give a file, e.g. {file}.duckdb"
        if hub and (file == hub or _is_in(file, folders)):
            return f"warehouse.{name} is {file}, which is inside the hub: keep them apart"
        if what := _other_use(sources, file):
            return f"warehouse.{name} is {file}, which is {what}: give another file"
    if "published" in files and files["published"] == files["path"]:
        return f"warehouse.published is {files['path']}, as warehouse.path is: give another file"
    return ""


def _other_use(sources: Sources, file: Path) -> str:
    """Return what else a file is there for, if the warehouse may not have it; else ''."""
    beside = {"sources.yaml": "the sources file", ".env": "where secrets are"}
    folder = Path(sources.resolve("."))
    for name, what in beside.items():
        if file == (folder / name).resolve():
            return what
    if isinstance(sources.tokens, FileTokens) and sources.tokens.path:
        tokens = Path(sources.resolve(sources.tokens.path))
        return "inside tokens.path" if _is_in(file, [tokens]) else ""
    return ""


def _clash(one: Source, other: Source) -> str:
    """Return why two sources cannot be in one file, seen from the first, or ''."""
    ours, theirs = one.schema_name, other.schema_name
    names = f"the sources {one.nickname} and {other.nickname}"
    both = f"the sources {one.nickname} ({ours}) and {other.nickname} ({theirs})"
    if ours == theirs:
        return f"{names} have the same schema, {ours}: give each its own"
    if _as_read(one.nickname) == _as_read(other.nickname):
        return f"{both} have the same nickname: give each its own"
    if one.nickname == theirs:
        return f"{both} would both be called {theirs}: change that nickname"
    if theirs == one.fivetran_schema:
        return f"{both} would share a schema, because of `fivetran` in the first: rename one schema"
    if theirs in {f"{ours}{ending}" for ending in _ENDINGS}:
        return f"{both} would share names in Dagster: rename one schema"
    return ""


def _as_read(name: str) -> str:
    """Return a normalized name, equal for names that look the same."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _catalog(path: str) -> str:
    """Return DuckDB's name for the database in a file: its name up to the first dot."""
    return Path(path).name.split(".")[0].casefold()


def _is_in(path: Path, folders: list[Path]) -> bool:
    return any(path == each or path.is_relative_to(each) for each in folders)
