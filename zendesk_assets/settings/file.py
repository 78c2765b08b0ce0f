"""Reads `sources.yaml`: YAML → `Sources`, or one sentence about what is wrong.

`sources` declares what the file may contain; this module reads it and words the errors.
"""

import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zendesk_assets.errors import SourcesFileError, meant
from zendesk_assets.settings.alerts import Alerts, EmailAlerts
from zendesk_assets.settings.auth import ApiTokenAuth, BearerAuth, ClientCredentialsAuth, OAuthAuth
from zendesk_assets.settings.choices import CollectionChoice, PropertyRules
from zendesk_assets.settings.iceberg import IcebergTarget
from zendesk_assets.settings.places import (
    DuckDBTarget,
    DuckLakeTarget,
    FileRateLimits,
    FileTokens,
    HubTarget,
    PostgresRateLimits,
    PostgresTarget,
    PostgresTokens,
    expand_home,
)
from zendesk_assets.settings.rules import clashes_of_sources
from zendesk_assets.settings.secret import Secret
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.settings.yaml_text import YamlError, parse_mapping, shown_key


def sources_path() -> Path:
    """Return the path of the sources file: `ZENDESK_SOURCES`, or `sources.yaml` in this folder.

    Raises:
        SourcesFileError: for a `~` without a home folder.
    """
    given = os.environ.get("ZENDESK_SOURCES") or "sources.yaml"
    try:
        return Path(expand_home(given))
    except ValueError as error:
        raise SourcesFileError(f"ZENDESK_SOURCES is {given}, and {error}.") from None


def load_sources(path: Path | None = None) -> Sources:
    """Read the sources file.

    Raises:
        SourcesFileError: with a sentence for each problem, which names the key.
    """
    path = path or sources_path()
    content = _read_yaml(path)
    resolved, problems = _resolve_env(content)
    # Errors of pydantic and YAML contain the file's text: ours are raised after them, not within.
    try:
        found = Sources.model_validate({**resolved, "folder": path.resolve().parent})
        if not problems:
            return found
    except ValidationError as error:
        problems += _problems(error, content, resolved)
        clashes = (f"{clash}." for clash in _clashes(resolved))
        problems += [each for each in clashes if each not in problems]
    if len(problems) == 1:
        raise SourcesFileError(f"{path}: {problems[0]}")
    lines = "".join(f"\n- {each}" for each in problems)
    raise SourcesFileError(f"{path} has {len(problems)} problems:{lines}")


def _read_yaml(path: Path) -> dict[str, Any]:
    content, problem = None, f"{path} has no `sources:` list: see sources.example.yaml."
    try:
        content = parse_mapping(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = (
            f"There is no sources file at {path}: run `zendesk-assets connect`, or copy "
            "sources.example.yaml to sources.yaml and fill it in, or set ZENDESK_SOURCES to its "
            "path."
        )
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}): make it a readable file."
    except UnicodeDecodeError:
        problem = f"{path} cannot be read (it is not UTF-8 text): save it as UTF-8."
    except YamlError as error:
        problem = f"{path}{error}."
    if content is None:
        raise SourcesFileError(problem)
    return content


_Location = tuple[int | str, ...]
_NOT_SET = "\x00"  # in place of a variable's value; no YAML has it
_SECRET_KEYS = {"token", "client_secret", "url", "catalog", "slack", "webhook", "password"}


