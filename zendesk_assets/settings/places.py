"""Where things are stored, as the sources file says: tables, raw pages, tokens, request counts.

Each has a default place on this machine, and one that several machines can share. How a place is
used does not matter here.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from zendesk_assets.settings.secret import Secret, SecretValue
from zendesk_assets.settings.values import Count, Seconds, Text

# One letter and a colon is a Windows drive.
_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_VARIABLE: Final = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|%[A-Za-z_][A-Za-z0-9_]*%")
_POSTGRES: Final = {"postgres", "postgresql"}
# fsspec knows these too, but they cannot store anything, or not permanently.
_NO_HUB: Final = {
    "blockcache", "cached", "data", "dir", "filecache", "ftp", "generic", "git", "github",
    "asynclocal", "async_wrapper", "dask", "http", "https", "jupyter", "libarchive",
    "pyscript", "reference", "simplecache", "tar", "zip",
}  # fmt: skip


def expand_home(path: str) -> str:
    """Return a path with `~` and `~name` expanded to that user's folder.

    Raises:
        ValueError: if there is no such folder.
    """
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        pass
    raise ValueError("there is no such user, or no home folder, for ~: give the full path")


def _local_path(value: str, of: str) -> str:
    """Return the path of a local file or folder; ValueError for any other place."""
    if _VARIABLE.search(value):
        raise ValueError("a variable is not expanded within a path: give {env: NAME} or the path")
    if found := _ADDRESS.match(value):
        raise ValueError(
            f"{of} must be on this machine, but {found[1]}: begins a remote address; "
            "write a name that contains a colon as ./name"
        )
    expand_home(value)
    return value


def _database_file(value: str) -> str:
    kind = value.partition(":")[0].lower()
    if value.startswith(":"):
        raise ValueError(
            "a database in memory is lost when the command ends: give a file such as "
            "warehouse.duckdb"
        )
    if kind in _POSTGRES and ":" in value:
        raise ValueError("for PostgreSQL give {type: postgres, url: {env: WAREHOUSE_URL}}")
    path = _local_path(value, "a DuckDB file")
    if path.endswith(("/", "\\")) or Path(path).name in {"", ".", "..", "~"}:
        raise ValueError("give a file such as warehouse.duckdb, not a folder")
    return path


def _hub_place(value: str) -> str:
    found = _ADDRESS.match(value)
    if value == ":memory:":
        raise ValueError("a hub in memory would be lost with the process: give a folder")
    if found is None:
        return _local_path(value, "the hub")
    import fsspec  # noqa: PLC0415 # a tenth of a second that an address needs, and a folder not

    kind, rest = found[1], found[2]
    if not rest.startswith("//"):
        raise ValueError(f"write an address with two slashes ({kind}://…), or a folder as ./name")
    if kind in _NO_HUB or kind not in fsspec.available_protocols():
        raise ValueError(
            f"nothing can be stored at {kind}://: give a folder, or s3://bucket/prefix"
        )
    if not rest.strip("/"):
        raise ValueError(f"name a place at {kind}://, such as {kind}://bucket/prefix")
    return value


def _tokens_folder(value: str) -> str:
    return _local_path(value, "the folder of the tokens") if value else value


class Settings(BaseModel):
    """A part of the sources file: frozen, without undeclared keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a secret
    )


def _catalog_of_lake(value: object) -> str | Secret:
    """Return the path of an SQLite file, or the address of a PostgreSQL database as a secret."""
    found = _ADDRESS.match(value.strip()) if isinstance(value, str) else None
    if not isinstance(value, str) or (found and found[1].lower() in _POSTGRES):
        return Secret.parse(value)
    path = _local_path(value.strip(), "the catalog of a lake, if it is not in PostgreSQL,")
    if not path or path.endswith(("/", "\\")) or Path(path).name in {"", ".", "..", "~"}:
        raise ValueError("give a file such as lake.sqlite, or {env: LAKE_CATALOG}")
    return path


def data_of_lake(value: str) -> str:
    """Return a folder or an address of S3. Raises ValueError for any other place."""
    found = _ADDRESS.match(value)
    if found is None:
        return _local_path(value, "the data of a lake")
    if found[1] != "s3" or not found[2].strip("/") or not found[2].startswith("//"):
        raise ValueError("give a folder, or s3://bucket/prefix")
    return value


