"""Where `dagster.yaml` files of version 0.1 name our class; it is in `dagster_internals` now."""

from zendesk_assets.orchestration.dagster_internals.sqlite_storage import PooledSqliteStorage

__all__ = ["PooledSqliteStorage"]
