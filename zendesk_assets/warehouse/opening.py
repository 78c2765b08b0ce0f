"""Opens the warehouse of each engine. Nothing but the choice of the engine is made here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zendesk_assets.warehouse.engines.duckdb.engine import DuckDBEngine
from zendesk_assets.warehouse.engines.duckdb.file import STORAGE_VERSION
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.warehouse import Warehouse


def open_duckdb(
    path: str | Path,
    *,
    storage_version: str = STORAGE_VERSION,
    published: str | Path | None = None,
    **options: Any,
) -> Warehouse:
    """Return the warehouse in a DuckDB file; nothing is opened before it is used.

    `storage_version` is the oldest DuckDB that can open the file, if this makes it; `published` is
    where `publish` puts a copy for readers; `options` are those of `Options`.
    """
    copy = Path(published) if published else None
    return Warehouse(DuckDBEngine(Path(path), Options(**options), storage_version, copy))


def open_postgres(url: str, **options: Any) -> Warehouse:
    """Return the warehouse in a PostgreSQL database; `url` is in any form libpq takes.

    Nothing is opened before it is used; `options` are those of `Options`.
    """
    from zendesk_assets.warehouse.engines.postgres.engine import PostgresEngine  # noqa: PLC0415 # its driver too

    return Warehouse(PostgresEngine(url, Options(**options)))


def open_ducklake(catalog: str | Path, data: str | Path, **options: Any) -> Warehouse:
    """Return the warehouse in a DuckLake; nothing is opened before it is used.

    `catalog` is the path of an SQLite file, or the address of a PostgreSQL database as a text that
    libpq takes; `data` is a folder or s3://bucket/prefix; `options` are those of `Options`.
    """
    from zendesk_assets.warehouse.engines.lake.ducklake import DuckLake  # noqa: PLC0415 # PostgreSQL's driver too
    from zendesk_assets.warehouse.engines.lake.engine import LakeEngine  # noqa: PLC0415 # as above

    return Warehouse(LakeEngine(DuckLake(catalog, str(data), Options(**options))))


def open_iceberg(
    endpoint: str,
    warehouse: str,
    *,
    locks: Path,
    data: str = "",
    commits: str = "by_table",
    access: Mapping[str, str] | None = None,
    **options: Any,
) -> Warehouse:
    """Return the warehouse in an Iceberg catalog; nothing is opened before it is used.

    `access` may have `token`, or `client_id` and `client_secret`, with `token_url` and `scope`;
    `data` is where the files are if the catalog gives no credentials for them; `commits` is what it
    can commit at once: `together`, `by_table`, `by_statement`; `locks` is a folder for the turns of
    this machine; `options` are those of `Options`.
    """
    from zendesk_assets.warehouse.engines.lake.engine import LakeEngine  # noqa: PLC0415 # PostgreSQL's driver too
    from zendesk_assets.warehouse.engines.lake.iceberg import Commits, Iceberg  # noqa: PLC0415 # as above

    catalog = Iceberg(
        endpoint, warehouse, locks, Options(**options), access or {}, data, Commits(commits)
    )
    return Warehouse(LakeEngine(catalog))
