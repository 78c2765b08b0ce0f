"""Which account filled a schema of the hub, and whether ours is still that one.

`<schema>/account.json` exists from the first page on, and every machine sees it. The subdomain is
compared without a request; before a process lands its first page it asks for the account's groups.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from zendesk_assets.account_identity import NO_GROUP, AccountIdentity, describe_other, difference
from zendesk_assets.clock import Clock
from zendesk_assets.errors import MissingFileError, OtherAccountError, ZendeskError
from zendesk_assets.storage.tree import Storage
from zendesk_assets.zendesk import ZendeskClient

_FILE: Final = "account.json"
_PATH: Final = "/groups"
_IDS: Final = 100
_PAGE: Final = {"page[size]": str(_IDS), "exclude_deleted": "false"}
MOST_PAGES: Final = 50
# A process that runs for days looks again now and then.
_GOOD_FOR: Final = timedelta(hours=1)


class AccountMark:
    """What the hub remembers of the account of one source."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self._path, self.schema = storage, f"{schema}/{_FILE}", schema

    def read(self) -> AccountIdentity | None:
        """Return the account that filled the schema; None if that is not known. Raises HubError."""
        try:
            return msgspec.json.decode(self._storage.read(self._path), type=AccountIdentity)
        except (MissingFileError, msgspec.MsgspecError):  # a damaged one is written anew
            return None

    def write(self, account: AccountIdentity) -> None:
        """Remember an account. Raises HubError."""
        self._storage.write(self._path, msgspec.json.encode(account))

    def refuse_other(self, present: AccountIdentity) -> AccountIdentity | None:
        """Return the account that filled the schema, None if that is not known.

        Raises:
            OtherAccountError: if it is another than `present`.
        """
        known = self.read()
        if known and (what := difference(known, present)):
            raise OtherAccountError(
                describe_other(f"The hub of {self.schema}", self.schema, known, present, what)
            )
        return known


class AccountGuard:
    """Lets pages of one source into the hub only from the account that filled it.

    `declared` is the account as the sources file has it. Shared by the threads of a process, which
    so asks once.
    """

    def __init__(self, declared: AccountIdentity, clock: Clock) -> None:
        self.declared, self._clock = declared, clock
        self._lock = Lock()
        self._present = declared
        self._asked: datetime | None = None

    def admit(self, mark: AccountMark, client: ZendeskClient, log: Callable[[str], None]) -> None:
        """Compare the account with the mark, and make the mark if there is none.

        An account that cannot be asked is judged by its subdomain: the stream itself reports what
        is wrong.

        Raises:
            OtherAccountError: if the account is another one.
        """
        with self._lock:
            self._ask(client, log)
            known = mark.read()
            if known and difference(known, self._present) == NO_GROUP:
                # The first page is in the order of names, and a hundred new ones may come before.
                self._ask(client, log, pages=MOST_PAGES)
            mark.refuse_other(self._present)
            if known is None or _is_outdated(known, self._present):
                mark.write(self._present)

    def _ask(self, client: ZendeskClient, log: Callable[[str], None], pages: int = 1) -> None:
        now = self._clock.now()
        if pages == 1 and self._asked and now - self._asked < _GOOD_FOR:
            return
        try:
            self._present = ask_account(self.declared, client, pages)
        except ZendeskError as error:
            log(f"The account could not be asked for its groups: {error}")
            self._present = self.declared
        self._asked = now


def _is_outdated(known: AccountIdentity, present: AccountIdentity) -> bool:
    """Return whether most of the groups that are known are no longer among those that are seen."""
    common = set(known.groups) & set(present.groups)
    return bool(present.groups) and len(common) * 2 < min(len(known.groups), _IDS) + 1


def ask_account(
    declared: AccountIdentity, client: ZendeskClient, pages: int = 1
) -> AccountIdentity:
    """Return the account with what it says of itself now, for a request per page of groups.

    Raises:
        ZendeskError: if a request fails.
    """
    groups: dict[int, Any] = {}
    parameters: dict[str, str] = dict(_PAGE)
    for _ in range(pages):
        answer = client.get(_PATH, parameters)
        groups |= {each["id"]: each.get("url") for each in _records(answer)}
        meta: Any = answer.get("meta") or {}
        if not meta.get("has_more") or not meta.get("after_cursor"):
            break
        parameters["page[after]"] = str(meta["after_cursor"])
    hosts = {urlsplit(str(url)).hostname or "" for url in groups.values() if url}
    host = hosts.pop() if len(hosts) == 1 else ""
    return msgspec.structs.replace(declared, host=host, groups=tuple(sorted(groups)))


def _records(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = answer.get("groups")
    rows = found if isinstance(found, list) else []
    return [each for each in rows if isinstance(each, dict) and isinstance(each.get("id"), int)]
