"""The weekly comparison of a source's tables with Zendesk, as one asset check on each table.

One step for all tables of a source, started by a sensor of its own or by the job; it changes
nothing. What is asked, and what counts as a difference, is decided in `reconcile`. A run that loads
tables takes this check along in some cases (backfills, the UI): then nothing is asked, and what the
last comparison found is said again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from zendesk_assets.account import Account, other_account
from zendesk_assets.clock import Clock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import reconcile_condition
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.resources import ZendeskResource
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.plain_text import escape_markdown
from zendesk_assets.reconcile import ROUTES, Asked, Choice, Table
from zendesk_assets.reconcile.report import (
    announce,
    describe_differences,
    describe_incomplete,
    summarize,
)
from zendesk_assets.spec import Collection
from zendesk_assets.zendesk import ZendeskClient

__all__ = ["build_reconciliation"]

_WEEKLY_SAMPLE: Final = 500
_TEXT: Final = (
    "The table is what Zendesk shows when it is asked in another way: a sample, at a bounded cost "
    "that the log says first. A difference is an error; `zendesk-assets reconcile --repair` "
    "fetches its days again. A second that Zendesk did not show whole is a warning. It is asked "
    "for in runs of its own, not when tables are loaded: {when}."
)
_SEVERITY: Final = {
    "passed": dg.AssetCheckSeverity.WARN,
    "warning": dg.AssetCheckSeverity.WARN,
    "error": dg.AssetCheckSeverity.ERROR,
}


def build_reconciliation(
    account: Account, collections: Sequence[Collection]
) -> dg.AssetChecksDefinition:
    """Return the check of all tables of a source; it asks Zendesk only in a run of its own."""
    source = account.source
    schema, zendesk = source.schema_name, keys.zendesk_resource(source.schema_name)
    condition, cron = reconcile_condition(source), source.reconcile_cron
    text = _TEXT.format(when=in_words(cron) if cron else "switched off in the sources file")
    by_key = {keys.reconciliation_key(schema, each.name): each for each in collections}

    @dg.multi_asset_check(
        name=keys.reconciliation_step(schema),
        specs=[
            dg.AssetCheckSpec(
                key.name, asset=key.asset_key, description=text, automation_condition=condition
            )
            for key in by_key
        ],
        can_subset=True,
        required_resource_keys={keys.HUB, keys.WAREHOUSE_IO_MANAGER, zendesk},
    )
    def reconciliation(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = [key for key in by_key if key in context.selected_asset_check_keys]
        # What the run is to materialize; Dagster has no public word for it.
        if context.op_execution_context.job_def.asset_layer.executable_asset_keys:
            yield from _said_before(context, selected)
            return
        hub = context.resources.hub.of_source(schema)
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        resource: ZendeskResource = getattr(context.resources, zendesk)
        if problem := other_account(source, hub, warehouse):
            yield from (_result(key, _not_compared(problem)) for key in selected)
            return
        log, warn = context.log.info, context.log.warning
        with as_failure():
            zendesk_client = resource.client(account, log, warn=warn, background=True)
        with zendesk_client as client:
            comparison = _Comparison(client, account.clock, log)
            for key in selected:
                table = Table.of(source, by_key[key], hub, warehouse)
                yield _result(key, comparison.of(table))

    return reconciliation


@dataclass(frozen=True)
class _Comparison:
    """Compares tables one after the other, and says what each may cost before it asks."""

    client: ZendeskClient
    clock: Clock
    log: Callable[[str], None]

    def of(self, table: Table) -> Verdict:
        """Return what came of it; that nothing could be asked is a finding, never a failed run."""
        started = self.clock.now()
        figures: dict[str, Any] = {"asked_at": started.isoformat()}
        try:
            verdict = self._compare(table, Choice(_WEEKLY_SAMPLE, f"{started:%Y-%m-%d}"), figures)
        except ZendeskAssetsError as error:
            verdict = _not_compared(str(error), figures)
        self.log(f"{table.name}: {verdict.sentence}")
        return verdict

    def _compare(self, table: Table, choice: Choice, figures: dict[str, Any]) -> Verdict:
        route = ROUTES.get(table.collection.comparison)
        if route is None:
            return Verdict("Zendesk shows this in no other way: it is not compared.", figures)
        plan = route.plan(table, choice)
        self.log(announce(table.name, plan))
        before = self.client.cost.requests
        asked = route.ask(table, self.client, plan)
        figures["requests_at_most"] = plan.requests
        figures["requests"] = self.client.cost.requests - before
        return _judge(asked, table.incomplete(), table.collection, figures)


def _not_compared(why: str, figures: dict[str, Any] | None = None) -> Verdict:
    return Verdict(f"This could not be compared: {why}", figures or {}, outcome="warning")


def _judge(
    asked: Asked, seconds: Sequence[datetime], collection: Collection, figures: dict[str, Any]
) -> Verdict:
    figures |= {
        "compared": asked.compared,
        "newer": asked.newer,
        "differing": len(asked.differences),
        "incomplete_seconds": len(seconds),
    }
    if asked.notes:
        figures["notes"] = list(asked.notes)
    if asked.differences:
        figures["differences"] = describe_differences(asked.differences)
    if asked.differences or seconds:
        figures["repair"] = f"zendesk-assets reconcile --collection {collection.name} --repair"
    sentence = " ".join([summarize(asked), *describe_incomplete(seconds)])
    if asked.differences:
        return Verdict(sentence, figures, outcome="error")
    return Verdict(sentence, figures, outcome="warning" if seconds else "passed")


def _result(key: dg.AssetCheckKey, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=verdict.outcome == "passed",
        severity=_SEVERITY[verdict.outcome],
        description=escape_markdown(verdict.sentence),
        metadata=verdict.figures,
    )


def _said_before(
    context: dg.AssetCheckExecutionContext, selected: Sequence[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """Yield what the last comparison of each table found; nothing where there was none."""
    ended = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
    for key in selected:
        history = context.instance.event_log_storage.get_asset_check_execution_history(
            key, limit=1, status=ended
        )
        events = [record.event.dagster_event for record in history if record.event]
        for event in events:
            found: Any = event.event_specific_data if event else None
            if found:
                yield dg.AssetCheckResult(
                    asset_key=key.asset_key,
                    check_name=key.name,
                    passed=found.passed,
                    severity=found.severity,
                    description=found.description,
                    metadata=found.metadata,
                )
