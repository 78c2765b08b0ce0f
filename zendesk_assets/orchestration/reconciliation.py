"""The weekly comparison of a source's tables with Zendesk, as one asset check on each table.

One step compares all tables of a source, started by its own sensor or by the job; it changes no
table, and leaves a certificate of each in the hub. `reconcile` decides what is requested and what
counts as a difference. Two kinds of runs send no request, and repeat what was found last: those
that load tables (backfills, the UI), and those of the schedule for tables that were compared since
its last tick, by hand or on another machine. https://docs.dagster.io/guides/test/asset-checks
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import dagster as dg

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import Certificate, SourceHub
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import reconcile_condition
from zendesk_assets.orchestration.check_results import check_result, earlier_evaluations
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.schedule_times import previous_time
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.reconcile import ROUTES, Choice, ComparedTable, certify, not_comparable
from zendesk_assets.reconcile.certificate import of_warehouse, sentence
from zendesk_assets.reconcile.report import announce, describe_incomplete
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.zendesk import ZendeskClient

_WEEKLY_SAMPLE: Final = 500
_TEXT: Final = (
    "A sample of the table matches what Zendesk shows by another route, at a bounded cost that the "
    "log shows first. A difference is an error; `zendesk-assets reconcile --repair` fetches its "
    "days again. A second that Zendesk did not show in full is a warning. The comparison has runs "
    "of its own, separate from loads: {when}. A new table is compared once it is complete."
)


def build_reconciliation(
    account: Account, collections: Sequence[Collection]
) -> dg.AssetChecksDefinition:
    """Return the check of all tables of a source; it sends requests only in a run of its own."""
    source = account.source
    schema, zendesk = source.schema_name, placement.zendesk_resource(source)
    landing, manager = placement.hub_resource(source), placement.io_manager(source)
    automated, cron = placement.placement_of(source).automation, source.reconcile_cron
    condition = partial(reconcile_condition, source) if automated else lambda _stream: None
    when = in_words(cron) if cron else "switched off in the sources file"
    text = _TEXT.format(when=when if automated else "when this project asks for it")
    by_key = {
        keys.reconciliation_key(placement.path_of(source), each.name): each for each in collections
    }

    @dg.multi_asset_check(
        name=keys.reconciliation_step(placement.name_of(source)),
        specs=[
            dg.AssetCheckSpec(
                key.name,
                asset=key.asset_key,
                description=text,
                automation_condition=condition(declared().stream_of(each)),
            )
            for key, each in by_key.items()
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
        since = _last_tick(cron, account.clock) if keys.LAYER_TAG in context.run.tags else None
        known = _compared_since(since, hub, warehouse) if since else {}
        for key in selected:
            if found := known.get(by_key[key].name):
                yield check_result(key, _verdict(found))
        due = [key for key in selected if by_key[key].name not in known]
        if not due:
            return
        with as_failure():
            zendesk_client = resource.client(account, log, warn=warn, background=True)
        with zendesk_client as client:
            comparison = _Comparison(client, account.clock, log)
            for key in due:
                table = ComparedTable.of(source, by_key[key], hub, warehouse)
                verdict = comparison.of(table)
                proved = {"compared_with_zendesk": verdict.sentence}
                observed = dg.AssetObservation(key.asset_key, metadata=proved)
                context.op_execution_context.log_event(observed)
                yield check_result(key, verdict)

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
        try:
            verdict = _verdict(self._compare(table, started))
        except ZendeskAssetsError as error:
            verdict = _not_compared(str(error), {"asked_at": started.isoformat()})
        self.log(f"{table.name}: {verdict.sentence}")
        return verdict

    def _compare(self, table: ComparedTable, started: datetime) -> Certificate:
        """Compare a table and keep the certificate, where every machine sees it."""
        choice = Choice(_WEEKLY_SAMPLE, f"{started:%Y-%m-%d}")
        route = ROUTES.get(table.collection.compared_by)
        if route is None:
            found = not_comparable(table, started)
        else:
            plan = route.plan(table, choice)
            self.log(announce(table.name, plan))
            before = self.client.cost.requests
            result = route.ask(table, self.client, plan)
            requests = self.client.cost.requests - before
            found = certify(table, plan, result, started, requests)
        table.hub.certificates.keep(found)
        return found


def _last_tick(cron: str | None, clock: Clock) -> datetime | None:
    """Return when the schedule was due for the last time; None if it is switched off."""
    return previous_time(cron, clock.now()) if cron else None


def _compared_since(
    since: datetime, hub: SourceHub, warehouse: Warehouse
) -> dict[str, Certificate]:
    """Return the certificates of tables of this warehouse that are newer than `since`."""
    found = of_warehouse(hub.certificates.all(), warehouse.name)
    return {name: each for name, each in found.items() if each.asked >= since}


def _not_compared(why: str, figures: dict[str, Any] | None = None) -> Verdict:
    return Verdict(f"This could not be compared: {why}", figures or {}, outcome="warning")


def _verdict(found: Certificate) -> Verdict:
    """Return what a certificate says as the result of the check."""
    figures: dict[str, Any] = {"asked_at": found.asked.isoformat()}
    if found.is_comparable:
        figures |= {
            "requests_at_most": found.requests_at_most,
            "requests": found.requests,
            "rows_here": found.here,
            "compared": found.compared,
            "newer": found.newer,
            "differing": found.differing,
            "ids_missing": found.missing,
            "incomplete_seconds": len(found.incomplete_seconds),
        }
        if found.at_zendesk is not None:
            figures["rows_at_zendesk"] = found.at_zendesk
        if found.notes:
            figures["notes"] = list(found.notes)
    if found.differences:
        figures["differences"] = list(found.differences)
    if found.outcome != "passed":
        figures["repair"] = f"zendesk-assets reconcile --collection {found.collection} --repair"
    lines = [sentence(found), *describe_incomplete(found.incomplete_seconds)]
    return Verdict(" ".join(lines), figures, outcome=found.outcome)


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
