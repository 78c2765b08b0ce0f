"""Where things are kept, as the sources file says it: tables, raw pages, tokens, counted requests.

Each has a place on this machine by default, and one that several machines can share. How a place is
used is not known here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from zendesk_assets.secret import SecretValue

__all__ = [
    "DuckDBTarget",
    "FileRateLimits",
    "FileTokens",
    "HubTarget",
    "PostgresRateLimits",
    "PostgresTarget",
    "PostgresTokens",
    "Settings",
]


class Settings(BaseModel):
    """A part of the sources file: frozen, and nothing in it that is not declared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a secret
    )


class DuckDBTarget(Settings):
    """A DuckDB file; a relative path is relative to the sources file.

    `lock_timeout` is how long a load waits, in seconds, while somebody else has the file open.
    `storage_version` is the oldest DuckDB that can open a new file, or `latest`.
    """

    type: Literal["duckdb"] = "duckdb"
    path: str = "warehouse.duckdb"
    lock_timeout: float = Field(default=120, ge=0)
    storage_version: str = Field(default="v1.0.0", pattern=r"^(v\d+\.\d+\.\d+|latest)$")


class PostgresTarget(Settings):
    """A PostgreSQL database, by its address; a load waits `lock_timeout` seconds for others."""

    type: Literal["postgres"]
    url: SecretValue
    lock_timeout: float = Field(default=120, ge=0)


class HubTarget(Settings):
    """A folder or an fsspec URL; a relative path is relative to the sources file."""

    path: str = "hub"


class FileTokens(Settings):
    """A folder for the tokens of OAuth; a relative path is relative to the sources file.

    Without a path it is `zendesk_tokens` in Dagster's home.
    """

    type: Literal["file"] = "file"
    path: str = ""


class PostgresTokens(Settings):
    """A PostgreSQL database for the tokens of OAuth, when several machines share a source."""

    type: Literal["postgres"]
    url: SecretValue


class FileRateLimits(Settings):
    """Requests are counted in files of this machine, in ZENDESK_ASSETS_STATE."""

    type: Literal["file"] = "file"


class PostgresRateLimits(Settings):
    """Requests are counted in a PostgreSQL database, when several machines share an account."""

    type: Literal["postgres"]
    url: SecretValue
