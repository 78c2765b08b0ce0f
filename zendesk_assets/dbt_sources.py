"""The tables and views of schemas of ours as a dbt `sources.yml`: meaning, tests, freshness, keys.

Everything comes from the declarations. Column tests say what our own checks of the tables say, so
that it holds where dbt is all that runs. `meta` has the key of the asset in Dagster, by which
dagster-dbt finds it. For dbt 1.10.6 or newer: https://docs.getdbt.com/reference/source-properties.
"""
# ruff: noqa: S608  # a text for dbt, made of declared names

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import yaml

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.catalog import declared
from zendesk_assets.spec import Collection, Column, ColumnType
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.tables import LOAD_LOG, Relation

_HEAD: Final = (
    "# Written by `zendesk-assets schema --format dbt`: change nothing here, but write it again\n"
    "# after an upgrade, or when other collections are synced.\n"
)
_LOADS: Final = "_loads"
_Entry = dict[str, Any]


@dataclass(frozen=True)
class DbtSource:
    """A schema of ours: its `title` for people, its tables, and the views beside them.

    `windows` returns, for how often a list is read, after which age of a table dbt is to warn, and
    after which to fail.
    """

    schema: str
    title: str
    collections: tuple[Collection, ...]
    views: tuple[AnalysisView, ...]
    windows: Callable[[timedelta], tuple[timedelta, timedelta]]


def sources_yml(sources: Iterable[DbtSource]) -> str:
    """Return the content of a `sources.yml` with these schemas."""
    content = {"version": 2, "sources": [_source(each) for each in sources]}
    return _HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _source(source: DbtSource) -> _Entry:
    names = {each.name for each in source.collections}
    return {
        "name": source.schema,
        "description": f"{source.title}: the tables of a Zendesk account, in their latest state.",
        "schema": source.schema,
        "tables": [
            *(_table(source, each, names) for each in source.collections),
            *(_view(source, each, names) for each in source.views),
            *(_log(source, each) for each in LOAD_LOG.values()),
        ],
    }


def _table(source: DbtSource, collection: Collection, names: Container[str]) -> _Entry:
    cadence = declared().stream_of(collection).cadence
    query = (
        f"select max(loaded_at) from {source.schema}.{_LOADS} "
        f"where collection = '{collection.name}'"
    )
    columns = [*collection.columns, *collection.system_columns]
    return {
        **_described(collection.name, collection.description),
        "config": {
            "meta": _meta(source, collection.name),
            # A row's own time would be old where nothing has changed.
            "loaded_at_query": query,
            "freshness": _freshness(*source.windows(cadence)),
        },
        **_tests_of_key(collection.primary_key),
        "columns": [_column(source, each, collection.primary_key, names) for each in columns],
    }


def _view(source: DbtSource, view: AnalysisView, names: Container[str]) -> _Entry:
    nested = declared().views.get(view.name)
    columns = (
        [_column(source, each, view.grain, names) for each in nested.every_column]
        if nested
        else [_described(each.name, each.description) for each in view.columns]
    )
    return {
        **_described(view.name, view.description),
        "config": {"meta": _meta(source, view.name)},
        **(_tests_of_key(view.grain) if nested else {}),
        "columns": columns,
    }


def _log(source: DbtSource, relation: Relation) -> _Entry:
    entry: _Entry = {
        **_described(relation.name, relation.description),
        "columns": [_described(each.name, each.comment) for each in relation.fields],
    }
    if relation.name == _LOADS:
        entry["loaded_at_field"] = "loaded_at"
        entry["config"] = {"freshness": _freshness(*source.windows(timedelta()))}
    return entry


def _column(source: DbtSource, column: Column, key: Sequence[str], names: Container[str]) -> _Entry:
    tests: list[str | _Entry] = []
    if column.name in key:
        tests = ["unique", "not_null"] if len(key) == 1 else ["not_null"]
    target = column.references
    if target and not target.listed and target.collection in names:
        there = f"source('{source.schema}', '{target.collection}')"
        arguments = {"to": there, "field": target.column}
        # What is gone at Zendesk may be named for ever, as a deleted brand in a ticket.
        config = {"where": _is_id(column), "severity": "warn"}
        tests.append({"relationships": {"arguments": arguments, "config": config}})
    entry = _described(column.name, column.description)
    return entry | ({"quote": True, "data_tests": tests} if tests else {})


def _is_id(column: Column) -> str:
    """Return the condition that a value names somebody: -1 is the system, 0 and '' are nobody."""
    nobody = "<> ''" if column.type is ColumnType.TEXT else "> 0"
    return f"not _deleted and {ident(column.name)} {nobody}"


def _tests_of_key(key: Sequence[str]) -> _Entry:
    """Return the test that several columns together tell rows apart; one has its own test."""
    if len(key) == 1:
        return {}
    parts = ", '-', ".join(map(ident, key))
    return {"data_tests": [{"unique": {"arguments": {"column_name": f"concat({parts})"}}}]}


def _described(name: str, description: str) -> _Entry:
    return {"name": name, "description": _plain(description)}


def _plain(description: str) -> str:
    """Return a text that dbt, which takes descriptions for templates, shows as it is."""
    is_template = any(mark in description for mark in ("{{", "{%", "{#"))
    return f"{{% raw %}}{description}{{% endraw %}}" if is_template else description


def _meta(source: DbtSource, name: str) -> _Entry:
    return {"dagster": {"asset_key": [source.schema, name]}}


def _freshness(warn: timedelta, fail: timedelta) -> _Entry:
    return {"warn_after": _hours(warn), "error_after": _hours(fail)}


def _hours(length: timedelta) -> _Entry:
    return {"count": max(1, round(length.total_seconds() / 3600)), "period": "hour"}
