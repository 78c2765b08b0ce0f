"""Whose help center a request is for: that of the brand whose host it names.

docs/zendesk-api.md#help-centers. A simulator is one address for all hosts, so it goes by the header
`Host`; any other host than one at Zendesk is the account's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.wire.messages import REFUSALS, Answer, RefusedError, Request

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account


def brand_of(account: Account, request: Request) -> str:
    """Return the id of the brand whose help center is asked for.

    Raises:
        RefusedError: There is no such brand, or it has no help center.
    """
    label = _label(account, request)
    for key, brand in account.list_rows("brands").items():
        if brand["subdomain"] == label and not brand["is_deleted"]:
            if not brand["has_help_center"]:
                raise RefusedError(REFUSALS["guide"])
            return str(key)
    raise RefusedError(REFUSALS["no_help_desk"])


def to_account(account: Account, request: Request) -> Answer | None:
    """Return the redirect of a brand's host to the account's, None if it is that one."""
    if _label(account, request) == account.subdomain:
        return None
    return Answer(302, headers={"Location": f"{account.url}{request.path}"})


def _label(account: Account, request: Request) -> str:
    label, _dot, domain = request.headers.get("host", "").partition(".")
    return label if domain == "zendesk.com" else account.subdomain
