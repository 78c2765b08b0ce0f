"""Hub assets: one per source and stream, the only assets that talk to Zendesk.

Assembled from the catalog; what a walk does is in `hub.source_sync`, what is reported of it in
`hub_report`. Conditions, schedules and tables are elsewhere.
"""

from functools import partial
from typing import Final

import dagster as dg

from zendesk_assets.clock import Clock
from zendesk_assets.hub import SourceSync, incomplete_seconds
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import hub_condition
from zendesk_assets.orchestration.describe import hub_description
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.hub_report import HubReport
from zendesk_assets.orchestration.partitions import asked_for, backfill_policy, partitions_for
from zendesk_assets.orchestration.properties import property_filter
from zendesk_assets.orchestration.resources import ZendeskResource, credentials_for
from zendesk_assets.sources import Source
from zendesk_assets.spec import Stream
from zendesk_assets.zendesk import BudgetStore, TokenStore

__all__ = ["HubConfig", "build_hub_asset"]

# A run of more days than this is history, and gives way to the others on its account.
_DAYS_IN_FRONT: Final = 2


class HubConfig(dg.Config):
    """Settings of one materialization: `refetch` asks Zendesk again for what is covered."""

    refetch: bool = False


def build_hub_asset(
    source: Source, stream: Stream, store: TokenStore, budgets: BudgetStore, clock: Clock
) -> dg.AssetsDefinition:
    """Return the asset that brings `stream` of `source` up to date in the hub."""
    days = partitions_for(source, stream)
    zendesk = keys.zendesk_resource(source.schema_name)

    @dg.asset(
        key=keys.hub_key(source.schema_name, stream.name),
        group_name=keys.hub_group(source.schema_name),
        description=hub_description(source, stream),
        kinds={"zendesk", "json"},
        owners=["team:data-engineering"],
        metadata={"documentation": dg.MetadataValue.url(stream.docs_url), "path": stream.path},
        partitions_def=days,
        backfill_policy=backfill_policy(source, stream),
        automation_condition=hub_condition(source, stream),
        freshness_policy=freshness_policy(source.source_sync_cron),
        required_resource_keys={keys.HUB, zendesk},
    )
    def hub_asset(
        context: dg.AssetExecutionContext, config: HubConfig
    ) -> dg.MaterializeResult[None]:
        asked = asked_for(context, days, clock)
        resource: ZendeskResource = getattr(context.resources, zendesk)
        with as_failure():
            credentials = credentials_for(source, store, clock, context.log.warning)
            with resource.client(
                credentials,
                budgets,
                clock,
                context.log.info,
                warn=context.log.warning,
                background=len(asked.days) > _DAYS_IN_FRONT,
            ) as client:
                hub = context.resources.hub.of_source(source.schema_name)
                sync = SourceSync(
                    client,
                    hub,
                    stream,
                    clock,
                    settle=resource.settle,
                    properties=property_filter(source, stream),
                )
                incomplete = partial(incomplete_seconds, hub, stream.name)
                report = HubReport(context, stream, asked, clock, resource, incomplete)
                return report.of(sync.run(asked.window, refetch=config.refetch))

    return hub_asset
