"""Hub assets: one per source and stream, the only assets that send requests to Zendesk.

They are assembled from the catalog; `hub.source_sync` has the walk, `hub_report` what is reported
about it. Conditions, schedules and tables are elsewhere.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import dagster as dg

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.errors import UnavailableError
from zendesk_assets.estimate import Ahead
from zendesk_assets.hub import AccountGuard, RowKeys, SourceHub, SourceSync, incomplete_seconds
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import hub_condition
from zendesk_assets.orchestration.dagster_internals.names import (
    AUTOMATION_CONDITION_TAG,
    BACKFILL_ID_TAG,
)
from zendesk_assets.orchestration.describe import hub_description, hub_metadata
from zendesk_assets.orchestration.failures import Refusals, as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.hub_coverage import months_completed_beside, whole_months
from zendesk_assets.orchestration.hub_report import HubReport
from zendesk_assets.orchestration.partitions import (
    DaysConfig,
    RunScope,
    backfill_policy,
    history_of,
    months_claimed,
    months_of,
    partitions_for,
    scope_of_run,
)
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.sync_check import not_asked, passed, report_failure, sync_check
from zendesk_assets.properties import property_filter
from zendesk_assets.spec import Stream, Window, due_after
from zendesk_assets.zendesk import ZendeskClient

_Events = dg.MaterializeResult[None] | dg.AssetCheckResult

# A run of a past month, or of more months than this, is history: it yields to others.
_MONTHS_IN_FRONT: Final = 1


class HubConfig(DaysConfig):
    """Settings of one materialization: `refetch` fetches again what is covered.

    With `first_day` and `end_day` (YYYY-MM-DD, the end is not included) only these days of the
    selected months are fetched.
    """

    refetch: bool = False


def build_hub_asset(
    account: Account,
    stream: Stream,
    relay: ProgressRelay,
    guard: AccountGuard,
    refusals: Refusals,
) -> dg.AssetsDefinition:
    """Return the asset that keeps an account's `stream` up to date in the hub.

    All streams of the account share its `guard` and its `refusals`.
    """
    source = account.source
    key = keys.hub_key(placement.path_of(source), stream.name)
    walk = _Walk(account, stream, relay, guard)

    @dg.asset(
        key=key,
        group_name=keys.hub_group(source.schema_name),
        description=hub_description(source, stream),
        kinds={"zendesk", "json"},
        owners=source.owners,
        metadata=hub_metadata(stream),
        partitions_def=partitions_for(source, stream),
        backfill_policy=backfill_policy(source, stream),
        automation_condition=hub_condition(source, stream),
        freshness_policy=freshness_policy(source.source_sync_cron, stream.cadence),
        check_specs=[sync_check(key)],
        config_schema=HubConfig.schema(),
        required_resource_keys={
            placement.hub_resource(source),
            placement.zendesk_resource(source),
        },
        output_required=False,
    )
    @signed
    def hub_asset(context: dg.AssetExecutionContext) -> Iterator[_Events]:
        config = HubConfig.of(context)
        if first := refusals.first_in(context.run.run_id):
            walk.relay.listener.on_nothing_asked(
                key, "the credentials are refused.", is_skipped=True
            )
            yield not_asked(f"Zendesk was not asked: see {first}, whose credentials it refused.")
            return
        refused = refusals.noted(context.run.run_id, key, source.schema_name)
        with report_failure(context.instance, key), as_failure(), refused:
            scope = scope_of_run(context, source, stream, account.clock, config)
            try:
                yield from walk.run(context, scope, refetch=config.refetch)
            except UnavailableError as refusal:
                if not stream.needs:
                    raise
                walk.relay.listener.on_nothing_asked(key, "not offered to this account.")
                context.log.info(not_offered(stream, refusal))
                yield passed(not_offered(stream, refusal))

    return hub_asset


def is_asked_for(run: dg.DagsterRun) -> bool:
    """Return whether a run belongs to a backfill that somebody has started."""
    return BACKFILL_ID_TAG in run.tags and AUTOMATION_CONDITION_TAG not in run.tags


def not_offered(stream: Stream, refusal: UnavailableError) -> str:
    """Return what it means that Zendesk refuses a stream that not every account has."""
    return (
        f"Zendesk does not offer {stream.name} to this account, which takes {stream.needs}: "
        f"{refusal} It is asked again once a day."
    )


@dataclass(frozen=True)
class _Walk:
    """What a hub asset does: one sync of one stream, with its own client, and a report."""

    account: Account
    stream: Stream
    relay: ProgressRelay
    guard: AccountGuard

    def run(
        self, context: dg.AssetExecutionContext, scope: RunScope, *, refetch: bool
    ) -> Iterator[_Events]:
        """Sync, and yield the result of the step. Raises ZendeskAssetsError."""
        source, clock, stream = self.account.source, self.account.clock, self.stream
        schema = source.schema_name
        hub: SourceHub = getattr(context.resources, placement.hub_resource(source)).of_source(
            schema
        )
        resource: ZendeskResource = getattr(context.resources, placement.zendesk_resource(source))
        hub.account.refuse_other(self.guard.declared)
        with self._client(context, resource, scope) as client:
            sync = SourceSync(
                client,
                hub,
                stream,
                clock,
                settle=resource.settle,
                properties=property_filter(source, stream),
                keys=RowKeys(declared().collections_of(stream.name)),
                admit=cache(partial(self.guard.admit, hub.account, client, context.log.info)),
            )
            incomplete = partial(incomplete_seconds, hub, stream.name)
            landed = partial(self.relay.on_page, context.asset_key)
            report = HubReport(context, stream, scope, clock, resource, incomplete, landed)
            if is_asked_for(context.run):
                self._foresee(context, client, hub, scope, refetch=refetch)
            latest = scope.window.end > clock.now()
            settled = clock.now() - resource.settle
            claimed = months_claimed(context, source, scope, settled) if latest else []
            report.follow(sync.run(scope.window, refetch=refetch, claimed=claimed))
            if stream.cadence and not report.has_pages:
                due = due_after(hub.look(stream.name).newest_whole or clock.now(), stream.cadence)
                why = f"not due until {due:%Y-%m-%d %H:%M} UTC; --refetch reads it now."
                self.relay.listener.on_nothing_asked(context.asset_key, why)
        beside = self._beside(hub, scope, report.walked)
        yield from report.result(self._whole(context, hub, scope), beside)

    def _beside(self, hub: SourceHub, scope: RunScope, walked: Sequence[Window]) -> list[str]:
        """Return other months that the walk has completed: a page may reach beyond the run's."""
        if not scope.months or all(
            each.intersect(scope.of_months.window) == each for each in walked
        ):
            return []
        covered, source = hub.coverage(self.stream.name), self.account.source
        return months_completed_beside(
            walked, covered, scope.months, months_of(source), history_of(source)
        )

    def _whole(
        self, context: dg.AssetExecutionContext, hub: SourceHub, scope: RunScope
    ) -> tuple[str, ...]:
        """Return the months of the run that the hub has, if it was to walk only some days."""
        if not scope.is_partial:
            return scope.months
        return whole_months(
            scope,
            hub.coverage(self.stream.name),
            self.account.clock.now(),
            self.account.source.settle,
            lambda: context.instance.get_materialized_partitions(context.asset_key),
        )

    def _client(
        self, context: dg.AssetExecutionContext, resource: ZendeskResource, scope: RunScope
    ) -> AbstractContextManager[ZendeskClient]:
        log = context.log
        return resource.client(
            self.account,
            log.info,
            warn=log.warning,
            waiting=partial(self.relay.listener.on_wait, context.asset_key),
            background=self._is_history(scope),
        )

    def _is_history(self, scope: RunScope) -> bool:
        """Return whether a run is of past months, or of many, and so yields to what is new."""
        is_past = bool(scope.months) and scope.window.end <= self.account.clock.now()
        return is_past or len(scope.months) > _MONTHS_IN_FRONT

    def _foresee(
        self,
        context: dg.AssetExecutionContext,
        client: ZendeskClient,
        hub: SourceHub,
        scope: RunScope,
        *,
        refetch: bool,
    ) -> None:
        """Log what the walk will cost, for one request that counts. Raises as the walk would."""
        source, now = self.account.source, self.account.clock.now()
        ahead = Ahead(
            client, hub, self.account.limits, now, source.settle, source.history_start, refetch
        )
        if sentence := ahead.sentence(self.stream, scope.window):
            context.log.info(sentence)
