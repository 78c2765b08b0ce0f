"""Whether hub and warehouse hold the account that the sources file means; and that they do.

Nothing is asked of Zendesk here: before pages land, `hub.AccountGuard` does that.
"""

from __future__ import annotations

from contextlib import suppress

from zendesk_assets.accounts import Account
from zendesk_assets.errors import OtherAccountError, WarehouseError
from zendesk_assets.hub import SourceHub
from zendesk_assets.sources import Source
from zendesk_assets.warehouse import Warehouse

__all__ = ["other_account", "refuse_other_account", "remember_account"]


def refuse_other_account(
    source: Source, hub: SourceHub, warehouse: Warehouse, present: Account | None = None
) -> None:
    """Raise OtherAccountError if hub or warehouse were filled by another account.

    `present` is the source's account as far as it is known, else as the sources file has it.
    Raises HubError and WarehouseError too.
    """
    present = present or source.account
    known = hub.account.refuse_other(present)
    warehouse.refuse_other_account(source.schema_name, known or present)


def other_account(
    source: Source, hub: SourceHub, warehouse: Warehouse, present: Account | None = None
) -> str | None:
    """Return the sentence that `refuse_other_account` raises; a warehouse may be out of reach.

    Raises HubError.
    """
    try:
        with suppress(WarehouseError):
            refuse_other_account(source, hub, warehouse, present)
    except OtherAccountError as error:
        return str(error)
    return None


def remember_account(
    source: Source, hub: SourceHub, warehouse: Warehouse, present: Account
) -> None:
    """Take `present` for the account that filled hub and warehouse, whatever they remember."""
    warehouse.set_account(source.schema_name, present)
    hub.account.write(present)
