"""What a sync is asked for: which half of the work, and which days. No Dagster is needed here."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from zendesk_assets.errors import ZendeskAssetsError


class SyncScope(Enum):
    """Which half of the work to do."""

    HUB = "hub"
    WAREHOUSE = "warehouse"
    BOTH = "both"


@dataclass(frozen=True)
class Span:
    """The days from `start` to before `end`; None means the source's own limit."""

    start: date | None = None
    end: date | None = None


def to_span(first: date | None, end: date | None) -> Span:
    """Return the days from `first` to before `end`.

    Raises:
        ZendeskAssetsError: if there are none.
    """
    if first and end and first >= end:
        raise ZendeskAssetsError(
            f"There is no day from {first} to before {end}: --to is the day after the last one, so "
            "give a later --to or an earlier --from."
        )
    return Span(first, end)
