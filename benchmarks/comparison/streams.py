"""The streams that all contestants have, and what each record is known by."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

__all__ = ["OURS", "STREAMS", "Key", "Record", "seconds_of"]

# The names are those of Airbyte's source and of tap-zendesk.
STREAMS: Final = (
    "tickets",
    "ticket_metrics",
    "ticket_comments",
    "users",
    "organizations",
    "groups",
    "group_memberships",
    "satisfaction_ratings",
    "ticket_fields",
    "tags",
    "sla_policies",
)
# In our tables, comments are rows of ticket_events.
OURS: Final = tuple("ticket_events" if each == "ticket_comments" else each for each in STREAMS)

Key = int | str


class Record(msgspec.Struct):
    """What is read of a record: its key, and when it was last updated."""

    id: int | None = None
    name: str | None = None
    updated_at: str | None = None

    def key(self, stream: str) -> Key:
        """Return the key: the name of a tag, the id of everything else."""
        found = self.name if stream == "tags" else self.id
        if found is None:
            raise ValueError(f"A record of {stream} has no key.")
        return found


def seconds_of(time: str | None) -> float:
    """Return a time as seconds since 1970, whatever notation it has; 0 for none."""
    return datetime.fromisoformat(time).timestamp() if time else 0.0
