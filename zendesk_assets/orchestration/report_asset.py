"""The report asset: charts of the views in one HTML file beside the project.

https://docs.dagster.io/guides/build/assets/defining-assets
"""

import socket
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.analysis import AnalysisView
from zendesk_assets.clock import Clock
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import report_condition
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.figures_due import follows_loads, is_report_due, next_occasion
from zendesk_assets.orchestration.freshness import report_policy
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.report import (
    CHARTS,
    TILES,
    Report,
    Subject,
    build_report,
    choose_period,
    identify,
    note_page,
    take_again,
)
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.settings.state_folder import answers_file
from zendesk_assets.storage.durable import write_durably
from zendesk_assets.warehouse import Warehouse, keeping_answers, select_all, states_of

_COUNTED_FROM: Final = "ticket_events"
_NOT_WRITTEN: Final = (
    "No report at %s (%s): make the folder writable to get one; this page shows all of its numbers."
)
_NOT_DUE: Final = "the report and the figures of the views are due %s"


def has_report(views: Iterable[AnalysisView]) -> bool:
    """Return whether a report has anything to show of these views."""
    shown = {each.view for each in (*TILES, *CHARTS)}
    return any(view.name in shown for view in views)


def report_path(sources: Sources, source: Source) -> Path:
    """Return the path of a source's report: in `reports`, beside the sources file."""
    return Path(sources.resolve(f"reports/{source.schema_name}.html"))


def forget_report(sources: Sources, source: Source, warehouse: str) -> None:
    """Delete the report, which names agents, and the note of it; the next sync writes it anew."""
    for file in (report_path(sources, source), answers_file(warehouse, source.schema_name, "page")):
        if file is not None:
            file.unlink(missing_ok=True)


def build_report_asset(
    source: Source, sources: Sources, views: Sequence[AnalysisView], clock: Clock
) -> dg.AssetsDefinition:
    """Return the asset that writes the report on these views."""
    schema, path = source.schema_name, report_path(sources, source)
    place, landing, manager = (
        placement.path_of(source),
        placement.hub_resource(source),
        placement.io_manager(source),
    )
    definitions = {view.name: view.description for view in views}
    shown = {keys.table_key(place, view.name): view for view in views}
    tables = [each.name for each in chosen_collections(source)]

    @dg.asset(
        key=keys.report_key(place),
        deps=list(shown),
        group_name=keys.analysis_group(schema),
        description=_description(source, path),
        kinds={"html", "report"},
        owners=source.owners,
        automation_condition=report_condition(),
        freshness_policy=report_policy(source),
        required_resource_keys={landing, manager},
        output_required=False,
    )
    @signed
    def report(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        key, instance = keys.report_key(place), context.instance
        if follows_loads(context.run) and not is_report_due(instance, key, shown, path):
            context.log.info(_NOT_DUE, next_occasion(instance, source, shown))
            return
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        with as_failure():
            # What is missing of the events is missing of what is counted from them.
            hub = getattr(context.resources, landing).of_source(schema)
            fetched, now = hub.coverage(_COUNTED_FROM), clock.now()
            period = choose_period(now, fetched)
            proved = of_warehouse(hub.certificates.all(), warehouse.name)
            compared = summary(proved.values(), tables)
            subject = Subject(source.nickname, schema, definitions, period, now, compared)
            made, identity = _make(warehouse, subject, views, path)
        found: dict[str, Any] = {
            "summary": dg.MetadataValue.md(made.summary),
            "pictures": dg.MetadataValue.md(made.pictures or "Nothing to show yet."),
            "charts": made.charts,
        }
        try:
            write_durably(path, made.html.encode())
        except OSError as error:
            # A read-only folder, as in Kubernetes, must not make the asset red.
            context.log.warning(_NOT_WRITTEN, path, error.strerror)
            yield dg.MaterializeResult(metadata=found)
            return
        note_page(answers_file(warehouse.name, schema, "page"), subject, identity, made)
        context.log.info("%s charts in %s", made.charts, path)
        where: dict[str, Any] = {
            "report": dg.MetadataValue.path(str(path)),
            "how_to_open": dg.MetadataValue.md(_how_to_open(path)),
            "bytes": path.stat().st_size,
        }
        yield dg.MaterializeResult(metadata={**where, **found})

    return report


def _make(
    warehouse: Warehouse, subject: Subject, views: Sequence[AnalysisView], path: Path
) -> tuple[Report, str]:
    """Return the report and its identity; all is asked before anything is drawn.

    Drawing would keep writers waiting.
    """
    schema, declared = subject.schema, {view.name: view.as_view() for view in views}
    with warehouse.reading() as session:
        identity = identify(subject, states_of(session, schema, declared.values()))
        note = answers_file(warehouse.name, schema, "page")
        if same := take_again(note, path, subject, identity):
            return same, identity
        asked = [(part.view, subject.query(part)) for part in subject.parts()]
        short = {view.name for view in views if view.is_short}
        with keeping_answers(answers_file(warehouse.name, schema, "report")) as kept:
            answers = select_all(session, schema, asked, short, declared, kept)
    return build_report(subject, lambda *asked: answers[asked]), identity


def _description(source: Source, path: Path) -> str:
    return (
        f"{source.nickname} on one page: this week beside the last, what changed most, agents "
        "and groups, and thirteen months of backlog, first reply, resolution, reopened tickets, "
        "satisfaction and SLA targets. It is an HTML file that needs no network and can be sent to "
        "anyone.\n\n"
        f"It is written to `{path}` on the machine that runs this asset, whenever the figures of "
        "the views were measured, and when you materialize it; the newest materialization names "
        "that machine, and has the numbers and some of the charts. Their queries are plain SQL on "
        "the views, which you can build on."
    )


def _how_to_open(path: Path) -> str:
    """Return instructions, because browsers do not open files from a page served over HTTP."""
    return (
        f"Paste `{path.as_uri()}` into the address bar of a browser on **{socket.gethostname()}**, "
        f"where it was written; from another machine, copy it: "
        f"`scp {socket.gethostname()}:{path} .`"
    )
