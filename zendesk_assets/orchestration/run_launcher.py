"""Where `dagster.yaml` files of version 0.1 name our class; it is in `dagster_internals` now."""

from zendesk_assets.orchestration.dagster_internals.run_launcher import WatchedRunLauncher

__all__ = ["WatchedRunLauncher"]
