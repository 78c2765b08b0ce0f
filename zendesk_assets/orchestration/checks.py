"""Asset checks of each table, from the catalog: they ride along with each materialization.

https://docs.dagster.io/guides/test/asset-checks. Here is what is asked, of whom, and how it gets
into Dagster; what the answers mean is in `verdicts`, the SQL in `warehouse.audit`. One step per
table, after its load; whatever it finds, the load stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import SourceHub
from zendesk_assets.orchestration import keys, verdicts
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.plain_text import escape_markdown
from zendesk_assets.sources import Source
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import Link, TableAudit, Warehouse

__all__ = ["CHECKS", "build_checks"]

# Manifests that one check reads at most: the newest of those loaded since the last look.
_MANIFESTS: Final = 500
_SEVERITY: Final = {
    "passed": dg.AssetCheckSeverity.WARN,
    "warning": dg.AssetCheckSeverity.WARN,
    "error": dg.AssetCheckSeverity.ERROR,
}
_ENDED: Final = frozenset({
    AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED,
})  # fmt: skip


@dataclass(frozen=True)
class _Subject:
    """What is checked: a table, the collections beside it, and the hub behind it."""

    schema: str
    collection: Collection
    chosen: frozenset[str]
    hub: SourceHub


_Check = Callable[[_Subject, TableAudit, datetime | None], Verdict]


def _keys(_: _Subject, table: TableAudit, __: datetime | None) -> Verdict:
    return verdicts.judge_keys(table.key_faults())


def _references(subject: _Subject, table: TableAudit, _: datetime | None) -> Verdict:
    return verdicts.judge_references(table.dangling(_links(subject.collection, subject.chosen)))


def _quarantine(_: _Subject, table: TableAudit, until: datetime | None) -> Verdict:
    return verdicts.judge_quarantine(table.quarantined(until))


def _unknown(_: _Subject, table: TableAudit, __: datetime | None) -> Verdict:
    return verdicts.judge_unknown(table.unknown_properties())


def _loads(subject: _Subject, table: TableAudit, until: datetime | None) -> Verdict:
    # The books first: what lands between the two looks is waiting, not missing from the hub.
    loads = table.load_records()
    batches = subject.hub.batches(subject.collection.stream)
    new = {each.batch_id for each in loads if not until or each.loaded_at > until}
    closer = [batch for batch in batches if str(batch.id) in new][-_MANIFESTS:]
    records = {str(batch.id): subject.hub.manifest(batch).records for batch in closer}
    return verdicts.judge_loads(subject.collection, loads, batches, records)


_ASK: Final[dict[str, tuple[_Check, str]]] = {
    "primary_key_is_unique": (_keys, "Each row has a primary key, and no two have the same."),
    "references_resolve": (
        _references,
        (
            "Each id that names a row of another table of this source finds it there; otherwise a "
            "warning. Deleted rows, and those that landed after the other table was last fed, are "
            "not judged."
        ),
    ),
    "no_new_quarantined_rows": (
        _quarantine,
        (
            "No row was quarantined since the last look. An error: such rows are missing from the "
            "table until they are taken in by a replay. A value that does not fit its column is a "
            "warning: its row is there, and the value is in `_unknown`."
        ),
    ),
    "no_undeclared_properties": (
        _unknown,
        (
            "Zendesk sends no property without a column, in a record or in the objects in and "
            "around it. A warning: the values are in `_unknown`."
        ),
    ),
    "loads_add_up": (
        _loads,
        (
            "Every committed batch of the hub is loaded or waits for the next load, and the rows "
            "of each are all accounted for."
        ),
    ),
}
CHECKS: Final = tuple(_ASK)


def build_checks(
    source: Source, collection: Collection, chosen: Iterable[str], pool: str | None
) -> dg.AssetChecksDefinition:
    """Return the checks of a table; `chosen` are the names of the collections the source syncs."""
    schema, names = source.schema_name, frozenset(chosen)
    table = keys.table_key(schema, collection.name)
    links = _links(collection, names)
    looked_up = ", ".join(f"`{each.column}` → {each.collection}.{each.target}" for each in links)
    more = {"references_resolve": f" Looked up: {looked_up}."}
    specs = [
        dg.AssetCheckSpec(name, asset=table, description=text + more.get(name, ""))
        for name, (_, text) in _ASK.items()
        if name != "references_resolve" or links
    ]

    @dg.multi_asset_check(
        name=keys.checks_step(table.to_python_identifier()),
        specs=specs,
        can_subset=True,
        pool=pool,
        required_resource_keys={keys.HUB, keys.WAREHOUSE_IO_MANAGER},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = [spec for spec in specs if spec.key in context.selected_asset_check_keys]
        hub = context.resources.hub.of_source(schema)
        until = {spec.name: _looked_until(context.instance, spec.key) for spec in selected}
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        found = _look(warehouse, _Subject(schema, collection, names, hub), until)
        for spec in selected:
            verdict = found[spec.name]
            log = context.log.warning if _is_bad(verdict) else context.log.info
            log(f"{spec.name}: {verdict.sentence}")
            yield _result(spec, verdict)
        bad = [f"{name}: {each.sentence}" for name, each in found.items() if _is_bad(each)]
        context.log.info(" ".join(bad) or f"{len(found)} checks passed")

    return checks


def _is_bad(verdict: Verdict) -> bool:
    return verdict.outcome != "passed"


def _links(collection: Collection, chosen: frozenset[str]) -> list[Link]:
    """Return the columns that point to tables of the same source, lists of ids aside."""
    found = []
    for column in collection.columns:
        points_at = column.references
        if points_at and not points_at.listed and points_at.collection in chosen:
            target = declared().collections[points_at.collection]
            oldest = target.version if declared().streams[target.stream].partitioned else None
            found.append(Link(column.name, target.name, points_at.column, oldest))
    return found


def _look(
    warehouse: Warehouse, subject: _Subject, until: Mapping[str, datetime | None]
) -> dict[str, Verdict]:
    """Return what each check finds; that it could not look is a finding, never a failed run."""
    found: dict[str, Verdict] = {}
    try:
        with warehouse.audit(subject.schema, subject.collection) as table:
            for name, since in until.items():
                found[name] = _ASK[name][0](subject, table, since)
    except ZendeskAssetsError as error:
        unseen = Verdict(f"This could not be looked at: {error}", outcome="warning")
        return {name: found.get(name, unseen) for name in until}
    return found


def _looked_until(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> datetime | None:
    """Return up to which moment an earlier evaluation has looked, by its own figures."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=5, status=set(_ENDED)
    )
    for record in history:
        event = record.event.dagster_event if record.event else None
        data: Any = event.event_specific_data if event else None
        until = data.metadata.get("until") if data else None
        if until is not None:
            return datetime.fromisoformat(str(until.value))
    return None


def _result(spec: dg.AssetCheckSpec, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=not _is_bad(verdict),
        severity=_SEVERITY[verdict.outcome],
        description=escape_markdown(verdict.sentence),
        metadata=verdict.figures,
    )
