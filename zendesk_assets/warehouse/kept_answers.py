"""Answers of queries on views, kept in a file of this machine while what they were made from stays.

A view over a year of events takes a fifth of a second to be counted; most syncs change nothing in
it. What is kept are numbers and days, never a text: nothing here is about a person. It is a cache:
who deletes the file, or cannot write it, has each query asked again.
"""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from zendesk_assets.storage.durable import write_durably
from zendesk_assets.warehouse.relations import look_at, name_table, table_names
from zendesk_assets.warehouse.view_comments import STAMP

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.views import View

Rows = list[tuple[Any, ...]]

_DAY: Final = "day"
_DECIMAL: Final = "decimal"
# Whatever changes a row of ours stamps it, so that the sum differs, even if clocks do. A row that
# was changed by hand, and not by us, counts at the next change of its table.
_STATE: Final = (
    "count(*), max(loaded_at), sum(CAST(extract(epoch FROM loaded_at) * 1000000 AS BIGINT))"
)


class KeptAnswers:
    """What was answered by the last look, and is answered by this one."""

    def __init__(self, known: dict[str, Any] | None = None) -> None:
        self._known, self._asked = known or {}, dict[str, Any]()
        self._states: dict[tuple[str, str], str] = {}

    def ask(self, session: Session, state: str, query: str, view: str) -> Rows:
        """Return the rows of a query on a `view` (a quoted name), which is `{view}` in it.

        They are as they were kept if it was asked before in this `state`.
        """
        key = _key(state, query)
        if key in self._known:
            self._asked[key] = self._known[key]
            return [tuple(map(_read, row)) for row in self._known[key]]
        rows = session.ask(query.replace("{view}", view))
        if all(_is_plain(value) for row in rows for value in row):
            self._asked[key] = [list(map(_write, row)) for row in rows]
        return rows

    def knows(self, state: str, query: str) -> bool:
        """Return whether a query need not be asked."""
        return _key(state, query) in self._known

    def state_of(self, session: Session, schema: str, view: View) -> str:
        """Return what the answers of a view depend on: its definition, and its tables' rows."""
        comment = look_at(session, schema + view.ending, view.name).comments.get("") or ""
        stamp = STAMP.search(comment)
        reads = {each.name for each in (*view.reads, *view.reads_if_there)}
        present = reads & table_names(session, schema)
        states = [self._table(session, schema, each) for each in sorted(present)]
        return "\n".join([stamp[1] if stamp else comment, *states])

    def _table(self, session: Session, schema: str, table: str) -> str:
        if (schema, table) not in self._states:
            (found,) = session.ask(f"SELECT {_STATE} FROM {name_table(session, schema, table)}")
            self._states[schema, table] = f"{table}: {', '.join(map(str, found))}"
        return self._states[schema, table]

    @property
    def asked(self) -> dict[str, Any]:
        """Return what was asked in this look, for the next one."""
        return self._asked


def states_of(session: Session | None, schema: str, views: Iterable[View]) -> list[str]:
    """Return what the answers of each view depend on; nothing if there is no warehouse yet."""
    kept = KeptAnswers()
    return [kept.state_of(session, schema, view) for view in views] if session else []


@contextmanager
def keeping_answers(file: Path | None) -> Iterator[KeptAnswers]:
    """Yield the answers that a file has; afterwards, it has those that were asked for meanwhile."""
    known = _load(file)
    kept = KeptAnswers(known)
    yield kept
    if file is not None and kept.asked != known:
        with suppress(OSError):
            write_durably(file, json.dumps(kept.asked).encode())


def _load(file: Path | None) -> dict[str, Any]:
    """Return what a file has; nothing if there is none, or if it is damaged."""
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8")) if file else {}
        return found if isinstance(found, dict) else {}
    return {}


def _key(state: str, query: str) -> str:
    return sha256(f"{state}\n{query}".encode()).hexdigest()


def _is_plain(value: object) -> bool:
    if isinstance(value, datetime):
        return False
    return value is None or isinstance(value, bool | int | float | Decimal | date)


def _write(value: object) -> object:
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    return {_DECIMAL: str(value)} if isinstance(value, Decimal) else value


def _read(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return date.fromisoformat(value[_DAY]) if _DAY in value else Decimal(value[_DECIMAL])
