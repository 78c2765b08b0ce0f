"""The application: which address leads to which page, and what every answer has in common."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import ZendeskAssetsError, redact
from zendesk_assets.orchestration.running import SyncTimes
from zendesk_assets.ui.figures import FailedMonths, FailedSyncs, Figures, Syncs
from zendesk_assets.ui.pages import Answers
from zendesk_assets.ui.rendering import Pages, static_file

# A page elsewhere could otherwise read this one, by letting its own name mean 127.0.0.1.
_HOSTS: Final = ("127.0.0.1", "localhost", "::1", "[::1]")
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_NOTHING_HERE: Final = "There is no such page."
_BUG: Final = "This is a bug in zendesk-assets: please report it, with the lines on the terminal."
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def build_app(
    failed: FailedMonths,
    dagster: str = "",
    clock: Clock | None = None,
    failed_syncs: FailedSyncs = lambda _schema, _streams: {},
    syncs: Syncs = lambda _schema: SyncTimes(),
) -> Starlette:
    """Return the application for the sources file of this folder.

    Args:
        failed: Returns the months of a schema's stream whose last run failed.
        dagster: The address of the Dagster UI to link to, '' for none.
        clock: The current time.
        failed_syncs: Returns why the last syncs of streams of a schema failed, by stream.
        syncs: Returns when syncs of a schema began, and whether one is at work.
    """
    pages = Pages(dagster)
    answers = Answers(pages, Figures(failed, failed_syncs, syncs, clock or SystemClock()))
    of_source = "/{schema:str}"
    routes = [
        Route("/", answers.overview),
        Route("/static/{name:str}", _static),
        Route("/favicon.ico", _icon),  # browsers ask for it on pages that name no icon
        Route(f"{of_source}/tables", answers.tables),
        Route(f"{of_source}/coverage", answers.coverage),
        Route(f"{of_source}/report", answers.report),
        Route(f"{of_source}/certificate", answers.certificate),
        Route(f"{of_source}/certificate.json", answers.certificate_json),
        Route(f"{of_source}/tables/{{table:str}}", answers.table),
        Route(f"{of_source}/tables/{{table:str}}/why", answers.why),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(_HOSTS)),
            Middleware(BaseHTTPMiddleware, dispatch=_with_headers),
        ],
        exception_handlers={
            ZendeskAssetsError: partial(_explained, pages),
            HTTPException: partial(_refused, pages),
            Exception: partial(_crashed, pages),
        },
    )


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await answer(request)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    kind = _TYPES.get(name.rpartition(".")[2])
    try:
        found = static_file(name) if kind and "/" not in name and ".." not in name else None
    except FileNotFoundError:
        found = None
    if found is None:
        return PlainTextResponse(_NOTHING_HERE, 404)
    return Response(found, media_type=kind)


def _icon(_request: Request) -> Response:
    return Response(static_file("icon.svg"), media_type=_TYPES["svg"])


def _explained(pages: Pages, _request: Request, error: Exception) -> Response:
    """Return one of our own errors: a sentence with a next step."""
    return pages.render("error", status=503, title="That did not work", text=redact(str(error)))


def _refused(pages: Pages, _request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = _NOTHING_HERE if error.detail == "Not Found" else error.detail
    return pages.render("error", status=error.status_code, title="Not found", text=text)


def _crashed(pages: Pages, _request: Request, _error: Exception) -> Response:
    return pages.render("error", status=500, title="That did not work", text=_BUG)
