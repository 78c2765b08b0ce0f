"""DuckDB's extensions: from wheels, or from where DuckDB has installed them; never downloaded here.

And how the databases and secrets that they bring are named to DuckDB, with options.
https://pypi.org/project/duckdb-extension-ducklake/ and
https://duckdb.org/docs/stable/extensions/installing_extensions.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import duckdb
from duckdb import DuckDBPyConnection

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.sql import literal

# What a lake is attached for: to read it, to write to it, or to create it if it is not there.
Aim = Literal["read", "write", "create"]


def load(connection: DuckDBPyConnection, *names: str) -> None:
    """Load extensions into a connection's DuckDB; one that is loaded already takes no time.

    Raises:
        WarehouseError: if one is neither installed as a wheel nor by DuckDB.
    """
    query = "SELECT extension_name FROM duckdb_extensions() WHERE loaded"
    loaded = {row[0] for row in connection.execute(query).fetchall()}
    for name in (each for each in names if each not in loaded):
        try:
            connection.execute(f"LOAD {literal(str(_in_wheel(name) or name))}")
        except duckdb.Error as error:
            raise WarehouseError(
                f"The extension {name} of DuckDB {duckdb.__version__} is not installed, and none is"
                " downloaded while tables are loaded: run `pip install 'zendesk-assets[lake]'`, "
                f"or `python -c \"import duckdb; duckdb.sql('INSTALL {name}')\"` once."
            ) from error


def _in_wheel(name: str) -> Path | None:
    """Return the file of an extension that was installed as a wheel, built for this DuckDB."""
    package = find_spec(f"duckdb_extension_{name}")
    place = f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"
    folders = (package and package.submodule_search_locations) or ()
    return next((file for each in folders if (file := Path(each, place)).is_file()), None)


def attach(connection: DuckDBPyConnection, place: str, options: Mapping[str, str]) -> None:
    """Attach a database as `warehouse`; an option that is "" is left out."""
    connection.execute(f"ATTACH {literal(place)} AS warehouse ({_listed(options)})")


def create_secret(connection: DuckDBPyConnection, kind: str, options: Mapping[str, str]) -> str:
    """Let DuckDB know what proves who we are, in its memory; return its name."""
    name, given = f"zendesk_assets_{kind}", _listed({"TYPE": kind, **options})
    connection.execute(f"CREATE OR REPLACE SECRET {name} ({given})")
    return name


def _listed(options: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {literal(value)}" for name, value in options.items() if value)
