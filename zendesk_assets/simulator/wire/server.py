"""HTTP/1.1 on 127.0.0.1 for one or several sites, broken answers included.

This is only how answers are sent; what is answered is decided in `site`.
"""

from __future__ import annotations

import errno
import socket
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.wire.messages import REFUSALS, Answer, Request, error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zendesk_assets.simulator.wire.faults import Fault

_HOST = "127.0.0.1"
_HARD_CLOSE = struct.pack("ii", 1, 0)  # linger for 0 seconds: the client sees a reset


class Answering(Protocol):
    """What a server serves: something that answers requests and learns its own address."""

    base_url: str

    def answer(self, request: Request) -> tuple[Answer, Fault | None]:
        """Return an answer, and the fault to apply to it while it is sent."""
        ...


class SimulatorServer:
    """Serves each site below its path prefix: `http://127.0.0.1:PORT/acme/api/v2/…`.

    A site with the prefix "" is served at the root, for paths that have no other prefix.
    """

    def __init__(self, accounts: Mapping[str, Answering], port: int = 0) -> None:
        self.accounts = {prefix.strip("/"): site for prefix, site in accounts.items()}
        self.base_url = ""
        self._port = port
        self._http: _Http | None = None

    def start(self) -> Self:
        """Listen, and answer in the background.

        Raises:
            SimulatorError: The port cannot be used.
        """
        try:
            self._http = _Http((_HOST, self._port), _Handler)
        except OSError as cause:
            why = "is in use" if cause.errno == errno.EADDRINUSE else f"cannot be used ({cause})"
            message = f"Port {self._port} {why}: end what uses it, or give another --port."
            raise SimulatorError(message) from cause
        self._http.accounts = self.accounts
        self.base_url = f"http://{_HOST}:{self._http.server_address[1]}"
        for prefix, site in self.accounts.items():
            site.base_url = f"{self.base_url}/{prefix}" if prefix else self.base_url
        threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Stop listening, and close all connections."""
        if self._http is not None:
            self._http.shutdown()
            self._http.close_all()
            self._http = None
        for site in self.accounts.values():
            site.base_url = ""

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.stop()


def serve(accounts: Mapping[str, Answering], port: int = 0) -> None:
    """Serve in the foreground until interrupted."""
    with SimulatorServer(accounts, port):
        threading.Event().wait()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.accounts: Mapping[str, Answering] = {}
        self.connections: set[socket.socket] = set()

    def close_all(self) -> None:
        """Close the listening socket and every open connection."""
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, *_arguments: object) -> None:
        """Print no traceback when a client goes away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: _Http

    def setup(self) -> None:
        """Remember the connection, so that `stop` can close it."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: the site keeps the log."""

    def _handle(self) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        prefix, path = self._split(unquote(address.path))
        site = self.server.accounts.get(prefix)
        if site is None:
            self._send(REFUSALS["no_help_desk"])
            return
        parameters = parse_qsl(address.query, keep_blank_values=True)
        request = Request(
            self.command, path.removesuffix(".json"), dict(parameters),
            {name.lower(): value for name, value in self.headers.items()}, body,
            site.base_url, parameters=tuple(parameters),
        )  # fmt: skip
        answer, fault = _answer(site, request)
        self._carry_out(answer, fault)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _handle  # noqa: N815 (http.server's names)

    def _split(self, path: str) -> tuple[str, str]:
        first, _slash, rest = path.lstrip("/").partition("/")
        return (first, f"/{rest}") if first in self.server.accounts and first else ("", path)

    def _carry_out(self, answer: Answer, fault: Fault | None) -> None:
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault and fault.kind == "reset":
            self._reset()
            return
        sent = None
        if fault and fault.kind == "truncate":
            sent = len(answer.body) // 2
            self.close_connection = True
        self._send(answer, sent)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD_CLOSE)
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def _send(self, answer: Answer, sent: int | None = None) -> None:
        phrase = HTTPStatus(answer.status).phrase if answer.status in _STATUSES else "Unknown"
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{k}: {v}" for k, v in headers.items())]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        body = b"" if self.command == "HEAD" else answer.body[:sent]
        self.wfile.write(head + body)


_STATUSES = frozenset(HTTPStatus)


def _answer(site: Answering, request: Request) -> tuple[Answer, Fault | None]:
    try:
        return site.answer(request)
    except Exception as cause:  # noqa: BLE001 (a bug here must reach the developer's client)
        text = f"{type(cause).__name__}: {cause}"
        return error(500, "SimulatorBug", text), None
