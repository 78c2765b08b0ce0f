"""Budgets: every limit of Zendesk's that requests are charged to, declared once.

Counting, waiting, the estimate and the figures of a sync are derived from it: one more limit is one
more member. The simulator has its own list, because it does not import what we believe.
"""

import enum
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A limit in requests a minute, which holds beside the account's own or `is_apart` from it.

    `name` is what stores of counts call it; existing ones have it, so it never changes. `words` are
    what people read after a number.
    `per_minute` is its size on every plan without the High Volume add-on; where that is 0, a
    setting of the source says it. `header` is what Zendesk's headers call it, if they name it.
    """

    name: str
    words: str
    per_minute: int = 0
    header: str = ""
    is_apart: bool = False


class Budget(enum.Enum):
    """Which limit a request is charged to (trap T23, docs/zendesk-api.md#limits)."""

    ACCOUNT = Limit("core", "requests")
    EXPORTS = Limit("exports", "exports", header="incremental-exports")
    USERS_EXPORT = Limit("users", "exports of users", 20, header="incremental-exports-cursor")
    # As large as the account's, and not charged to it: the Help Center, the community, surveys.
    GUIDE = Limit("guide", "of the Help Center and surveys", is_apart=True)
    TALK_EXPORTS = Limit("talk_exports", "exports of calls", 10)
    SIDE_CONVERSATIONS = Limit("side_conversations", "of side conversations", 60)
    DELETED_TICKETS = Limit("deleted_tickets", "of deleted tickets", 10)
    RECORDS_EXPORT = Limit("records_export", "exports of custom objects", 10)
    WEBHOOKS = Limit("webhooks", "of webhooks", 100)
    # A service of its own, whose answers have none of the account's headers.
    ACCESS_LOGS = Limit("access_logs", "of the access log", 50, is_apart=True)

    @property
    def charged(self) -> tuple["Budget", ...]:
        """Return all the budgets that a request takes a place in, its own first."""
        if self is Budget.ACCOUNT or self.value.is_apart:
            return (self,)
        return (self, Budget.ACCOUNT)
