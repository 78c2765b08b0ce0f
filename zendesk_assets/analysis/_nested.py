"""Views that the catalog declares over one table, as views like those of analysis."""

from functools import cache
from hashlib import sha256

from zendesk_assets.analysis._declaration import AnalysisView, Column
from zendesk_assets.catalog import declared
from zendesk_assets.spec import Column as SpecColumn
from zendesk_assets.spec import NestedView
from zendesk_assets.warehouse import Surroundings, build_nested_view
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.types import SQL_TYPES


@cache
def as_analysis_view(name: str) -> AnalysisView:
    """Return the view of the catalog that is called `name`."""
    view = declared().views[name]

    def sql(around: Surroundings) -> str:
        return build_nested_view(view, around, declared())

    return AnalysisView(
        name=name,
        title=name,
        description=view.description,
        grain=view.primary_key,
        reads=declared().read_by(view),
        columns=tuple(_column(view, each) for each in view.every_column),
        sql=sql,
        example="select * from {view} where not _deleted limit 10;",
    )


@cache
def definition_version(name: str) -> str:
    """Return a fingerprint of the view's SQL and columns, on all engines."""
    view = as_analysis_view(name).as_view()
    tables = frozenset(each.name for each in view.reads)
    queries = [
        view.build(Surroundings("", tables, view.reads, dialect, lambda _: []))
        for dialect in (DUCKDB, POSTGRES)
    ]
    return sha256(repr((view.description, queries)).encode()).hexdigest()[:12]


def _column(view: NestedView, column: SpecColumn) -> Column:
    return Column(
        column.name, SQL_TYPES[column.type], column.description, declared().made_from(view, column)
    )
