"""The local page of a project, with what its Dagster knows of runs: for `ui` and `demo`."""

from functools import partial

import dagster as dg
from starlette.applications import Starlette

from zendesk_assets.orchestration.failed_months import failed_months
from zendesk_assets.orchestration.failed_syncs import failed_syncs
from zendesk_assets.orchestration.running import sync_times
from zendesk_assets.ui import build_app


def local_page(instance: dg.DagsterInstance, dagster: str) -> Starlette:
    """Return the page's application; `dagster` is the address of the Dagster UI, '' for none."""
    return build_app(
        partial(failed_months, instance),
        dagster,
        failed_syncs=partial(failed_syncs, instance),
        syncs=partial(sync_times, instance),
    )
