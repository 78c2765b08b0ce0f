"""The Zendesk account that data belongs to, as hub and warehouse remember it.

A subdomain can be given to another account, and an account's subdomain can change; the ids of
groups are unique across Zendesk, and deleted groups stay in the list, so two accounts share none.
Requests to the account, and where its identity is stored, are elsewhere.
"""

from typing import Final

import msgspec

NO_GROUP: Final = "none of its groups"


class AccountIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """An account: its subdomain and address in the sources file, and what its API shows.

    `host` is the host in the addresses of its records, `groups` are ids of its groups; both are
    empty until they have been requested.
    """

    subdomain: str
    url: str
    host: str = ""
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Return its name in messages."""
        known = f", with the group {min(self.groups)}" if self.groups else ""
        usual = f"{self.subdomain}.zendesk.com"
        host = f", with the host {self.host}" if self.host not in {"", usual} else ""
        return f"{self.subdomain} ({self.url}{host}{known})"


def difference(known: AccountIdentity, present: AccountIdentity) -> str:
    """Return how an account differs from the known one, or "" if it may be the same.

    The address does not matter: a simulator or a proxy may have another one each time.
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
    """Return a sentence about another account than the one that filled `filled` of `schema`.

    `what` is their difference.
    """
    return (
        f"{filled} was filled by the account {known.name}, and the source is now {present.name}, "
        f"with {what}; nothing was written: give the source a schema of its own, or, if it is the "
        f"same account, confirm it with `zendesk-assets check --source {schema} --same-account`."
    )
