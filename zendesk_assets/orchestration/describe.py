"""What the UI shows about assets: descriptions, column schemas, column lineage, from the catalog.

Pure functions; metadata keys are Dagster's own where they exist (`dagster/column_schema`, …).
https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from datetime import timedelta
from functools import cache
from typing import Any

import dagster as dg
from cron_descriptor import (
    FormatError,
    MissingFieldError,
    Options,
    WrongArgumentError,
    get_description,
)

from zendesk_assets.catalog import declared
from zendesk_assets.orchestration.keys import Place, hub_key
from zendesk_assets.orchestration.placement import placement_of
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Column, Completion, Stream
from zendesk_assets.warehouse import name_history

_HOW_READ = {
    Completion.CONTINUE: "Each sync continues where the last one ended.",
    Completion.SINCE: "Each sync requests what is new since the last one, with an overlap.",
    Completion.WHOLE: "Each sync reads it whole.",
}


def hub_description(source: Source, stream: Stream) -> str:
    """Return the description of a hub asset: contents, origin, freshness, storage."""
    placed = (
        f"\n- **Partitions**: months (UTC) by `{stream.time_field}`; the current one is updated at "
        "each sync, and what is covered is not requested again. Missing months are history: "
        "select and materialize them."
        if stream.partitioned
        else ""
    )
    tables = ", ".join(f"`{each.name}`" for each in declared().collections_of(stream.name))
    return (
        f"{stream.description}\n\n"
        f"- **From**: {_account(source)}, [`{stream.path}`]({stream.docs_url}).{_needs(stream)}\n"
        f"- **Fresh**: {_when_synced(source)}. {_HOW_READ[stream.completion]}"
        f"{_cadence(stream)}\n"
        f"- **Tables made from it**: {tables}.\n"
        f"- **Storage**: every record as Zendesk sent it, in `{source.schema_name}/{stream.name}` "
        "of the hub, as JSON lines compressed with zstd. Tables can be rebuilt from it without a "
        f"request.{placed}"
    )


def table_description(
    source: Source, collection: Collection, *, keeps_history: bool = False
) -> str:
    """Return the description of a table: contents, origin, key, freshness, example query."""
    table = f"{source.schema_name}.{collection.name}"
    states = f"\n- **History**: all states of its rows are in `{name_history(table)}`."
    return (
        f"{collection.description}\n\n"
        f"- **From**: {_account(source)}, through the hub asset "
        f"`{source.schema_name}/hub/{collection.stream}`, never by a request of its own. "
        f"[Zendesk's documentation]({collection.docs_url}) explains its columns.\n"
        f"- **Key**: {_key(collection)}\n"
        f"- **Fresh**: loaded {_when_loaded(source)}."
        f"{_cadence(declared().stream_of(collection))}{states * keeps_history}\n"
        "- **Query**:\n\n"
        f"```sql\nselect * from {table} where not _deleted limit 10;\n```"
    )


def _key(collection: Collection) -> str:
    row = f"one row per {', '.join(f'`{name}`' for name in collection.primary_key)}"
    if collection.is_series:
        return f"{row}. Each reading stays, and none replaces another."
    gone = ", once Zendesk's list no longer shows them" if collection.vanishes else ""
    return (
        f"{row}, in the newest state by `{collection.version}`; an older state never overwrites "
        f"it. Deleted records stay, with `_deleted` true{gone}."
    )


@cache
def in_words(cron: str) -> str:
    """Return a schedule in words: `Every 3 hours (UTC)`; the cron itself if it is unknown."""
    options = Options()
    options.locale_code, options.use_24hour_time_format = "en_US", True
    try:
        return f"{get_description(cron, options)} (UTC)"
    except (FormatError, MissingFieldError, WrongArgumentError):
        return f"`{cron}` (UTC)"


def _when_synced(source: Source) -> str:
    if not placement_of(source).automation:
        return "When this project materializes it"
    return in_words(source.source_sync_cron)


def _when_loaded(source: Source) -> str:
    if not placement_of(source).automation:
        return "when this project materializes it"
    return (
        f"{_lower(in_words(source.warehouse_sync_cron))}; the source sync before it is "
        f"{_lower(in_words(source.source_sync_cron))}"
    )


def _needs(stream: Stream) -> str:
    return f" Zendesk offers it with {stream.needs}; otherwise it stays empty." * bool(stream.needs)


def _cadence(stream: Stream) -> str:
    if not stream.cadence:
        return ""
    hours = round(stream.cadence / timedelta(hours=1))
    often = {1: "hour", 24: "day"}.get(hours, f"{hours} hours")
    return f" It is read once in each {often}, by the first sync."


def _account(source: Source) -> str:
    return f"the Zendesk account **{source.nickname}** ({source.url})"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def hub_metadata(stream: Stream) -> dict[str, Any]:
    """Return the static metadata of a hub asset."""
    return {
        "documentation": dg.MetadataValue.url(stream.docs_url),
        "path": stream.path,
        **code_reference(declared().file_of(stream.name)),
    }


@cache
def column_schema(collection: Collection) -> dg.TableSchema:
    """Return the table's columns with types and descriptions."""
    columns = [
        dg.TableColumn(
            name=column.name,
            type=column.type_name,
            description=_column_description(collection, column),
            constraints=dg.TableColumnConstraints(
                nullable=column.name not in collection.primary_key
            ),
        )
        for column in collection.columns
    ]
    ours = [
        dg.TableColumn(each.name, each.type_name, each.description)
        for each in collection.system_columns
    ]
    return dg.TableSchema(columns=[*columns, *ours])


def column_lineage(place: Place, collection: Collection) -> dg.TableColumnLineage:
    """Return the property of the hub's records that each column comes from."""
    key = hub_key(place, collection.stream)
    return dg.TableColumnLineage(
        deps_by_column={
            column.name: [
                dg.TableColumnDep(asset_key=key, column_name=collection.path_of(column.source_path))
            ]
            for column in collection.columns
        }
    )


def table_metadata(source: Source, collection: Collection) -> dict[str, Any]:
    """Return the static metadata of a table."""
    stream = declared().stream_of(collection)
    found: dict[str, Any] = {
        "dagster/table_name": f"{source.schema_name}.{collection.name}",
        "dagster/column_schema": column_schema(collection),
        "documentation": dg.MetadataValue.url(collection.docs_url),
        "primary_key": list(collection.primary_key),
        "version": collection.version,
    }
    if stream.partitioned:
        found["partition_expr"] = collection.version
    return found | code_reference(declared().file_of(stream.name))


def code_reference(file: str) -> dict[str, Any]:
    """Return a link to the file in which an asset is declared, for the UI to open."""
    there = dg.LocalFileCodeReference(file_path=file, line_number=1, label="declaration")
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[there])}


def _column_description(collection: Collection, column: Column) -> str:
    """Return a column's meaning, its path in the hub's record, and what it refers to.

    Only Dagster+ displays column lineage; here everyone can see the origin.
    """
    text, path = column.description, collection.path_of(column.source_path)
    if path != column.name:
        text += f" From `{path}`."
    if column.references:
        text += f" → {column.references.collection}.{column.references.column}"
    return text
