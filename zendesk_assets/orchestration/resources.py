"""Dagster resources: the hub, the warehouse, and the connection to each account.

Their configuration may be shown in the UI: addresses and limits, never credentials, which are read
from the sources file when a client is made.
https://docs.dagster.io/guides/build/external-resources/defining-resources
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import dagster as dg
from pydantic import Field

from zendesk_assets.account import Account
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.orchestration.io_managers import UpsertIOManager
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.zendesk import Limits, ZendeskClient

_DESCRIPTION: Final = (
    "The warehouse: it upserts batches of the hub, or a DataFrame with a primary key, into the "
    "table of an asset, and returns tables as DataFrames. Only the sources file has its address."
)


class HubResource(dg.ConfigurableResource):  # type: ignore[type-arg] # it yields itself
    """The raw landing: a folder, or any fsspec URL."""

    path: str = Field(description="The folder, or its URL such as s3://bucket/prefix.")

    def of_source(self, schema: str) -> SourceHub:
        """Return the hub of the source with this schema."""
        return SourceHub(Storage(self.path), schema)


class ZendeskResource(dg.ConfigurableResource):  # type: ignore[type-arg] # it yields itself
    """The connection to one account: its address, and its limits in requests a minute."""

    base_url: str = Field(description="The address of the account.")
    requests_per_minute: int = Field(
        description="How many requests in a minute, shared by all who use the account here."
    )
    export_requests_per_minute: int = Field(description="How many of them may be exports.")
    settle_minutes: int = Field(
        description="How old the time of a record must be before its second counts as covered."
    )

    @property
    def limits(self) -> Limits:
        """Return the limits of the account's budgets."""
        return Limits(self.requests_per_minute, self.export_requests_per_minute)

    @property
    def settle(self) -> timedelta:
        """Return how old a record's time must be before its second counts as covered."""
        return timedelta(minutes=self.settle_minutes)

    def client(
        self,
        account: Account,
        log: Callable[[str], None],
        *,
        warn: Callable[[str], None] | None = None,
        waiting: Callable[[float], None] = lambda _seconds: None,
        background: bool = False,
    ) -> ZendeskClient:
        """Return a client of the account at this address and within these limits.

        The other arguments are those of `Account.client`.

        Raises:
            SourcesFileError: if the credentials are missing or wrong.
        """
        return account.client(
            log,
            warn=warn,
            waiting=waiting,
            background=background,
            base_url=self.base_url,
            limits=self.limits,
        )


def zendesk_resource(sources: Sources, source: Source) -> ZendeskResource:
    """Return the connection to a source's account, within the limits shared by its sources."""
    limits = Account(sources, source).limits
    return ZendeskResource(
        base_url=source.url,
        requests_per_minute=limits.core,
        export_requests_per_minute=limits.exports,
        settle_minutes=source.settle_minutes,
    )


def warehouse_resource(
    open_warehouse: Callable[[Callable[[str], None]], Warehouse], relay: ProgressRelay
) -> dg.IOManagerDefinition:
    """Return the IO manager as a resource that the UI can name and describe."""
    manager = UpsertIOManager(open_warehouse, relay)

    def upsert_io_manager(_context: dg.InitResourceContext) -> UpsertIOManager:
        return manager

    return dg.IOManagerDefinition(upsert_io_manager, description=_DESCRIPTION)