class DuckDBTarget(Settings):
    """A DuckDB file; a relative path is relative to the sources file.

    `lock_timeout` is how long a load waits, in seconds, while another process has the file open.
    `storage_version` is the oldest DuckDB that can open a new file, or `latest`. `published` is a
    file for readers, replaced by a copy of the tables after each sync.
    """

    type: Literal["duckdb"] = "duckdb"
    path: Annotated[Text, AfterValidator(_database_file)] = "warehouse.duckdb"
    lock_timeout: Seconds = Field(default=120, ge=0)
    storage_version: str = Field(default="v1.0.0", pattern=r"^(v\d+\.\d+\.\d+|latest)$")
    published: Annotated[Text, AfterValidator(_database_file)] | None = None

    @property
    def file(self) -> str | None:
        """Return the file of the tables, which has one writer at a time; None for a server."""
        return self.path

    @property
    def files(self) -> dict[str, str]:
        """Return the files on this machine by their keys here."""
        files = {"path": self.path, "published": self.published}
        return {name: each for name, each in files.items() if each}

    @property
    def snapshot_days(self) -> int | None:
        """Return None: a file has no snapshots."""
        return None


class ServerTarget(Settings):
    """Tables behind a server that many write to and read: nothing of it is on this machine."""

    @property
    def file(self) -> str | None:
        """Return None: a server has many writers."""
        return None

    @property
    def files(self) -> dict[str, str]:
        """Return nothing: none is on this machine."""
        return {}

    @property
    def snapshot_days(self) -> int | None:
        """Return None: when snapshots expire, if there are any, the server says."""
        return None

    @property
    def published(self) -> str | None:
        """Return None: a server has many readers too."""
        return None


class PostgresTarget(ServerTarget):
    """A PostgreSQL database, by its address; a load waits `lock_timeout` seconds for others."""

    type: Literal["postgres"]
    url: SecretValue
    lock_timeout: Seconds = Field(default=120, ge=0)


class DuckLakeTarget(Settings):
    """A lake: its catalog in an SQLite file or a PostgreSQL database, its rows as Parquet files.

    `data` is a folder or an s3:// URL; relative paths are relative to the sources file. A load
    waits `lock_timeout` seconds for others. Snapshots are kept for `snapshot_days`.
    """

    type: Literal["ducklake"]
    catalog: Annotated[str | Secret, BeforeValidator(_catalog_of_lake)] = "lake.sqlite"
    data: Annotated[Text, AfterValidator(data_of_lake)] = "lake"
    lock_timeout: Seconds = Field(default=120, ge=0)
    snapshot_days: Count = Field(default=7, ge=1, le=3_650)

    @property
    def file(self) -> str | None:
        """Return the SQLite file, which has one writer at a time; None for a server."""
        return self.catalog if isinstance(self.catalog, str) else None

    @property
    def files(self) -> dict[str, str]:
        """Return the files on this machine by their keys here."""
        return {"catalog": self.file} if self.file else {}

    @property
    def published(self) -> str | None:
        """Return None: everybody reads a lake at any time."""
        return None


class HubTarget(Settings):
    """A folder or an fsspec URL; a relative path is relative to the sources file."""

    path: Annotated[Text, AfterValidator(_hub_place)] = "hub"


class FileTokens(Settings):
    """A folder for OAuth tokens; a relative path is relative to the sources file.

    Without a path it is `zendesk_tokens` in Dagster's home.
    """

    type: Literal["file"] = "file"
    path: Annotated[str, AfterValidator(_tokens_folder)] = ""


class PostgresTokens(Settings):
    """A PostgreSQL database for OAuth tokens, if several machines share a source."""

    type: Literal["postgres"]
    url: SecretValue


class FileRateLimits(Settings):
    """Requests are counted in files of this machine, in ZENDESK_ASSETS_STATE."""

    type: Literal["file"] = "file"


class PostgresRateLimits(Settings):
    """Requests are counted in a PostgreSQL database, if several machines share an account."""

    type: Literal["postgres"]
    url: SecretValue
