"""Warehouse assets: one per source and collection, each a table. They send no requests.

An asset's function only decides which hub batches the table is to load; the IO manager loads them.
A load of the current month loads everything that the hub has and the table lacks, including what
other machines landed. A month that the hub does not cover fails, unless a schedule requested it: it
is then loaded as far as the hub has it, and not green. https://docs.dagster.io/guides/build/assets/defining-assets
"""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock
from zendesk_assets.errors import HubError
from zendesk_assets.hub import Known, SourceHub, reach_back
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import table_condition
from zendesk_assets.orchestration.data_versions import UNCOMPARED
from zendesk_assets.orchestration.describe import table_description, table_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.hub_batches import HubBatches
from zendesk_assets.orchestration.hub_coverage import sentence, what_is_missing, whole_months
from zendesk_assets.orchestration.partitions import (
    DaysConfig,
    RunScope,
    backfill_policy,
    history_of,
    partitions_for,
    report_apart,
    scope_of_run,
)
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.view_assets import views_over
from zendesk_assets.properties import as_chosen
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Stream, Window


class WarehouseConfig(DaysConfig):
    """Settings of one materialization.

    `replay` loads batches that are loaded already; `accept_deletions` lets a complete walk of a
    list mark more than half of the rows as deleted; `everything` loads all that the hub has, not
    only what is of the selected months. With `first_day` and `end_day` (YYYY-MM-DD, the
    end is not included) only these days of the selected months are loaded.
    """

    replay: bool = False
    accept_deletions: bool = False
    everything: bool = False


def build_warehouse_asset(
    source: Source,
    collection: Collection,
    engine: str,
    pool: str | None,
    clock: Clock,
    *,
    keeps_history: bool = False,
) -> dg.AssetsDefinition:
    """Return the asset that keeps the table of `collection` of `source`, and maybe its history."""
    stream, schema = declared().stream_of(collection), source.schema_name
    place, manager = placement.path_of(source), placement.io_manager(source)
    load = _Load(source, collection, stream, clock, keeps_history)

    @dg.asset(
        key=keys.table_key(place, collection.name),
        deps=[keys.hub_key(place, stream.name)],
        group_name=keys.table_group(schema),
        description=table_description(source, collection, keeps_history=keeps_history),
        kinds={engine, "table"},
        owners=source.owners,
        metadata=table_metadata(source, collection),
        partitions_def=partitions_for(source, stream),
        backfill_policy=backfill_policy(source, stream),
        automation_condition=table_condition(source, stream),
        freshness_policy=freshness_policy(source.warehouse_sync_cron, stream.cadence),
        pool=pool,
        io_manager_key=manager,
        config_schema=WarehouseConfig.schema(),
        required_resource_keys={placement.hub_resource(source), manager},
        output_required=False,
    )
    @signed
    def table(context: dg.AssetExecutionContext) -> Iterator[dg.Output[HubBatches]]:
        config = WarehouseConfig.of(context)
        with as_failure():
            scope = scope_of_run(context, source, stream, clock, config)
            batches = load.batches(context, scope, config)
            if batches and set(scope.months) - set(batches.whole):
                load.aside(context, scope, batches)
                return
        if batches:
            yield dg.Output(batches, data_version=UNCOMPARED)

    return table


@dataclass(frozen=True)
class _Load:
    """What a table's asset does: decide which batches of the hub the table is to load."""

    source: Source
    collection: Collection
    stream: Stream
    clock: Clock
    keeps_history: bool

    def batches(
        self, context: dg.AssetExecutionContext, scope: RunScope, config: WarehouseConfig
    ) -> HubBatches | None:
        """Return the batches of a run; None if a schedule requested it before there are any.

        If it came while the hub is being filled, they are those that are there, and its months are
        not `whole`. None as well where Zendesk does not offer the stream to this account.

        Raises ZendeskAssetsError.
        """
        resource = getattr(context.resources, placement.hub_resource(self.source))
        hub: SourceHub = resource.of_source(self.source.schema_name)
        account = hub.account.refuse_other(self.source.identity)
        known = hub.look(self.stream.name)
        is_sought = not (config.everything and len(known))
        trouble = self._not_covered(context, scope, known) if is_sought else ""
        if trouble:
            refused = self.stream.needs and hub.refusals.of(self.stream.name)
            if not refused and not _is_of_schedule(context):
                raise HubError(trouble)
            context.log.info(trouble)
            if refused or not len(known):
                return None
        is_latest = scope.window.end > self.clock.now() and not config.replay
        everything = config.everything or not scope.months or (is_latest and not scope.is_partial)
        # The walk of a month finishes the one before it if that was left unfinished.
        window = Window(scope.window.start - reach_back(self.source.settle), scope.window.end)
        is_judged = not (scope.is_partial or config.everything or trouble)
        return HubBatches(
            hub,
            as_chosen(self.source, self.collection),
            known,
            None if everything else window,
            self.clock.now(),
            account or self.source.identity,
            replay=config.replay,
            accept_deletions=config.accept_deletions,
            history=history_of(self.source),
            whole=scope.months if is_judged else self._whole(context, scope, known),
            views=views_over(self.source, self.collection.name),
            keeps_history=self.keeps_history,
        )

    def aside(
        self, context: dg.AssetExecutionContext, scope: RunScope, batches: HubBatches
    ) -> None:
        """Load batches of months that the hub may not have in full; those do not become green."""
        manager = getattr(context.resources, placement.io_manager(self.source))
        schema = self.source.schema_name
        _, figures = manager.load(context.asset_key, context.log, schema, batches)
        found = manager.rows_of_months(schema, batches.collection, scope.months)
        found[scope.months[-1]] |= figures
        report_apart(context, batches.whole, found)

    def _not_covered(self, context: dg.AssetExecutionContext, scope: RunScope, known: Known) -> str:
        """Return what the hub lacks of a scope, in a sentence; '' if it has everything."""
        hub = keys.hub_key(placement.path_of(self.source), self.stream.name)
        missing = what_is_missing(
            scope,
            known.coverage,
            len(known),
            self.clock.now(),
            self.source.settle,
            lambda: context.instance.get_materialized_partitions(hub),
        )
        return sentence(hub, scope, missing) if missing else ""

    def _whole(
        self, context: dg.AssetExecutionContext, scope: RunScope, known: Known
    ) -> tuple[str, ...]:
        """Return the months of a scope that the hub has, of which a run may load some days."""
        hub = keys.hub_key(placement.path_of(self.source), self.stream.name)
        return whole_months(
            scope,
            known.coverage,
            self.clock.now(),
            self.source.settle,
            lambda: context.instance.get_materialized_partitions(hub),
        )


def _is_of_schedule(context: dg.AssetExecutionContext) -> bool:
    """Return whether a schedule requested the run: it will request it again."""
    return keys.LAYER_TAG in context.run.tags
