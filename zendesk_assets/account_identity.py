"""Which Zendesk account something belongs to, as the hub and the warehouse remember it.

A subdomain can be given to another account, and one account's can be changed; the ids of groups
are unique in all of Zendesk, and deleted groups stay in the list, so two accounts share none. How
an account is asked, and where it is remembered, is not known here.
"""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["NO_GROUP", "AccountIdentity", "describe_other", "difference"]

NO_GROUP: Final = "none of its groups"


class AccountIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """An account: its subdomain and address in the sources file, and what it said of itself.

    `host` is the one in the addresses of its records, `groups` are ids of its groups; both are
    empty as long as it was not asked.
    """

    subdomain: str
    url: str
    host: str = ""
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Return what messages call it."""
        known = f", with the group {min(self.groups)}" if self.groups else ""
        host = f", which calls itself {self.host}" if self.host not in {"", self._usual} else ""
        return f"{self.subdomain} ({self.url}{host}{known})"

    @property
    def _usual(self) -> str:
        return f"{self.subdomain}.zendesk.com"


def difference(known: AccountIdentity, present: AccountIdentity) -> str:
    """Return in what an account is not the known one: "" if nothing says that it is another.

    The address does not count: a simulator or a proxy may have another each time.
    """
    if known.subdomain != present.subdomain:
        return "another subdomain"
    if known.host and present.host and known.host != present.host:
        return "another address in its records"
    if known.groups and present.groups and not set(known.groups) & set(present.groups):
        return NO_GROUP
    return ""


def describe_other(
    filled: str, schema: str, known: AccountIdentity, present: AccountIdentity, what: str
) -> str:
    """Return the sentence about an account that is not the one that `filled` a place of `schema`.

    `what` is their difference.
    """
    return (
        f"{filled} was filled by the account {known.name}, and the source is now {present.name}, "
        f"with {what}; nothing was written: give the source a schema of its own, or, if it is the "
        f"same account, say so with `zendesk-assets check --source {schema} --same-account`."
    )
