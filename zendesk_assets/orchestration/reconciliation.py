"""The weekly comparison of a source's tables with Zendesk, as one asset check on each table.

One step compares all tables of a source, started by its own sensor or by the job; it changes
nothing. `reconcile` decides what is requested and what counts as a difference. Some runs that load
tables include this check (backfills, the UI): then it sends no request, and repeats the result of
the last comparison. https://docs.dagster.io/guides/test/asset-checks
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import dagster as dg

from zendesk_assets.account import Account
from zendesk_assets.clock import Clock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import reconcile_condition
from zendesk_assets.orchestration.check_results import check_result, earlier_evaluations
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.reconcile import ROUTES, Choice, ComparedTable, Comparison
from zendesk_assets.reconcile.report import (
    announce,
    describe_differences,
    describe_incomplete,
    describe_result,
)
from zendesk_assets.spec import Collection
from zendesk_assets.zendesk import ZendeskClient

_WEEKLY_SAMPLE: Final = 500
_TEXT: Final = (
    "A sample of the table matches what Zendesk shows by another route, at a bounded cost that the "
    "log shows first. A difference is an error; `zendesk-assets reconcile --repair` fetches its "
    "days again. A second that Zendesk did not show in full is a warning. The comparison has runs "
    "of its own, separate from loads: {when}."
)


def build_reconciliation(
    account: Account, collections: Sequence[Collection]
) -> dg.AssetChecksDefinition:
    """Return the check of all tables of a source; it sends requests only in a run of its own."""
    source = account.source
    schema, zendesk = source.schema_name, placement.zendesk_resource(source)
    landing, manager = placement.hub_resource(source), placement.io_manager(source)
    automated, cron = placement.placement_of(source).automation, source.reconcile_cron
    condition = reconcile_condition(source) if automated else None
    when = in_words(cron) if cron else "switched off in the sources file"
    text = _TEXT.format(when=when if automated else "when this project asks for it")
    by_key = {
        keys.reconciliation_key(placement.path_of(source), each.name): each for each in collections
    }

    @dg.multi_asset_check(
        name=keys.reconciliation_step(placement.name_of(source)),
        specs=[
            dg.AssetCheckSpec(
                key.name, asset=key.asset_key, description=text, automation_condition=condition
            )
            for key in by_key
        ],
        can_subset=True,
        required_resource_keys={landing, manager, zendesk},
    )
    @signed
    def reconciliation(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = [key for key in by_key if key in context.selected_asset_check_keys]
        # What the run is to materialize; Dagster has no public API for it.
        if context.op_execution_context.job_def.asset_layer.executable_asset_keys:
            yield from _earlier_results(context, selected)
            return
        hub = getattr(context.resources, landing).of_source(schema)
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        resource: ZendeskResource = getattr(context.resources, zendesk)
        if problem := account.other(warehouse, hub=hub):
            yield from (check_result(key, _not_compared(problem)) for key in selected)
            return
        log, warn = context.log.info, context.log.warning
        with as_failure():
            zendesk_client = resource.client(account, log, warn=warn, background=True)
        with zendesk_client as client:
            comparison = _Comparison(client, account.clock, log)
            for key in selected:
                table = ComparedTable.of(source, by_key[key], hub, warehouse)
                yield check_result(key, comparison.of(table))

    return reconciliation


@dataclass(frozen=True)
class _Comparison:
    """Compares tables one after the other, and logs the maximum cost of each in advance."""

    client: ZendeskClient
    clock: Clock
    log: Callable[[str], None]

    def of(self, table: ComparedTable) -> Verdict:
        """Return the verdict; if nothing could be compared, that is a warning, not a failed run."""
        started = self.clock.now()
        figures: dict[str, Any] = {"asked_at": started.isoformat()}
        try:
            verdict = self._compare(table, Choice(_WEEKLY_SAMPLE, f"{started:%Y-%m-%d}"), figures)
        except ZendeskAssetsError as error:
            verdict = _not_compared(str(error), figures)
        self.log(f"{table.name}: {verdict.sentence}")
        return verdict

    def _compare(self, table: ComparedTable, choice: Choice, figures: dict[str, Any]) -> Verdict:
        route = ROUTES.get(table.collection.compared_by)
        if route is None:
            return Verdict("Zendesk has no other route to this: it is not compared.", figures)
        plan = route.plan(table, choice)
        self.log(announce(table.name, plan))
        before = self.client.cost.requests
        result = route.ask(table, self.client, plan)
        figures["requests_at_most"] = plan.requests
        figures["requests"] = self.client.cost.requests - before
        return _judge(result, table.incomplete(), table.collection, figures)


def _not_compared(why: str, figures: dict[str, Any] | None = None) -> Verdict:
    return Verdict(f"This could not be compared: {why}", figures or {}, outcome="warning")


def _judge(
    result: Comparison, seconds: Sequence[datetime], collection: Collection, figures: dict[str, Any]
) -> Verdict:
    figures |= {
        "compared": result.compared,
        "newer": result.newer,
        "differing": len(result.differences),
        "incomplete_seconds": len(seconds),
    }
    if result.notes:
        figures["notes"] = list(result.notes)
    if result.differences:
        figures["differences"] = describe_differences(result.differences)
    if result.differences or seconds:
        figures["repair"] = f"zendesk-assets reconcile --collection {collection.name} --repair"
    sentence = " ".join([describe_result(result), *describe_incomplete(seconds)])
    if result.differences:
        return Verdict(sentence, figures, outcome="error")
    return Verdict(sentence, figures, outcome="warning" if seconds else "passed")


def _earlier_results(
    context: dg.AssetCheckExecutionContext, selected: Sequence[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """Yield the result of each table's last comparison, if there was one."""
    for key in selected:
        for found in earlier_evaluations(context.instance, key, limit=1):
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=found.passed,
                severity=found.severity,
                description=found.description,
                metadata=found.metadata,
            )
