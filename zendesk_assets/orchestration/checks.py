"""Asset checks of each table, from the catalog, which run with each materialization.

https://docs.dagster.io/guides/test/asset-checks. This module queries hub and warehouse and reports
to Dagster; `verdicts` judges the answers, `warehouse.audit` has the SQL. There is one step per
table, after its load; whatever it finds, the load stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import Batch, SourceHub, bounds, covers, is_all_loaded
from zendesk_assets.orchestration import keys, placement, verdicts
from zendesk_assets.orchestration.check_results import check_result, earlier_evaluations
from zendesk_assets.orchestration.partitions import history_of
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Window
from zendesk_assets.warehouse import Link, TableAudit, Warehouse, open_audit

# The most manifests that one check reads: the newest of those loaded since the last check.
_MANIFESTS: Final = 500


@dataclass(frozen=True)
class _Subject:
    """What is checked: a table, with the source's other collections, its hub and all its days."""

    schema: str
    collection: Collection
    chosen: frozenset[str]
    hub: SourceHub
    history: Window | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the hub has the stream from the first day of the source on. Raises HubError."""
        if self.history is None or not declared().stream_of(self.collection).partitioned:
            return True
        covered = self.hub.coverage(self.collection.stream)
        end = max((each.end for each in covered), default=self.history.start)
        return covers(covered, Window(self.history.start, end))


_Check = Callable[[_Subject, TableAudit, datetime | None], Verdict]


def _keys(_: _Subject, table: TableAudit, __: datetime | None) -> Verdict:
    return verdicts.judge_keys(table.key_faults())


def _references(subject: _Subject, table: TableAudit, _: datetime | None) -> Verdict:
    links = _links(subject.collection, subject.chosen)
    itself = {each.column for each in links if each.collection == subject.collection.name}
    # A new ticket may refer to one that was last changed before the months that were fetched.
    unsure = itself if itself and not subject.is_whole else set()
    return verdicts.judge_references(table.dangling(links), unsure)


def _quarantine(_: _Subject, table: TableAudit, until: datetime | None) -> Verdict:
    return verdicts.judge_quarantine(table.quarantined(until))


def _unknown(_: _Subject, table: TableAudit, __: datetime | None) -> Verdict:
    return verdicts.judge_unknown(table.unknown_properties())


def _loads(subject: _Subject, table: TableAudit, until: datetime | None) -> Verdict:
    known = subject.hub.look(subject.collection.stream)
    older, loads = table.load_records(*bounds(known))
    batches: Sequence[Batch] = known.recent
    if not is_all_loaded(known, older):
        # The load log first: what lands in between is waiting, not missing from the hub.
        older, loads = table.load_records("", ())
        batches = known.everything()
    new = {each.batch_id for each in loads if not until or each.loaded_at > until}
    closer = [batch for batch in batches if batch.name in new][-_MANIFESTS:]
    manifests = [subject.hub.manifest(batch) for batch in closer]
    # What was pruned and read again is loaded without rows.
    records = {each.batch_id: each.records for each in manifests if not each.pruned}
    return verdicts.judge_loads(subject.collection, loads, batches, records, older)


_ASK: Final[dict[str, tuple[_Check, str]]] = {
    "primary_key_is_unique": (_keys, "Each row has a primary key, and no two have the same."),
    "references_resolve": (
        _references,
        (
            "Each id that refers to a row of another table of this source finds it there; "
            "otherwise a warning. Deleted rows, and rows that landed after the other table was "
            "last loaded, are ignored."
        ),
    ),
    "no_new_quarantined_rows": (
        _quarantine,
        (
            "No row was quarantined since the last check; otherwise an error, because such rows "
            "are missing from the table until a replay loads them. A value that does not fit its "
            "column is a warning: its row is in the table, and the value is in `_unknown`."
        ),
    ),
    "no_undeclared_properties": (
        _unknown,
        (
            "Every property that Zendesk sends, in a record or in the objects in and around it, "
            "has a column; otherwise a warning, because the values are in `_unknown`."
        ),
    ),
    "loads_add_up": (
        _loads,
        (
            "Every committed batch of the hub is loaded or waits for the next load, and all rows "
            "of each batch are accounted for."
        ),
    ),
}
CHECKS: Final = tuple(_ASK)
_LOOK_AT_NEWS: Final = {"no_new_quarantined_rows", "loads_add_up"}


def build_checks(
    source: Source, collection: Collection, chosen: Iterable[str], pool: str | None
) -> dg.AssetChecksDefinition:
    """Return the checks of a table; `chosen` names the collections that the source syncs."""
    schema, names, days = source.schema_name, frozenset(chosen), history_of(source)
    table = keys.table_key(placement.path_of(source), collection.name)
    links, manager = _links(collection, names), placement.io_manager(source)
    looked_up = ", ".join(f"`{each.column}` → {each.collection}.{each.target}" for each in links)
    more = {"references_resolve": f" Checked: {looked_up}."}
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
        required_resource_keys={placement.hub_resource(source), manager},
    )
    @signed
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = [spec for spec in specs if spec.key in context.selected_asset_check_keys]
        hub = getattr(context.resources, placement.hub_resource(source)).of_source(schema)
        until = {each.name: _looked_until(context.instance, each.key) for each in selected}
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        found = _look(warehouse, _Subject(schema, collection, names, hub, days), until)
        for spec in selected:
            verdict = found[spec.name]
            if _is_bad(verdict):  # what passed says so in its evaluation
                context.log.warning("%s: %s", spec.name, verdict.sentence)
            yield check_result(spec.key, verdict)
        bad = [f"{name}: {each.sentence}" for name, each in found.items() if _is_bad(each)]
        context.log.info(" ".join(bad) or f"{counted(len(found), 'check')} passed")

    return checks


def _is_bad(verdict: Verdict) -> bool:
    return verdict.outcome != "passed"


def _links(collection: Collection, chosen: frozenset[str]) -> list[Link]:
    """Return the columns that refer to tables of the same source, except for lists of ids.

    What has a history refers also to what a list has forgotten, deleted before it was first read.
    """
    found, catalog = [], declared()
    has_history = not catalog.stream_of(collection).is_whole
    for column in collection.columns:
        points_at = column.references
        if points_at and not points_at.listed and points_at.collection in chosen:
            target = catalog.collections[points_at.collection]
            if has_history and target.vanishes:
                continue
            oldest = target.version if catalog.stream_of(target).partitioned else None
            found.append(Link(column.name, target.name, points_at.column, oldest))
    return found


def _look(
    warehouse: Warehouse, subject: _Subject, until: Mapping[str, datetime | None]
) -> dict[str, Verdict]:
    """Return each check's verdict; if it could not run, that is a warning, not a failed run."""
    found: dict[str, Verdict] = {}
    try:
        with open_audit(warehouse, subject.schema, subject.collection) as table:
            for name, since in until.items():
                found[name] = _ASK[name][0](subject, table, since)
    except ZendeskAssetsError as error:
        unseen = Verdict(f"This could not be checked: {error}", outcome="warning")
        return {name: found.get(name, unseen) for name in until}
    return found


def _looked_until(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> datetime | None:
    """Return up to which time an earlier evaluation has looked, by its own figures."""
    if key.name not in _LOOK_AT_NEWS:
        return None
    for evaluation in earlier_evaluations(instance, key, limit=5):
        if (until := evaluation.metadata.get("until")) is not None:
            return datetime.fromisoformat(str(until.value))
    return None
