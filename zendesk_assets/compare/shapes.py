"""What other tools call our tables and columns, and by which columns of theirs they are known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError, meant
from zendesk_assets.spec import RECEIVED, Column, ColumnType, Stream

# Beginnings of the columns that a tool adds, in the order in which they are looked for.
_TOOLS: Final = {
    "Fivetran": ("_fivetran_",),
    "Airbyte": ("_airbyte_", "_ab_"),
    "Stitch": ("_sdc_",),
    "dlt": ("_dlt_",),
    "Segment": ("uuid_ts", "uuid"),
}
_SYNCED: Final = (
    "_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "_sdc_batched_at",
    "uuid_ts", "loaded_at", "received_at",
)  # fmt: skip
_DELETED: Final = ("_fivetran_deleted", "_sdc_deleted_at", "_ab_cdc_deleted_at")
# Names of tables that no rule leads to, and of columns, as Fivetran, Airbyte and Segment have them.
_TABLES: Final = {"ticket_activities": "activities"}
_COLUMNS: Final = {
    "created_at": ("created",),
    "updated_at": ("updated",),
    "comment_created_at": ("created", "created_at"),
    "timestamp": ("updated",),
    "author_id": ("user_id",),
    "updater_id": ("user_id",),
}


@dataclass(frozen=True)
class OurTable:
    """A table or view of ours: the columns that have values of Zendesk, and its key.

    `version` is the column that orders two states of a row, or ""; `collection` is the table, or
    the one that a view shows.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str
    collection: str

    @property
    def stream(self) -> Stream:
        """Return the stream that brings its rows."""
        return declared().stream_of(declared().collections[self.collection])


@dataclass(frozen=True)
class Copy:
    """The columns of another tool's table, by what they mean; "" where there is none.

    `matched` are the names there of columns of ours.
    """

    tool: str
    matched: Mapping[str, str]
    synced: str
    deleted: str
    rest: tuple[str, ...]


def find_ours(theirs: str, wanted: str = "") -> OurTable:
    """Return the table of ours called `wanted`, or the one that a table called `theirs` copies.

    Raises:
        ZendeskAssetsError: if there is none.
    """
    catalog = declared()
    known = {*catalog.collections, *catalog.views}
    bare = theirs.lower()
    guesses = (bare, f"{bare}s", f"{bare.removesuffix('y')}ies", _TABLES.get(bare, ""))
    name = wanted or next((each for each in guesses if each in known), "")
    if name not in known:
        said = f"no table {wanted}{meant(wanted, known)}" if wanted else f"no table like {theirs}"
        raise ZendeskAssetsError(
            f"We have {said}: name ours with --table, one of those in docs/collections.md."
        )
    if name in catalog.views:
        view = catalog.views[name]
        columns = tuple(each for each in view.every_column if each not in view.system_columns)
        return OurTable(name, columns, view.primary_key, "", view.collection)
    found = catalog.collections[name]
    version = found.version if found.is_versioned else ""
    columns = (*found.columns, *([RECEIVED] if found.is_series else []))
    return OurTable(name, columns, found.primary_key, version, name)


def read_shape(ours: OurTable, columns: Iterable[str]) -> Copy:
    """Return what the columns of a copy mean."""
    present = {each.lower(): each for each in columns}
    tool = next((t for t, starts in _TOOLS.items() if _any_begins(present, starts)), "")
    matched: dict[str, str] = {}
    for column in ours.columns:
        for name in (column.name, *_COLUMNS.get(column.name, ())):
            if name in present and present[name] not in matched.values():
                matched[column.name] = present[name]
                break
    added = [each for starts in _TOOLS.values() for each in starts]
    rest = [
        name
        for lower, name in present.items()
        if name not in matched.values()
        and not _any_begins([lower], added)
        and lower not in {"received_at", "loaded_at"}
    ]
    return Copy(tool, matched, _first(present, _SYNCED), _first(present, _DELETED), tuple(rest))


def kind_of(sql_type: str) -> ColumnType | None:
    """Return what a type of either engine holds; None for what is none of ours.

    TIMESTAMP stands for a time with a zone, EPOCH for one without.
    """
    name = sql_type.lower()
    if name.endswith("[]") or name.startswith(("struct", "map", "json")):
        return ColumnType.JSON
    if name.startswith(("timestamp", "date")):
        return ColumnType.TIMESTAMP if "with time zone" in name else ColumnType.EPOCH
    base = name.partition("(")[0].strip()
    return _KINDS.get(base)


_KINDS: Final = {
    **dict.fromkeys(("varchar", "text", "character varying", "character", "uuid"), ColumnType.TEXT),
    **dict.fromkeys(
        ("bigint", "integer", "smallint", "tinyint", "hugeint", "ubigint", "uinteger"),
        ColumnType.INTEGER,
    ),
    **dict.fromkeys(
        ("double", "double precision", "float", "real", "decimal", "numeric"), ColumnType.NUMBER
    ),
    "boolean": ColumnType.BOOLEAN,
}


def _any_begins(names: Iterable[str], starts: Iterable[str]) -> bool:
    return any(name.startswith(tuple(starts)) for name in names)


def _first(present: Mapping[str, str], wanted: Iterable[str]) -> str:
    return next((present[name] for name in wanted if name in present), "")
