"""The history of a row as values: its steps in their order, and what the table shows of it."""

import enum
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from zendesk_assets.why.differences import Difference
from zendesk_assets.why.landed import Origin


class Kind(enum.Enum):
    """What a step of a row's history is."""

    STATE = "state"
    QUARANTINED = "quarantined"  # a state that could not be read, and stayed out of the table
    DELETED_BESIDE = "deleted by another record"  # that says that all rows of its own are gone
    ABSENT = "absent"  # a complete walk of the list no longer showed it
    PRUNED = "pruned"  # a state whose record is no longer in the hub


@dataclass(frozen=True)
class Change:
    """A value that a state changed, and, where another table tells it, who did that and when."""

    difference: Difference
    by: int | None = None
    name: str | None = None
    at: datetime | None = None


@dataclass
class Step:
    """A state of a row, or what else happened to it.

    `version` is when it was so, as Zendesk says; `origins` are all places where it landed, in the
    order of receipt. `changes` are those since the state before; of the first state, all its
    values. `reason` is why it, or a value of it, could not be read; `erased` is when a person was
    taken out of it.
    """

    number: int
    kind: Kind
    version: datetime | None
    origins: list[Origin]
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    reason: str = ""
    deleted: bool = False
    wiped: bool = False
    erased: datetime | None = None
    is_first: bool = False


@dataclass
class History:
    """All that is known of a row, without a request.

    `states` landed, as `receipts` in all. `winner` is the number of the step that counts, by the
    rules of a load; `shown`, of the step that the table shows; None for neither. `verdict` says in
    sentences which, and why; `notes`, what limits the answer. `loaded` says per batch when it was
    loaded. `agrees` is whether the table is as the hub says.
    """

    schema: str
    collection: str
    key: tuple[str, ...]
    version_column: str
    steps: list[Step]
    states: int
    receipts: int
    winner: int | None = None
    shown: int | None = None
    agrees: bool = False
    verdict: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    loaded: dict[str, datetime] = field(default_factory=dict)
    differs: list[Difference] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return what messages call the row: `zendesk_prod.tickets 268`."""
        return f"{self.schema}.{self.collection} {','.join(self.key)}"


def only(history: History, column: str | None) -> History:
    """Return a history with the changes of one column, and without states that did not change it.

    The state that counts stays, the one in the table, and all that is not a state.
    """
    if column is None:
        return history
    steps = [
        replace(step, changes=[each for each in step.changes if each.difference.column == column])
        for step in history.steps
    ]
    marked = (history.winner, history.shown)
    kept = [e for e in steps if e.changes or e.number in marked or e.kind is not Kind.STATE]
    return replace(history, steps=kept)
