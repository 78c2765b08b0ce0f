"""After a sync: the copy of the DuckDB file for readers, if the sources file names one."""

from collections.abc import Callable, Sequence

import dagster as dg

from zendesk_assets.cli.opening import warehouse_of
from zendesk_assets.cli.project import Project
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.published_copy import published_metadata


def publish_copy(project: Project, schemas: Sequence[str], say: Callable[[str], object]) -> None:
    """Publish what was loaded into `schemas`, and tell Dagster; a failure is said, and no more."""
    if not schemas or not project.sources.warehouse.published:
        return
    try:
        copy = warehouse_of(project.sources).publish()
    except WarehouseError as error:
        say(str(error))
        return
    if copy is None:
        return
    say(copy.sentence)
    for schema in schemas:
        project.instance.report_runless_asset_event(
            dg.AssetMaterialization(keys.published_key(schema), metadata=published_metadata(copy))
        )
