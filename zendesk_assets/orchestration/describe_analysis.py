"""What the UI shows about views and the report: descriptions, columns, lineage, figures.

Pure functions, as in `describe`, for the declarations in `zendesk_assets.analysis`.
https://docs.dagster.io/guides/build/assets/metadata-and-tags/column-level-lineage
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import dagster as dg

from zendesk_assets.analysis import VIEW_FILES, AnalysisView, Column
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration.describe import code_reference
from zendesk_assets.orchestration.figures_due import LOADED_UNTIL, MEASURED_AT, occasions
from zendesk_assets.orchestration.keys import Place, table_key
from zendesk_assets.orchestration.placement import path_of, placement_of
from zendesk_assets.plain_text import escape_markdown
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import ViewState

# What types are called, by what DuckDB calls them.
TYPE_NAMES = {
    "VARCHAR": "text",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "JSON": "json",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}


def example_of(schema: str, view: AnalysisView) -> str:
    """Return the view's example query, with its qualified name."""
    return view.example.format(view=f"{schema}.{view.name}")


def view_description(source: Source, view: AnalysisView) -> str:
    """Return the description of a view in Markdown: contents, origin, key, freshness, query."""
    grain = ", ".join(f"`{name}`" for name in view.grain)
    tables = ", ".join(f"`{source.schema_name}.{name}`" for name in view.reads)
    return (
        f"{view.description}\n\n"
        f"- **From**: {tables}, by a view in the warehouse.\n"
        f"- **Key**: one row per {grain}.\n"
        "- **Fresh**: always as fresh as these tables. Its definition is brought up to date after "
        f"each load. The plotted figures are counted {_when_measured(source)}; materializing it "
        "does both at once.\n"
        "- **Query**:\n\n"
        f"```sql\n{example_of(source.schema_name, view)}\n```"
    )


def _when_measured(source: Source) -> str:
    """Return when figures are measured by themselves; in another project, what it has decided."""
    if not placement_of(source).automation:
        return "when this project materializes it"
    return occasions(source)


def nested_view_description(source: Source, view: AnalysisView) -> str:
    """Return the same of a view over a table, which has no figures."""
    grain = ", ".join(f"`{name}`" for name in view.grain)
    tables = ", ".join(f"`{source.schema_name}.{name}`" for name in view.reads)
    return (
        f"{view.description}\n\n"
        f"- **From**: {tables}, by a view in the warehouse.\n"
        f"- **Key**: one row per {grain}.\n"
        "- **Fresh**: always as fresh as its table. Materializing it creates the view, or replaces "
        "it if its definition has changed; that happens after the first load, and after upgrades.\n"
        "- **Query**:\n\n"
        f"```sql\n{example_of(source.schema_name, view)}\n```"
    )


def view_metadata(source: Source, view: AnalysisView) -> dict[str, Any]:
    """Return the static metadata of a view."""
    file = VIEW_FILES.get(view.name) or declared().views[view.name].file
    return relation_metadata(source.schema_name, view, file)


def relation_metadata(schema: str, view: AnalysisView, file: str) -> dict[str, Any]:
    """Return the same of a view in a schema of its own, which is declared in a `file`."""
    return {
        "dagster/table_name": f"{schema}.{view.name}",
        "dagster/column_schema": _schema(view, view.columns),
        "grain": list(view.grain),
        **code_reference(file),
    }


def figures_metadata(
    source: Source, view: AnalysisView, state: ViewState, figures: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metadata of a materialization: actual columns, lineage, numbers to plot."""
    declared = {column.name: column for column in view.columns}
    columns = [
        declared.get(field.name)
        or Column(
            field.name,
            field.sql_type,
            escape_markdown(field.comment),  # it contains the title of a custom field
            ("tickets.custom_fields",),
        )
        for field in state.fields
    ]
    found: dict[str, Any] = {
        "dagster/column_schema": _schema(view, columns),
        "dagster/column_lineage": _lineage(path_of(source), columns),
        "view_was_changed": state.changed,
    }
    if state.missing:
        found["tables_not_there_yet"] = list(state.missing)
    if "rows" in figures:
        found["dagster/row_count"] = int(figures["rows"])
    moments = [name for name in (MEASURED_AT, LOADED_UNTIL) if name in figures]
    found |= {name: dg.MetadataValue.timestamp(figures[name]) for name in moments}
    rest = [name for name in figures if name not in {"rows", *moments}]
    numbers = {name: _plain(figures[name]) for name in rest}
    return found | {name: value for name, value in numbers.items() if value is not None}


def _schema(view: AnalysisView, columns: Iterable[Column]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=TYPE_NAMES[column.sql_type],
                description=_column_description(column),
                constraints=dg.TableColumnConstraints(nullable=column.name not in view.grain),
            )
            for column in columns
        ]
    )


def _column_description(column: Column) -> str:
    """Return a column's meaning and origin, in the same form as for tables."""
    made_from = ", ".join(f"`{each}`" for each in column.made_from)
    return f"{column.description} From {made_from}." if made_from else column.description


def _lineage(place: Place, columns: Iterable[Column]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        deps_by_column={
            column.name: [
                dg.TableColumnDep(asset_key=table_key(place, table), column_name=name)
                for table, _, name in (each.partition(".") for each in column.made_from)
            ]
            for column in columns
            if column.made_from
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | float):
        return round(float(value), 2)
    return value.isoformat() if isinstance(value, date | datetime) else value
