"""What a comparison proved, as a certificate of the table, and what certificates say in words.

Pure but for two counts of our own table. `hub.certificates` keeps certificates.
"""

from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from zendesk_assets.catalog import declared
from zendesk_assets.hub import Certificate
from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan
from zendesk_assets.reconcile.report import describe_differences
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.spec import ComparedBy
from zendesk_assets.templates import fill

_BY_AUDITS: Final = (ComparedBy.AUDITS, ComparedBy.AUDITS_OF_FEW)
_NO_ROUTE: Final = "Zendesk has no other route to it: it is not compared."
_NAMED: Final = 5


def certify(
    table: ComparedTable,
    plan: ComparisonPlan,
    result: Comparison,
    asked: datetime,
    requests: int,
) -> Certificate:
    """Return the certificate of a comparison that began at `asked` and took so many requests."""
    seconds = tuple(table.incomplete())
    outcome = "error" if result.differences else "warning" if seconds else "passed"
    return Certificate(
        collection=table.collection.name,
        warehouse=table.warehouse.name,
        asked=asked,
        outcome=outcome,  # type: ignore[arg-type] # one of the three
        here=table.live(),
        at_zendesk=result.at_zendesk,
        is_about=result.is_about,
        compared=result.compared,
        differing=len(result.differences),
        missing=sum(each.is_missing for each in result.differences),
        looked_for=len(plan.absent),
        newer=result.newer,
        fetched_from=table.fetched_from,
        incomplete_seconds=seconds,
        requests=requests,
        requests_at_most=plan.requests,
        notes=result.notes,
        differences=tuple(describe_differences(result.differences)),
    )


def not_comparable(table: ComparedTable, asked: datetime) -> Certificate:
    """Return the certificate of a table to which Zendesk has no second route."""
    return Certificate(
        collection=table.collection.name,
        warehouse=table.warehouse.name,
        asked=asked,
        outcome="passed",
        here=table.live(),
        is_comparable=False,
        notes=(_NO_ROUTE,),
    )


def sentence(certificate: Certificate) -> str:
    """Return what a certificate proves, in one line.

    `24 tags here, 24 at Zendesk; 24 compared property by property, 0 differ; 0 ids missing;
    compared on Sunday, 2026-11-29.`
    """
    if not certificate.is_comparable:
        return _NO_ROUTE
    parts = [
        _sizes(certificate),
        f"{certificate.compared:,} compared {_how(certificate)}, {certificate.differing:,} differ",
        f"{counted(certificate.missing, 'id')} missing",
    ]
    if certificate.incomplete_seconds:
        seconds = counted(len(certificate.incomplete_seconds), "second")
        parts.append(f"{seconds} may be incomplete")
    return f"{'; '.join([*parts, f'compared on {day(certificate)}'])}."


def day(certificate: Certificate) -> str:
    """Return the day of a comparison: `Sunday, 2026-11-29`, with the repair after it."""
    repaired = certificate.repaired
    more = f", repaired on {repaired:%A, %Y-%m-%d}" if repaired else ""
    return f"{certificate.asked:%A, %Y-%m-%d}{more}"


def summary(certificates: Iterable[Certificate], chosen: Names[str]) -> str:
    """Return what the certificates of a source prove together; `chosen` are its collections."""
    every = [each for each in certificates if each.collection in chosen]
    found = [each for each in every if each.is_comparable]
    if not found:
        return "Not compared with Zendesk yet: `zendesk-assets reconcile` does it."
    wrong = [each for each in found if each.differing]
    newest = max(found, key=lambda each: each.asked)
    records, missing = sum(each.compared for each in found), sum(each.missing for each in found)
    line = (
        f"{counted(len(found), 'table')} compared with Zendesk, the last on {day(newest)}: "
        f"{counted(records, 'record')}, {sum(each.differing for each in wrong):,} differ, "
        f"{counted(missing, 'id')} missing."
    )
    if wrong:
        names = ", ".join(each.collection for each in wrong)
        line += f" Differing: {names}; `zendesk-assets reconcile --repair` mends them."
    left = sorted(set(chosen) - {each.collection for each in every})
    if left:
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        line += f" Not compared yet: {', '.join(left[:_NAMED])}{more}."
    return line


def of_warehouse(found: Mapping[str, Certificate], warehouse: str) -> dict[str, Certificate]:
    """Return the certificates of the tables of one warehouse, which may share a hub with others."""
    return {name: each for name, each in found.items() if each.warehouse == warehouse}


def to_json(schema: str, certificates: Sequence[Certificate]) -> dict[str, Any]:
    """Return a source's certificates for a program, each with its sentence."""
    rows = [{**msgspec.to_builtins(each), "sentence": sentence(each)} for each in certificates]
    return {"source": schema, "tables": rows}


def build_page(sources: Mapping[str, Sequence[Certificate]], at: datetime) -> str:
    """Return a self-contained page about the certificates of sources, by their names."""
    known = {"sources": sources, "sentence": sentence, "at": f"{at:%Y-%m-%d %H:%M} UTC"}
    return fill("zendesk_assets.reconcile", "certificate.html.j2", **known)


def _sizes(certificate: Certificate) -> str:
    words = certificate.collection.replace("_", " ")
    here = f"{certificate.here:,} {words if certificate.here != 1 else f'row of {words}'} here"
    first = certificate.fetched_from
    here += f" (fetched from {first:%Y-%m-%d} on)" if first else ""
    if certificate.at_zendesk is None:
        return here
    if not certificate.is_about:
        return f"{here}, {certificate.at_zendesk:,} at Zendesk"
    without = ", which leaves out archived ones" if first else ""
    return f"{here}, about {certificate.at_zendesk:,} by Zendesk's own count{without}"


def _how(certificate: Certificate) -> str:
    known = declared().collections.get(certificate.collection)
    return "with audits" if known and known.compared_by in _BY_AUDITS else "property by property"
