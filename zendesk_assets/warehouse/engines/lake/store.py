"""Where a lake's Parquet files are: a folder, or S3 by DuckDB's own client.

Credentials are those of the hub in S3: the usual variables, profiles or the machine's role
(https://duckdb.org/docs/stable/core_extensions/httpfs/s3api).
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import duckdb

from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets.warehouse.sql import literal

_OURS: Final = "zendesk_assets_store"


@dataclass(frozen=True)
class Store:
    """A folder, or a URL such as s3://bucket/prefix."""

    place: str

    @property
    def is_local(self) -> bool:
        """Return whether it is a folder of this machine."""
        return "://" not in self.place

    @property
    def root(self) -> str:
        """Return it as DuckLake remembers it: with a slash at the end."""
        return self.place.rstrip("/") + "/"

    def open(self, connection: duckdb.DuckDBPyConnection, *, writes: bool) -> None:
        """Let a connection read and write there."""
        if self.is_local:
            if writes:
                Path(self.place).mkdir(parents=True, exist_ok=True)
            return
        load(connection, "httpfs", "aws")
        connection.execute(
            f"CREATE OR REPLACE SECRET {_OURS} "
            f"(TYPE s3, PROVIDER credential_chain, SCOPE {literal(self.root)}{_endpoint()})"
        )


def _endpoint() -> str:
    """Return the options for a store that is not Amazon's, from the variables that name it."""
    url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        return ""
    parts = urlsplit(url)
    return (
        f", ENDPOINT {literal(parts.netloc)}, URL_STYLE 'path', "
        f"USE_SSL {str(parts.scheme == 'https').lower()}"
    )
