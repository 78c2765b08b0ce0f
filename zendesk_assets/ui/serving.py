"""Serves the application on 127.0.0.1, in a thread, until it is told to end.

The main thread stays free for signals, which the command handles.
"""

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from zendesk_assets.errors import ZendeskAssetsError

_HOST = "127.0.0.1"
_ENDS_WITHIN_SECONDS = 5.0


class Serving:
    """A server within a `with` block; `url` is where it answers from the beginning on."""

    def __init__(self, app: Starlette, port: int) -> None:
        """Take the port; 0 takes any that is free. Raises ZendeskAssetsError if it is taken."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((_HOST, port))
        except OSError as error:
            self._socket.close()
            raise ZendeskAssetsError(
                f"Port {port} of this machine cannot be used ({error.strerror}): end the program "
                "that uses it, or give another --port."
            ) from None
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://{_HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._socket.listen()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_ENDS_WITHIN_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
