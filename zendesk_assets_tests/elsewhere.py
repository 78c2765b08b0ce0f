"""A host that is not the account's: it counts who comes, with what, and gives nothing.

Other tests point links, redirects and proxies at it; what it was asked must be nothing, or at least
hold no credential.
"""

import http.server
import threading


class Elsewhere:
    """An HTTP server on 127.0.0.1; `seen` has a line and the headers of every request."""

    def __init__(self):
        self.seen = []
        self._server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode(errors="replace")
                seen.append((self.requestline, str(self.headers), body))
                self.send_error(502)

            do_GET = do_POST = do_CONNECT = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
