"""Reading `sources.yaml`: YAML → `Sources`, or one sentence about what is wrong in it.

What the file may say is declared in `sources`; here is how it is read and how a mistake is told.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.secret import Secret
from zendesk_assets.sources import (
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    CollectionChoice,
    DuckDBTarget,
    FileTokens,
    HubTarget,
    OAuthAuth,
    PostgresTarget,
    PropertyRules,
    Source,
    Sources,
)

__all__ = ["load_sources", "sources_path"]


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
            f"There is no sources file at {path}: run `zendesk-assets connect`, or copy "
            "sources.example.yaml to sources.yaml and fill it in, or set ZENDESK_SOURCES to where "
            "yours is."
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
    """Return ` (in the source zendesk_prod)` for a location inside a source that has a name."""
    match location:
        case ("sources", int(index), *_):
            entry = content["sources"][index]
        case _:
            return ""
    name = entry.get("schema") or entry.get("nickname") if isinstance(entry, dict) else None
    return f" (in the source {name})" if name else ""


def _allowed(location: tuple[int | str, ...]) -> str:
    """Return the keys that are allowed where an unknown one stands."""
    models: dict[str, type[BaseModel]] = {
        "warehouse": DuckDBTarget,
        "hub": HubTarget,
        "tokens": FileTokens,
        "collections": CollectionChoice,
        "oauth": OAuthAuth,
        "client_credentials": ClientCredentialsAuth,
        "bearer": BearerAuth,
        "api_token": ApiTokenAuth,
        "postgres": PostgresTarget,
    }
    named = [models[str(part)] for part in location[:-1] if str(part) in models]
    inside_source = location[0] == "sources" and len(location) > 1
    model = named[-1] if named else Source if inside_source else Sources
    if "properties" in location:
        model = PropertyRules
    names = (info.alias or name for name, info in model.model_fields.items() if name != "folder")
    return ", ".join(names)
