"""The sources file (`sources.yaml`) → frozen values, or one sentence about what is wrong in it.

Here: the shape of the file, its defaults, what is allowed. Not here: what the names of collections
are (the catalog's business) and what is done with the values.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from zendesk_assets.errors import SourcesFileError

__all__ = [
    "ApiTokenAuth",
    "Auth",
    "BearerAuth",
    "ClientCredentialsAuth",
    "CollectionChoice",
    "DuckDBTarget",
    "HubTarget",
    "OAuthAuth",
    "PostgresTarget",
    "PropertyRules",
    "Secret",
    "Source",
    "Sources",
    "load_sources",
    "sources_path",
]

_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]*")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Secret:
    """A value that is never shown: a literal, or the name of an environment variable."""

    __slots__ = ("_env", "_literal")

    def __init__(self, *, literal: str | None = None, env: str | None = None) -> None:
        self._literal, self._env = literal, env

    def reveal(self) -> str:
        """Return the value; SourcesFileError if the environment variable is not set."""
        value = self._literal if self._env is None else os.environ.get(self._env)
        if not value:
            raise SourcesFileError(
                f"The environment variable {self._env} is not set: export it before you start "
                "Dagster, or put it into a .env file beside sources.yaml."
                if self._env
                else "A secret in the sources file is empty: give it a value or {env: NAME}."
            )
        return value

    def __repr__(self) -> str:
        """Say where the value comes from, never what it is."""
        return f"Secret(env={self._env!r})" if self._env else "Secret('***')"

    def __eq__(self, other: object) -> bool:
        """Compare where two secrets come from."""
        return isinstance(other, Secret) and (self._literal, self._env) == (
            other._literal,
            other._env,
        )

    def __hash__(self) -> int:
        """Hash like `__eq__`."""
        return hash((self._literal, self._env))

    @classmethod
    def parse(cls, value: object) -> Secret:
        """Return a Secret from a text or from `{env: NAME}`; ValueError for anything else."""
        if isinstance(value, Secret):
            return value
        if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
            return cls(env=value["env"])
        if isinstance(value, str) and value:
            return cls(literal=value)
        raise ValueError("must be a text or {env: NAME}")


SecretValue = Annotated[Secret, BeforeValidator(Secret.parse)]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )


class OAuthAuth(_Model):
    """Tokens that `zendesk-assets connect` keeps."""

    type: Literal["oauth"]


class ClientCredentialsAuth(_Model):
    """A confidential OAuth client of the customer's own, for unattended servers."""

    type: Literal["client_credentials"]
    client_id: str
    client_secret: SecretValue


class BearerAuth(_Model):
    """An access token that somebody else looks after."""

    type: Literal["bearer"]
    token: SecretValue


class ApiTokenAuth(_Model):
    """A legacy API token: none can be created since 2026-10-27, all stop on 2027-04-30 (T19)."""

    type: Literal["api_token"]
    email: str
    token: SecretValue


Auth = Annotated[
    OAuthAuth | ClientCredentialsAuth | BearerAuth | ApiTokenAuth, Field(discriminator="type")
]


class CollectionChoice(_Model):
    """Which collections a source syncs; all when nothing is said."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> CollectionChoice:
        if self.include is not None and self.exclude:
            raise ValueError("give include or exclude, not both")
        return self

    def chooses(self, name: str) -> bool:
        """Return whether the collection called `name` is synced."""
        return name in self.include if self.include is not None else name not in self.exclude


class PropertyRules(_Model):
    """Properties that are left out, or replaced by a hash, before anything is written."""

    exclude: tuple[str, ...] = ()
    hash: tuple[str, ...] = ()


class Source(_Model):
    """One connected Zendesk account. Counts are requests a minute, times are minutes or days."""

    nickname: str = Field(min_length=1)
    schema_name: str = Field(alias="schema")
    subdomain: str
    base_url: str = ""
    auth: Auth
    requests_per_minute: int = Field(default=200, ge=1, le=100_000)
    export_requests_per_minute: int = Field(default=10, ge=1, le=1_000)
    history_start: date = date(2015, 1, 1)
    initial_history_days: int = Field(default=365, ge=0)
    settle_minutes: int = Field(default=10, ge=2, le=1_440)
    days_per_run: int = Field(default=30, ge=1)
    source_sync_cron: str = "0 */3 * * *"
    warehouse_sync_cron: str = "30 */3 * * *"
    collections: CollectionChoice = CollectionChoice()
    properties: dict[str, PropertyRules] = Field(default_factory=dict)

    @field_validator("schema_name")
    @classmethod
    def _schema_is_an_identifier(cls, value: str) -> str:
        if not _SCHEMA.fullmatch(value) or len(value) > 48 or value.startswith("pg_"):
            raise ValueError("use small letters, digits and underscores, at most 48 of them")
        return value

    @field_validator("subdomain")
    @classmethod
    def _subdomain_as_people_type_it(cls, value: str) -> str:
        bare = value.strip().lower().removeprefix("https://").split("/", 1)[0]
        bare = bare.removesuffix(".zendesk.com")
        if not _SUBDOMAIN.fullmatch(bare):
            raise ValueError("give the acme of https://acme.zendesk.com, and nothing else")
        return bare

    @field_validator("base_url")
    @classmethod
    def _base_url_is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.username or parts.query or parts.fragment or not parts.hostname):
            raise ValueError("give an address such as https://acme.zendesk.com")
        if value and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ValueError("plain http is allowed only for 127.0.0.1, localhost and ::1")
        return value.rstrip("/")

    @field_validator("source_sync_cron", "warehouse_sync_cron")
    @classmethod
    def _cron_has_five_fields(cls, value: str) -> str:
        if len(value.split()) != 5:
            raise ValueError('give five fields, as in "0 */3 * * *"')
        return value

    @property
    def url(self) -> str:
        """Return the address in front of `/api/v2`, without a slash at its end."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"


