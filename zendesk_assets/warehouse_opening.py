"""Opens the warehouse that a sources file names: which engine, and where it is."""

from __future__ import annotations

from collections.abc import Callable

from zendesk_assets.settings.places import PostgresTarget
from zendesk_assets.settings.sources import Sources
from zendesk_assets.warehouse import Warehouse

__all__ = ["open_warehouse"]


def open_warehouse(sources: Sources, log: Callable[[str], None] | None = None) -> Warehouse:
    """Return the warehouse of the sources file; nothing is opened before it is used.

    `log` receives what it waits for.

    Raises:
        SourcesFileError: if its address is in an environment variable that is not set.
    """
    target = sources.warehouse
    if isinstance(target, PostgresTarget):
        from zendesk_assets.warehouse import PostgresWarehouse  # noqa: PLC0415 # its driver too

        url = target.url.reveal()
        return PostgresWarehouse(url, lock_timeout=target.lock_timeout, log=log)
    from zendesk_assets.warehouse import DuckDBWarehouse  # noqa: PLC0415 # as above

    path = sources.resolve(target.path)
    return DuckDBWarehouse(
        path, storage_version=target.storage_version, lock_timeout=target.lock_timeout, log=log
    )