def _resolve_env(content: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Replace `{env: NAME}` by the variable's value, except where a Secret does so on use.

    Return the new content, and a sentence for each variable that is not set.
    """
    problems: list[str] = []

    def resolve(value: Any, location: _Location) -> Any:
        if isinstance(value, dict):
            if set(value) == {"env"} and _name_of(location) not in _SECRET_KEYS:
                return variable(value, location)
            return {name: resolve(inner, (*location, name)) for name, inner in value.items()}
        if isinstance(value, list):
            return [resolve(inner, (*location, place)) for place, inner in enumerate(value)]
        return value

    def variable(value: dict[str, Any], location: _Location) -> str:
        try:
            return Secret.parse(value).reveal()
        except (SourcesFileError, ValueError) as error:
            problems.append(f"{_where(location, content)}: {str(error).removesuffix('.')}.")
            return _NOT_SET

    return resolve(content, ()), problems


def _name_of(location: _Location) -> int | str:
    """Return the last key of a location; an item of a list has that of the list."""
    return next((part for part in reversed(location) if isinstance(part, str)), "")


def _clashes(resolved: dict[str, Any]) -> list[str]:
    """Return which of the sources cannot be in one file, whatever else is wrong with them."""
    entries = resolved.get("sources")
    every = entries if isinstance(entries, list) else []
    named = [each for each in every if isinstance(each, dict) and _has_names(each)]
    return clashes_of_sources(tuple(map(_only_names, named)))


def _has_names(entry: dict[str, Any]) -> bool:
    return all(isinstance(entry.get(key), str) for key in ("nickname", "schema"))


def _only_names(entry: dict[str, Any]) -> Source:
    """Return a source that has nothing but what names are made of."""
    names = {"nickname": entry["nickname"], "schema_name": entry["schema"]}
    return Source.model_construct(**names, fivetran=entry.get("fivetran") is True)


_KEYS_AND_VALUES = "give keys and values, as sources.example.yaml shows"
_SENTENCES = {
    "missing": "this key is missing",
    "tuple_type": "give a list, such as [one, another]",
    "list_type": "give a list, such as [one, another]",
    "string_type": "give text, in quotes if YAML would read it as something else",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_parsing_size": "give a smaller number",
    "float_type": "give a number",
    "float_parsing": "give a number",
    "finite_number": "give a number",
    "bool_type": "give true or false",
    "bool_parsing": "give true or false",
    "model_type": _KEYS_AND_VALUES,
    "model_attributes_type": _KEYS_AND_VALUES,
    "dict_type": _KEYS_AND_VALUES,
}


def _problems(
    error: ValidationError, content: dict[str, Any], resolved: dict[str, Any]
) -> list[str]:
    """Return each place that pydantic does not accept, with the first of its errors there."""
    found: dict[Any, str] = {}
    for each in error.errors(include_input=False, include_url=False):
        if _at(resolved, each["loc"]) != _NOT_SET:  # that is told already
            found.setdefault(each["loc"], _sentence(each, content))
    return list(found.values())


def _at(content: Any, location: _Location) -> Any:
    """Return the value at a location of pydantic's, which also names the types of places."""
    for part in location:
        is_there = part in content if isinstance(content, dict) else isinstance(content, list)
        content = content[part] if is_there else content
    return content


def _sentence(problem: ErrorDetails, content: dict[str, Any]) -> str:
    """Return one of pydantic's errors as `sources[0].auth.type (in the source …): …`."""
    location = problem["loc"]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        allowed = _allowed(location)
        near = meant(str(location[-1]), allowed)
        message = f"there is no such key{near}; allowed are {', '.join(allowed)}"
    elif problem["type"] in _SENTENCES:
        message = _SENTENCES[problem["type"]]
    elif problem["type"] == "greater_than_equal":
        message = f"give {problem['ctx']['ge']:g} or more"
    elif problem["type"] == "union_tag_invalid":  # pydantic's own text repeats the input
        tags = problem["ctx"]["expected_tags"]
        near = meant(problem["ctx"]["tag"], re.findall(r"'([^']+)'", tags))
        message = f"type must be one of {tags}{near}"
    elif problem["type"] == "union_tag_not_found":
        message = "it needs a type, as sources.example.yaml shows"
    return f"{_where(location, content)}: {message}." if location else f"{message}."


def _where(location: _Location, content: dict[str, Any]) -> str:
    """Return a location as people write it: `sources[0].auth.type (in the source …)`."""
    where = ".".join(_key(part) for part in location).replace(".[", "[")
    return f"{where}{_whose(location, content)}"


def _key(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else shown_key(part)


def _whose(location: _Location, content: dict[str, Any]) -> str:
    """Return ` (in the source zendesk_prod)` for a location inside a named source."""
    match location:
        case ("sources", int(index), *_):
            entry = content["sources"][index]
        case _:
            return ""
    name = entry.get("schema") or entry.get("nickname") if isinstance(entry, dict) else None
    return f" (in the source {name})" if name else ""


def _allowed(location: _Location) -> list[str]:
    """Return the keys that are allowed in the place of an unknown one."""
    postgres: dict[int | str, type[BaseModel]] = {
        "warehouse": PostgresTarget,
        "tokens": PostgresTokens,
        "rate_limits": PostgresRateLimits,
    }
    models: dict[str, type[BaseModel]] = {
        "warehouse": DuckDBTarget,
        "ducklake": DuckLakeTarget,
        "iceberg": IcebergTarget,
        "hub": HubTarget,
        "tokens": FileTokens,
        "rate_limits": FileRateLimits,
        "alerts": Alerts,
        "email": EmailAlerts,
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
    fields = model.model_fields.items()
    return [info.alias or name for name, info in fields if name != "folder"]
