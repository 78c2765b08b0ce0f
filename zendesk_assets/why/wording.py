"""A history in words: what the lines of a terminal and of a page have in common."""

import json
from datetime import datetime
from typing import Any, Final

from zendesk_assets.plain_text import counted, to_one_line
from zendesk_assets.why.history import Change, History, Kind, Step
from zendesk_assets.why.judging import moment
from zendesk_assets.why.landed import Origin

LONGEST: Final = 60  # characters of a value that are shown
_SYSTEM: Final = -1  # as Zendesk says that no person did something


def title(step: Step) -> str:
    """Return what a step is, in a few words."""
    match step.kind:
        case Kind.QUARANTINED:
            return "quarantined, so it is not in the table"
        case Kind.DELETED_BESIDE:
            return "deleted by another record"
        case Kind.ABSENT:
            return "no longer in the list"
        case Kind.PRUNED if step.origins[0].pruned:
            return "its record was removed by `hub prune`"
        case Kind.PRUNED:
            return "its record is no longer in the hub"
    marks = {"wiped by Zendesk": step.wiped, "deleted": step.deleted and not step.wiped}
    said = [what for what, is_so in marks.items() if is_so]
    same = not step.is_first and not step.changes and not said
    unchanged = ["nothing else has changed"] * same
    return ", ".join([*["first state"] * step.is_first, *said, *unchanged])


def when(step: Step) -> str:
    """Return when a step was, as Zendesk says; where it does not, when it was received."""
    return moment(step.version or step.origins[0].received)


def changed(change: Change) -> tuple[str, str, str]:
    """Return a change as what, `old → new`, and by whom, all in one line each."""
    old, new = value(change.difference.old), value(change.difference.new)
    return to_one_line(change.difference.path), f"{old} → {new}", who(change)


def who(change: Change) -> str:
    """Return who made a change, and when, or "" where nothing tells it."""
    if change.at is None:
        return ""
    name = to_one_line(change.name or "")
    person = f"{name} ({change.by})" if name else f"{change.by}"
    return f"by {'the system' if change.by == _SYSTEM else person}, {moment(change.at)}"


def value(found: Any, longest: int = LONGEST) -> str:
    """Return a value in one line, shortened."""
    if found is None:
        return "-"
    if isinstance(found, datetime):
        return moment(found)
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    text = to_one_line(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def brought(origin: Origin, history: History) -> str:
    """Return which sync and page brought a state, in which batch, and when it was loaded."""
    page = f", page {origin.page:,}" if origin.page else ""
    line = f", line {origin.line:,}" if origin.line else ""
    loaded = history.loaded.get(origin.batch)
    said = f"loaded {moment(loaded)}" if loaded else "not loaded"
    return f"sync of {moment(origin.walk_started)}{page}; batch {origin.batch}{line}; {said}"


def heading(history: History) -> str:
    """Return how many states of a row landed."""
    landed = f"{counted(history.states, 'state')} landed"
    if history.receipts == history.states:
        return landed
    return f"{landed}, received {history.receipts:,} times in all"
