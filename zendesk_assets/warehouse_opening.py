"""Opens the warehouse that a sources file names: which engine, and where it is."""

from collections.abc import Callable
from pathlib import Path

from zendesk_assets.settings.iceberg import IcebergTarget
from zendesk_assets.settings.places import DuckLakeTarget, PostgresTarget
from zendesk_assets.settings.sources import Sources
from zendesk_assets.settings.state_folder import state_folder
from zendesk_assets.warehouse import (
    Warehouse,
    open_duckdb,
    open_ducklake,
    open_iceberg,
    open_postgres,
)


def open_warehouse(sources: Sources, log: Callable[[str], None] | None = None) -> Warehouse:
    """Return the warehouse of the sources file; nothing is opened before it is used.

    `log` receives what it waits for.

    Raises:
        SourcesFileError: if its address is in an environment variable that is not set.
    """
    target = sources.warehouse
    if isinstance(target, PostgresTarget):
        url = target.url.reveal()
        return open_postgres(url, lock_timeout=target.lock_timeout, log=log)
    if isinstance(target, DuckLakeTarget):
        catalog, data = _catalog(sources, target), sources.resolve(target.data)
        return open_ducklake(catalog, data, lock_timeout=target.lock_timeout, log=log)
    if isinstance(target, IcebergTarget):
        return open_iceberg(
            target.endpoint,
            target.warehouse,
            locks=state_folder() / "iceberg",
            data=sources.resolve(target.data) if target.data else "",
            commits=target.commits,
            access=target.access,
            lock_timeout=target.lock_timeout,
            log=log,
        )
    path = sources.resolve(target.path)
    return open_duckdb(
        path,
        storage_version=target.storage_version,
        published=target.published and sources.resolve(target.published),
        lock_timeout=target.lock_timeout,
        log=log,
    )


def _catalog(sources: Sources, target: DuckLakeTarget) -> Path | str:
    """Return the path of a lake's catalog, or the address of its PostgreSQL database."""
    if isinstance(target.catalog, str):
        return Path(sources.resolve(target.catalog))
    given = target.catalog.reveal()
    return given if "=" in given or "://" in given else Path(sources.resolve(given))
