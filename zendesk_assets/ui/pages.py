"""The answers to requests: each function takes a request and returns a page. All are GET.

They run in threads of the server; `figures`, `rows`, `why` and `reconcile` find what they show.
"""

from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.errors import (
    WarehouseError,
    WarehouseLockedError,
    ZendeskAssetsError,
    redact,
)
from zendesk_assets.hub import Certificate
from zendesk_assets.orchestration.report_asset import report_path
from zendesk_assets.reconcile.certificate import of_warehouse, summary, to_json
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.status.calendar import Calendar, Month, streams_of
from zendesk_assets.ui.figures import Figures, SourceFigures, reading_of
from zendesk_assets.ui.rendering import Pages, document
from zendesk_assets.ui.rows import Relation, find_relation, read_rows, view_names
from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets.why import build_page, explain, parse_key

_HELD = "A load or another program holds the DuckDB file at this moment: reload in a few seconds."


@dataclass(frozen=True)
class Answers:
    """The pages of one server."""

    pages: Pages
    figures: Figures

    def overview(self, request: Request) -> Response:
        """Return all accounts at a glance."""
        del request
        sources = load_sources()
        return self.pages.render(
            "overview",
            accounts=[self._at_a_glance(sources, each) for each in sources.sources],
            now=self.figures.clock.now(),
            source=None,
        )

    def tables(self, request: Request) -> Response:
        """Return the tables and views of a source."""
        sources, source = _chosen(request)
        return self.pages.render(
            "tables",
            source=source,
            figures=self.figures.of(sources, source),
            views=view_names(source),
        )

    def coverage(self, request: Request) -> Response:
        """Return the calendars of a source's streams, and one month of them if it is chosen."""
        sources, source = _chosen(request)
        calendars = self.figures.calendars(sources, source)
        return self.pages.render(
            "coverage",
            source=source,
            calendars=calendars,
            chosen=_month_of(calendars, request),
            tables={
                each.stream: next(
                    one.name for one in chosen_collections(source) if one.stream == each.stream
                )
                for each in calendars
            },
            others=self._lists(sources, source),
            now=self.figures.clock.now(),
        )

    def table(self, request: Request) -> Response:
        """Return one table or view: its state, some rows, its columns."""
        sources, source = _chosen(request)
        relation = _relation(request, source)
        figures = self.figures.of(sources, source)
        state = figures.tables.of(relation.name)
        rows, trouble = None, ""
        try:
            warehouse = reading_of(sources)
            rows = read_rows(warehouse, source.schema_name, relation, state.rows if state else 0)
        except WarehouseLockedError:
            trouble = _HELD
        except WarehouseError as error:
            trouble = str(error)
        return self.pages.render(
            "table",
            source=source,
            relation=relation,
            state=state,
            figures=figures,
            rows=rows,
            trouble=trouble,
            certificate=figures.certificates.get(relation.name),
            notice=figures.tables.notice,
        )

    def why(self, request: Request) -> Response:
        """Return every state of a row, as `zendesk-assets why --html` writes it."""
        sources, source = _chosen(request)
        relation = _relation(request, source)
        if relation.collection is None or not relation.has_why:
            raise HTTPException(404, f"There is no `why` for {relation.name}: ask about its table.")
        typed = request.query_params.get("key", "").strip()
        if not typed:
            raise HTTPException(404, f"Type the key of a row of {relation.name}.")
        key = parse_key(relation.collection, typed)
        account, warehouse = Account(sources, source), reading_of(sources)
        found = explain(source, account.hub, warehouse, relation.collection, key, _silent)
        if found is None:
            raise HTTPException(404, f"The hub has never received {relation.name} {typed}.")
        back = request.url.path.removesuffix("/why")
        return document(build_page([found], self.figures.clock.now(), back))

    def report(self, request: Request) -> Response:
        """Return the report of a source."""
        sources, source = _chosen(request)
        path: Path = report_path(sources, source)
        if not path.exists():
            raise HTTPException(
                404,
                f"There is no report of {source.nickname} yet: `zendesk-assets sync "
                f"--report` writes it to {path}, if `analysis` is on.",
            )
        return document(path.read_text(encoding="utf-8"))

    def certificate(self, request: Request) -> Response:
        """Return what comparisons of a source's tables with Zendesk have proved."""
        _, source = _chosen(request)
        found = _certificates(request)[source.schema_name]
        return self.pages.render(
            "certificate",
            source=source,
            certificates=found,
            summary=summary(found, [each.name for each in chosen_collections(source)]),
        )

    def certificate_json(self, request: Request) -> Response:
        """Return the same for a program."""
        ((schema, found),) = _certificates(request).items()
        return JSONResponse(to_json(schema, found))

    def _at_a_glance(
        self, sources: Sources, source: Source
    ) -> tuple[Source, SourceFigures | None, str]:
        """Return a source with its figures, or with the sentence of why there are none."""
        try:
            return source, self.figures.of(sources, source), ""
        except ZendeskAssetsError as error:
            return source, None, redact(str(error))

    def _lists(self, sources: Sources, source: Source) -> list[tuple[str, str, str]]:
        """Return the streams without months: name, when each was read whole, what is wrong."""
        hub = Account(sources, source).hub
        found = []
        for each in streams_of(source):
            if not each.partitioned:
                read, refusal = hub.look(each.name).newest_whole, hub.refusals.of(each.name)
                when = f"{read:%Y-%m-%d %H:%M} UTC" if read else "never"
                found.append((each.name, when, refusal.message if refusal else ""))
        return found


def _chosen(request: Request) -> tuple[Sources, Source]:
    """Return the sources, and the one that the address names. Raises SourcesFileError."""
    sources = load_sources()
    return sources, sources.source(request.path_params["schema"])


def _relation(request: Request, source: Source) -> Relation:
    name = request.path_params["table"]
    found = find_relation(source, name)
    if found is None:
        raise HTTPException(404, f"{source.schema_name} has no table or view {name}.")
    return found


def _certificates(request: Request) -> dict[str, list[Certificate]]:
    sources, source = _chosen(request)
    every = Account(sources, source).hub.certificates.all()
    known = of_warehouse(every, open_warehouse(sources).name)
    names = [each.name for each in chosen_collections(source)]
    return {source.schema_name: [known[name] for name in names if name in known]}


def _month_of(calendars: list[Calendar], request: Request) -> tuple[str, Month] | None:
    """Return the stream and the month that the address asks for, if there is such a month."""
    stream, name = (request.query_params.get(each, "") for each in ("stream", "month"))
    for each in calendars:
        for month in each.months:
            if (each.stream, month.name) == (stream, name):
                return stream, month
    return None


def _silent(_line: str) -> None:
    """Say nothing: a page has no place for what takes a while."""
