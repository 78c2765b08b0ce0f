"""What the UI says about assets: descriptions, column schemas, column lineage, from the catalog.

Pure functions; keys of metadata are Dagster's own where it has one (`dagster/column_schema`, …).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from zendesk_assets.catalog import STREAMS
from zendesk_assets.orchestration.keys import hub_key
from zendesk_assets.sources import Source
from zendesk_assets.spec import Collection, Column, Completion, Stream

__all__ = [
    "column_lineage",
    "column_schema",
    "hub_description",
    "table_description",
    "table_metadata",
]

_HOW_READ = {
    Completion.CONTINUE: "Each sync continues where the last one ended.",
    Completion.SINCE: "Each sync asks for what is new since the last, with an overlap.",
    Completion.WHOLE: "Each sync reads the whole list.",
}


def hub_description(source: Source, stream: Stream) -> str:
    """Return what a hub asset is, in Markdown."""
    placed = (
        f"A partition is a day (UTC) by `{stream.time_field}`; today's is brought up to date at "
        "each sync. A covered day is not asked for again.\n\n"
        if stream.partitioned
        else ""
    )
    return (
        f"{stream.description}\n\n"
        f"Raw records of **{source.nickname}** ({source.url}), as Zendesk sent them, from "
        f"[`{stream.path}`]({stream.docs_url}). {_HOW_READ[stream.completion]}\n\n"
        f"{placed}Schedule: `{source.source_sync_cron}` (UTC)."
    )


def table_description(source: Source, collection: Collection) -> str:
    """Return what a table is and how to query it, in Markdown."""
    table = f"{source.schema_name}.{collection.name}"
    key = ", ".join(f"`{name}`" for name in collection.primary_key)
    return (
        f"{collection.description}\n\n"
        f"One row per {key}, the newest state by `{collection.version}`; an older one never "
        f"overwrites it. Deleted records stay, with `_deleted` true. Made from the hub stream "
        f"`{collection.stream}`, never from a request of its own.\n\n"
        f"```sql\nselect * from {table} where not _deleted limit 10;\n```\n\n"
        f"[Zendesk's documentation]({collection.docs_url}). "
        f"Schedule: `{source.warehouse_sync_cron}` (UTC)."
    )


def column_schema(collection: Collection) -> dg.TableSchema:
    """Return the table's columns with types and descriptions."""
    columns = [
        dg.TableColumn(
            name=column.name,
            type=column.type_name,
            description=_column_description(column),
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


def column_lineage(schema: str, collection: Collection) -> dg.TableColumnLineage:
    """Return which property of the hub's records each column is made from."""
    key = hub_key(schema, collection.stream)
    return dg.TableColumnLineage(
        deps_by_column={
            column.name: [
                dg.TableColumnDep(asset_key=key, column_name=collection.path_of(column.source_path))
            ]
            for column in collection.columns
        }
    )


def table_metadata(source: Source, collection: Collection) -> dict[str, Any]:
    """Return the metadata of a table that never changes."""
    stream = STREAMS[collection.stream]
    found: dict[str, Any] = {
        "dagster/table_name": f"{source.schema_name}.{collection.name}",
        "dagster/column_schema": column_schema(collection),
        "documentation": dg.MetadataValue.url(collection.docs_url),
        "primary_key": list(collection.primary_key),
        "version": collection.version,
    }
    if stream.partitioned:
        found["partition_expr"] = collection.version
    return found


def _column_description(column: Column) -> str:
    if not column.references:
        return column.description
    return f"{column.description} → {column.references.collection}.{column.references.column}"
