"""Places that messages go to: an address over HTTP, and a mail server. Both keep what they get."""

import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Address(HTTPServer):
    """Takes JSON; `status` is what it answers."""

    def __init__(self):
        self.status, self.received = 200, []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/services/T0/B0/s3cret"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.received.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@contextmanager
def an_address():
    with Address() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Letters:
    """What a mail server does with mail: it keeps it."""

    def __init__(self):
        self.received, self.logins = [], []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 # aiosmtpd's name
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def log_in(self, _server, _session, _envelope, _mechanism, given):
        self.logins.append((given.login, given.password))
        # Not handled: the server still has to answer.
        return AuthResult(success=given.password == b"right", handled=False)


@contextmanager
def a_mail_server():
    letters = Letters()
    with socket.socket() as probe:  # aiosmtpd connects to the port that it was given
        probe.bind(("127.0.0.1", 0))
        letters.port = probe.getsockname()[1]
    server = Controller(
        letters, "127.0.0.1", letters.port, authenticator=letters.log_in, auth_require_tls=False
    )
    server.start()
    try:
        yield letters
    finally:
        server.stop()
