"""Reading `sources.yaml`: YAML → `Sources`, or one sentence about what is wrong in it.

What the file may say is declared in `sources`; here is how it is read and how a mistake is told.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.places import (
    DuckDBTarget,
    FileRateLimits,
    FileTokens,
    HubTarget,
    PostgresRateLimits,
    PostgresTarget,
    PostgresTokens,
)
from zendesk_assets.secret import Secret
from zendesk_assets.sources import (
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    CollectionChoice,
    OAuthAuth,
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
    # Errors of pydantic and of YAML hold the file's text: ours are raised after them, not within.
    try:
        return Sources.model_validate({**_resolve_env(content), "folder": path.resolve().parent})
    except ValidationError as error:
        problem = _first_problem(error, content)
    raise SourcesFileError(f"{path}: {problem}")


def _read_yaml(path: Path) -> dict[str, Any]:
    content, problem = None, f"{path} has no `sources:` list: see sources.example.yaml."
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = (
            f"There is no sources file at {path}: run `zendesk-assets connect`, or copy "
            "sources.example.yaml to sources.yaml and fill it in, or set ZENDESK_SOURCES to where "
            "yours is."
        )
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}): make it a file that you may read."
    except UnicodeDecodeError:
        problem = f"{path} cannot be read (it is no text in UTF-8): save it as UTF-8."
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = f"{path}{where} is not valid YAML: check indents and quotes."
    if not isinstance(content, dict):
        raise SourcesFileError(problem)
    return content


_SECRET_KEYS = {"token", "client_secret", "url"}
_KEY = re.compile(r"[A-Za-z_]{1,40}")


def _resolve_env(value: Any, key: str = "") -> Any:
    """Replace `{env: NAME}` by the variable's value, except where a Secret does so when used."""
    if isinstance(value, dict):
        if set(value) == {"env"} and key not in _SECRET_KEYS:
            return _variable(value, key)
        return {name: _resolve_env(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolve_env(inner, key) for inner in value]
    return value


def _variable(value: dict[str, Any], key: str) -> str:
    try:
        return Secret.parse(value).reveal()
    except ValueError as error:
        problem = str(error)
    raise SourcesFileError(f"The sources file's {_shown(key)}: {problem}.")


def _first_problem(error: ValidationError, content: dict[str, Any]) -> str:
    """Return the first of pydantic's complaints as `sources[0] (zendesk_prod).auth.type: …`."""
    problem = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(_key(part) for part in problem["loc"]).replace(".[", "[")
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"there is no such key; allowed are {_allowed(problem['loc'])}"
    elif problem["type"] == "missing":
        message = "this key is missing"
    elif problem["type"] == "union_tag_invalid":  # pydantic's own text repeats what was typed
        message = f"type must be one of {problem['ctx']['expected_tags']}"
    elif problem["type"] == "union_tag_not_found":
        message = "it needs a type, as sources.example.yaml shows"
    if not where:
        return f"{message}."
    return f"{where}{_whose(problem['loc'], content)}: {message}."


def _key(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else _shown(part)


def _shown(key: str) -> str:
    """Return a key as far as it looks like one: of `{token:abc}`, the secret is part of the key."""
    found = _KEY.match(key)
    return key if _KEY.fullmatch(key) else f"{found[0] if found else ''}…"


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
    postgres: dict[int | str, type[BaseModel]] = {
        "warehouse": PostgresTarget,
        "tokens": PostgresTokens,
        "rate_limits": PostgresRateLimits,
    }
    models: dict[str, type[BaseModel]] = {
        "warehouse": DuckDBTarget,
        "hub": HubTarget,
        "tokens": FileTokens,
        "rate_limits": FileRateLimits,
        "collections": CollectionChoice,
        "oauth": OAuthAuth,
        "client_credentials": ClientCredentialsAuth,
        "bearer": BearerAuth,
        "api_token": ApiTokenAuth,
        "postgres": postgres.get(location[0], PostgresTarget),
    }
    named = [models[str(part)] for part in location[:-1] if str(part) in models]
    inside_source = location[0] == "sources" and len(location) > 1
    model = named[-1] if named else Source if inside_source else Sources
    if "properties" in location:
        model = PropertyRules
    names = (info.alias or name for name, info in model.model_fields.items() if name != "folder")
    return ", ".join(names)
