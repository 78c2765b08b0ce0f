"""A history as JSON: names as in the tables, moments in ISO 8601 (UTC)."""

from datetime import UTC, date, datetime
from typing import Any

from zendesk_assets.why.differences import Difference
from zendesk_assets.why.history import Change, History, Step
from zendesk_assets.why.landed import Origin


def to_json(history: History) -> dict[str, Any]:
    """Return a history as an object of JSON's types."""
    return {
        "source": history.schema,
        "collection": history.collection,
        "key": list(history.key),
        "version_column": history.version_column,
        "state_that_counts": history.winner,
        "state_in_table": history.shown,
        "table_agrees": history.agrees,
        "verdict": history.verdict,
        "table_differs": [_difference(each) for each in history.differs],
        "notes": history.notes,
        "states": [_step(each, history) for each in history.steps],
    }


def _step(step: Step, history: History) -> dict[str, Any]:
    return {
        "state": step.number,
        "kind": step.kind.value,
        "version": _plain(step.version),
        "counts": step.number == history.winner,
        "in_table": step.number == history.shown,
        "deleted": step.deleted,
        "wiped": step.wiped,
        "reason": step.reason or None,
        "erased": _plain(step.erased),
        "changes": [_change(each) for each in step.changes],
        "landed": [_origin(each, history) for each in step.origins],
    }


def _change(change: Change) -> dict[str, Any]:
    told = {"by": change.by, "name": change.name, "at": _plain(change.at)}
    return {**_difference(change.difference), **told}


def _difference(difference: Difference) -> dict[str, Any]:
    old, new = _plain(difference.old), _plain(difference.new)
    return {"column": difference.column, "path": difference.path, "old": old, "new": new}


def _origin(origin: Origin, history: History) -> dict[str, Any]:
    return {
        "batch": origin.batch,
        "line": origin.line or None,
        "sync_started": _plain(origin.walk_started),
        "page": origin.page or None,
        "received": _plain(origin.received),
        "pruned": _plain(origin.pruned),
        "loaded": _plain(history.loaded.get(origin.batch)),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
