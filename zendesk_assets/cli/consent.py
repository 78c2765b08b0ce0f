"""Receives the callback of the consent page: on a local port, or pasted.

What a callback means is up to `zendesk.oauth`.
"""

import errno
import secrets
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import typer

from zendesk_assets.errors import CredentialsError, ZendeskAssetsError
from zendesk_assets.zendesk.oauth import AuthorizationRequest

_PATH: Final = "/callback"
_SECONDS: Final = 300
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the address of this page has the code in it
    "Cache-Control": "no-store",
}
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Zendesk assets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #f5f7fa }}
main {{ max-width: 30rem; margin: 18vh auto 0; padding: 2rem 2.5rem; background: #fff;
        border-radius: 8px; box-shadow: 0 1px 4px #0002 }}
h1 {{ margin: 0 0 .5rem; font-size: 1.4rem }} p {{ margin: .5rem 0 0 }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e4e9ef; background: #0f1419 }}
main {{ background: #171d24 }} }}
</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""


def redirect_address(port: int) -> str:
    """Return the exact redirect URL that the OAuth client must have."""
    return f"http://127.0.0.1:{port}{_PATH}"


def callback_from_browser(
    request: AuthorizationRequest, say: Callable[[str], None], seconds: float = _SECONDS
) -> str:
    """Open the consent page; return the address to which the browser is redirected.

    Raises:
        CredentialsError: if nothing arrives in time.
        ZendeskAssetsError: if the port is in use.
    """
    port = urlsplit(request.redirect_uri).port or 80
    with _receiver(port, request) as receiver:
        # A terminal browser, or $BROWSER, may not return until it is closed.
        threading.Thread(target=webbrowser.open, args=(request.url,), daemon=True).start()
        say(
            "Your browser opens Zendesk's page; sign in as an admin and press Allow. If it does "
            "not open, go there yourself (on another machine, use --no-browser):"
        )
        say(request.url)
        if not receiver.arrived.wait(seconds):
            raise CredentialsError(
                f"Allow was not pressed within {seconds / 60:.0f} minutes: run the command again, "
                "or add --no-browser and paste the address to which Zendesk redirects your browser."
            )
    return receiver.callback


def callback_from_paste(request: AuthorizationRequest, say: Callable[[str], None]) -> str:
    """Ask for the address that the browser landed on, or the code in it; return the address.

    Raises:
        CredentialsError: if the address contains no code.
    """
    say("Open this address in any browser, sign in to Zendesk as an admin and press Allow:")
    say(request.url)
    say(
        f"The browser then goes to {request.redirect_uri}?… and may say that the page cannot be "
        "reached; that is fine. Paste that address here: it works for two minutes."
    )
    pasted = typer.prompt("Address, or the code in it").strip()
    if "?" not in pasted and "=" not in pasted and "/" not in pasted:
        return f"{request.redirect_uri}?{urlencode({'code': pasted, 'state': request.state})}"
    query = pasted.partition("?")[2]
    if not {"code", "error"} & set(parse_qs(query)):
        raise CredentialsError(
            "That address contains no code: run the command again, and paste the whole address "
            f"that the browser landed on, {request.redirect_uri}?code=…"
        )
    return f"{request.redirect_uri}?{query}"


class _Receiver(ThreadingHTTPServer):
    """Accepts one callback with the right state and rejects all other requests.

    It is threaded because browsers open connections that they do not use.
    """

    daemon_threads = True

    def __init__(self, port: int, request: AuthorizationRequest) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.request_sent = request
        self.arrived = threading.Event()
        self.callback = ""
        self._lock = threading.Lock()

    def take(self, path: str) -> bool:
        """Return whether this is the expected callback."""
        parts = urlsplit(path)
        (state,) = parse_qs(parts.query).get("state", [""])[:1]
        if parts.path != _PATH or not secrets.compare_digest(
            state.encode(), self.request_sent.state.encode()
        ):
            return False
        with self._lock:
            self.callback = self.callback or f"{self.request_sent.redirect_uri}?{parts.query}"
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: browsers hang up all the time."""


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver
    server_version, sys_version = "zendesk-assets", ""
    timeout = 30

    def do_GET(self) -> None:
        # DNS rebinding: a page of another host whose name points here would send that name.
        asked = self.headers.get("Host") == urlsplit(self.server.request_sent.redirect_uri).netloc
        if not asked or not self.server.take(self.path):
            self._answer(404, "Nothing here", "This is not the expected callback.")
            return
        denied = "error" in parse_qs(urlsplit(self.path).query)
        title = "Access denied" if denied else "Access granted"
        self._answer(200, title, "You can close this window and return to your terminal.")
        self.server.arrived.set()

    def _answer(self, status: int, title: str, text: str) -> None:
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Log nothing: the address contains the code."""


@contextmanager
def _receiver(port: int, request: AuthorizationRequest) -> Iterator[_Receiver]:
    try:
        receiver = _Receiver(port, request)
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
        raise ZendeskAssetsError(
            f"Port {port} of this machine {why}: end the program that uses it, or give another "
            "--redirect-port and add its address to the OAuth client's redirect URLs."
        ) from None
    thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