class DuckDBTarget(_Model):
    """A DuckDB file; a relative path is relative to the sources file."""

    type: Literal["duckdb"] = "duckdb"
    path: str = "warehouse.duckdb"


class PostgresTarget(_Model):
    """A PostgreSQL database."""

    type: Literal["postgres"]
    url: SecretValue


class HubTarget(_Model):
    """A folder or an fsspec URL; a relative path is relative to the sources file."""

    path: str = "hub"


class Sources(_Model):
    """The whole file. `folder` is where it lies: relative paths start there."""

    warehouse: Annotated[DuckDBTarget | PostgresTarget, Field(discriminator="type")] = (
        DuckDBTarget()
    )
    hub: HubTarget = HubTarget()
    sources: tuple[Source, ...] = ()
    folder: Path = Path()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Sources:
        for what, names in (
            ("schema", [source.schema_name for source in self.sources]),
            ("nickname", [source.nickname for source in self.sources]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"two sources have the {what} {twice[0]}: give each its own")
        return self

    def source(self, name: str) -> Source:
        """Return the source with this schema or nickname; SourcesFileError if there is none."""
        for each in self.sources:
            if name in (each.schema_name, each.nickname):
                return each
        known = ", ".join(each.schema_name for each in self.sources) or "none"
        raise SourcesFileError(f"There is no source called {name}: the file has {known}.")

    def resolve(self, path: str) -> str:
        """Return `path` as an absolute path, or as it is when it is a URL."""
        return path if "://" in path else str((self.folder / path).resolve())


def sources_path() -> Path:
    """Return where the sources file is: `ZENDESK_SOURCES`, or `sources.yaml` in this folder."""
    return Path(os.environ.get("ZENDESK_SOURCES") or "sources.yaml")


def load_sources(path: Path | None = None) -> Sources:
    """Read the sources file. Raises SourcesFileError with one sentence that names the key."""
    path = path or sources_path()
    content = _read_yaml(path)
    try:
        return Sources.model_validate({**_resolve_env(content), "folder": path.resolve().parent})
    except ValidationError as error:
        raise SourcesFileError(f"{path}: {_first_problem(error, content)}") from None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourcesFileError(
            f"There is no sources file at {path}: copy sources.example.yaml to sources.yaml and "
            "fill it in, or set ZENDESK_SOURCES to where yours is."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourcesFileError(
            f"{path} cannot be read ({error}): make it a readable text file."
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SourcesFileError(
            f"{path}{where} is not valid YAML: check indents and quotes."
        ) from None
    if not isinstance(content, dict):
        raise SourcesFileError(f"{path} has no `sources:` list: see sources.example.yaml.")
    return content


_SECRET_KEYS = {"token", "client_secret", "url"}


def _resolve_env(value: Any, key: str = "") -> Any:
    """Replace `{env: NAME}` by the variable's value, except where a Secret does so when used."""
    if isinstance(value, dict):
        if set(value) == {"env"} and key not in _SECRET_KEYS:
            return Secret.parse(value).reveal()
        return {name: _resolve_env(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolve_env(inner, key) for inner in value]
    return value


def _first_problem(error: ValidationError, content: dict[str, Any]) -> str:
    """Return the first of pydantic's complaints as `sources[0] (zendesk_prod).auth.type: …`."""
    problem = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(_key(part) for part in problem["loc"]).replace(".[", "[")
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"there is no such key; allowed are {_allowed(problem['loc'])}"
    elif problem["type"] == "missing":
        message = "this key is missing"
    return f"{where or 'the file'}{_whose(problem['loc'], content)}: {message}."


def _key(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else str(part)


def _whose(location: tuple[int | str, ...], content: dict[str, Any]) -> str:
    """Return ` (in the source zendesk_prod)` when the location is inside a source that has a name."""
    if len(location) < 2 or location[0] != "sources" or not isinstance(location[1], int):
        return ""
    entry = content["sources"][location[1]]
    name = entry.get("schema") or entry.get("nickname") if isinstance(entry, dict) else None
    return f" (in the source {name})" if name else ""


def _allowed(location: tuple[int | str, ...]) -> str:
    """Return the keys that are allowed where an unknown one stands."""
    models: dict[str, type[_Model]] = {
        "warehouse": DuckDBTarget,
        "hub": HubTarget,
        "collections": CollectionChoice,
        "oauth": OAuthAuth,
        "client_credentials": ClientCredentialsAuth,
        "bearer": BearerAuth,
        "api_token": ApiTokenAuth,
        "postgres": PostgresTarget,
    }
    named = [models[str(part)] for part in location[:-1] if str(part) in models]
    inside_source = len(location) == 3 and location[0] == "sources"
    model = named[-1] if named else Source if inside_source else Sources
    if "properties" in location:
        model = PropertyRules
    names = (info.alias or name for name, info in model.model_fields.items() if name != "folder")
    return ", ".join(names)
