"""Where a lake's Parquet files are: a folder, or S3 by DuckDB's own client.

Credentials are those of the hub in S3: the usual variables, profiles or the machine's role
(https://duckdb.org/docs/stable/core_extensions/httpfs/s3api).
"""

from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from duckdb import DuckDBPyConnection

from zendesk_assets.warehouse.engines.lake.extensions import Aim, create_secret, load


def root_of(place: str) -> str:
    """Return a folder, or a URL such as s3://bucket/prefix, with a slash at the end."""
    return place.rstrip("/") + "/"


def open_store(connection: DuckDBPyConnection, place: str, aim: Aim) -> None:
    """Let a connection read and write files there; "" is nowhere."""
    if "://" in place:
        load(connection, "httpfs", "aws")
        options = {"PROVIDER": "credential_chain", "SCOPE": root_of(place), **_endpoint()}
        create_secret(connection, "s3", options)
    elif place and aim != "read":
        Path(place).mkdir(parents=True, exist_ok=True)


def _endpoint() -> dict[str, str]:
    """Return the options for a store that is not Amazon's, from the variables that name it."""
    parts = urlsplit(environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL", ""))
    if not parts.netloc:
        return {}
    return {"ENDPOINT": parts.netloc, "URL_STYLE": "path", "USE_SSL": str(parts.scheme == "https")}
