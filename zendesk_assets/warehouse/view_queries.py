"""Many queries on a few views, within one session.

What a view is, and how it is created, is in `views`.
"""
# ruff: noqa: S608  # names are quoted by `name_table` and `ident`

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.kept_answers import KeptAnswers
from zendesk_assets.warehouse.relations import name_table, view_names
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.views import View

# A view's name and a query in which `{view}` stands for it.
Asked = tuple[str, str]


def select_all(
    session: Session | None,
    schema: str,
    asked: Collection[Asked],
    short: AbstractSet[str] = frozenset(),
    views: Mapping[str, View] = MappingProxyType({}),
    kept: KeptAnswers | None = None,
) -> dict[Asked, list[tuple[Any, ...]]]:
    """Return the rows of each query; none if its view is not there.

    Of `short` views, the rows are stored meanwhile, where the engine can: several queries of one
    need it to be computed only once. Of `views`, answers may be `kept` from the last time.
    """
    present = view_names(session, schema) if session else set()
    found: dict[Asked, list[tuple[Any, ...]]] = {each: [] for each in asked}
    for view in dict.fromkeys(view for view, _ in asked):
        if session is None or view not in present:
            continue
        answers = kept if kept and view in views else KeptAnswers()
        state = answers.state_of(session, schema, views[view]) if view in views else ""
        queries = [each for each in asked if each[0] == view]
        new = sum(not answers.knows(state, query) for _, query in queries)
        with _source(session, schema, view, keep=new > 1 and view in short) as source:
            for each in queries:
                found[each] = answers.ask(session, state, each[1], source)
    return found


@contextmanager
def _source(session: Session, schema: str, view: str, *, keep: bool) -> Iterator[str]:
    """Yield what to write after FROM: the view, or a temporary table with its rows."""
    source = name_table(session, schema, view)
    if not (keep and session.dialect.keeps_while_reading):
        yield source
        return
    kept = ident(f"~{view}")
    session.change(session.dialect.temporary.format(kept, f"SELECT * FROM {source}"))
    yield kept
    session.change(f"DROP TABLE {kept}")
