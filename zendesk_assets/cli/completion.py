"""Shell completion: names of sources and collections, ages, addresses.

Errors are silent: a shell would show them in the middle of the line being typed.
"""

from contextlib import suppress
from typing import Any

import typer
import yaml

from zendesk_assets.catalog import declared
from zendesk_assets.settings.file import sources_path

Choices = list[tuple[str, str]]  # the completion, and the help that a shell may show beside it


def source_names(incomplete: str) -> Choices:
    """Return matching schemas of the sources file, or matching nicknames if there are none."""
    entries = _entries()
    found = _beginning(incomplete, [(each["schema"], each["nickname"]) for each in entries])
    return found or _beginning(incomplete, [(each["nickname"], each["schema"]) for each in entries])


def schema_names(incomplete: str) -> Choices:
    """Return the matching schemas of the sources file."""
    return _beginning(incomplete, [(each["schema"], each["nickname"]) for each in _entries()])


def collection_names(incomplete: str) -> Choices:
    """Return the matching collections of the catalog."""
    return _beginning(
        incomplete, [(name, each.description) for name, each in declared().collections.items()]
    )


def column_names(ctx: typer.Context, incomplete: str) -> Choices:
    """Return the matching columns of the table that is named before."""
    collection = declared().collections.get(ctx.params.get("table") or "")
    columns = collection.columns if collection else ()
    return _beginning(incomplete, [(each.name, each.description) for each in columns])


def ages(incomplete: str) -> Choices:
    """Return some ages in the format of `hub prune`."""
    return _beginning(incomplete, [(f"{days}d", f"{days} days") for days in (90, 180, 400, 800)])


def _beginning(incomplete: str, choices: Choices) -> Choices:
    return [each for each in choices if each[0].startswith(incomplete)]


def _entries() -> list[dict[str, str]]:
    """Return names in the sources file, as far as it can be read: it may be incomplete."""
    content: Any = None
    with suppress(OSError, ValueError, yaml.YAMLError):
        content = yaml.safe_load(sources_path().read_text(encoding="utf-8"))
    listed = content.get("sources") if isinstance(content, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [
        {"schema": each["schema"], "nickname": str(each.get("nickname", ""))}
        for each in entries
        if isinstance(each, dict) and isinstance(each.get("schema"), str)
    ]
