"""A server before an account: it hands on each question once, and then has the answer at hand.

    python benchmarks/recording.py ADDRESS FOLDER

The second time that it is asked the same, the account takes no time, so that only the time of who
asks is measured. Answers are kept in the folder. It prints its own address.
"""

from __future__ import annotations

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import requests

_HANDED_ON: Final = ("Authorization", "Accept", "Accept-Encoding", "User-Agent")
# Of an answer, these are about the connection, which is ours.
_OWN: Final = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer would wait for the client to confirm its head
    account: str
    folder: Path

    def do_GET(self) -> None:  # the library's name
        """Answer from the folder, or from the account."""
        name = hashlib.sha256(self.path.encode()).hexdigest()
        head, body = self.folder / f"{name}.json", self.folder / name
        if not head.exists():
            self._ask(head, body)
        status, headers = json.loads(head.read_text(encoding="utf-8"))
        content = body.read_bytes()
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _ask(self, head: Path, body: Path) -> None:
        sent = {name: self.headers[name] for name in _HANDED_ON if name in self.headers}
        with requests.get(
            self.account + self.path, headers=sent, stream=True, timeout=120
        ) as found:
            content = found.raw.read(decode_content=False)
            kept = [each for each in found.headers.items() if each[0].lower() not in _OWN]
            # Links to further pages lead through here too.
            body.write_bytes(content.replace(self.account.encode(), _address(self.server).encode()))
            head.write_text(json.dumps([found.status_code, kept]), encoding="utf-8")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _address(server: object) -> str:
    assert isinstance(server, ThreadingHTTPServer)
    return f"http://127.0.0.1:{server.server_port}"


def main() -> None:
    """Serve until the process is killed."""
    _Handler.account, _Handler.folder = sys.argv[1], Path(sys.argv[2])
    _Handler.folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(_address(server), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
