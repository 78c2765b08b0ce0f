"""For Dagster projects of others: the definitions of a sources file, to merge with their own.

`zendesk_assets.definitions_for` is what they import; `component` offers the same as a component.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import dagster as dg

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.orchestration.embedding import embed
from zendesk_assets.orchestration.placement import Placement
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Sources

LAYERS: Final = ("hub", "tables", "views")
_PART: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def definitions_for(
    sources: str | Path | Sources,
    *,
    key_prefix: str | Sequence[str] = (),
    group: str | Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    automation: bool = True,
    io_manager: str | None = None,
) -> dg.Definitions:
    """Return all definitions of the sources in a file, for `dagster.Definitions.merge`.

    They have no executor and no loggers: those of the project apply. Nothing is requested and no
    database is opened before an asset is materialized.

    Args:
        sources: The path of a sources file, relative to the working directory; or its content.
        key_prefix: What comes before the schema in each asset's key: `"support"`, or several parts.
        group: One group for all assets, or one for each of some of the layers `hub`, `tables` and
            `views`; default: groups named after the schema.
        tags: Tags that are added to each asset.
        automation: Whether the sensors of the sources file's schedules are there. Without them,
            assets have neither conditions nor freshness policies, and the project materializes
            them, by its own conditions or by our jobs.
        io_manager: The key of a resource of the project that stores the tables in place of our
            upsert: each load hands it the whole table as a DataFrame. There are then no views, no
            checks and no comparison with Zendesk, because those read our warehouse.

    Raises:
        SourcesFileError: if the file is missing or wrong, or an option has a value without meaning.
    """
    if not isinstance(sources, Sources):
        sources = load_sources(Path(sources))
    placement = Placement(
        key_prefix=_parts(key_prefix),
        groups=_groups(group),
        tags=tags or {},
        automation=automation,
        io_manager=io_manager or "",
    )
    return embed(sources, placement)


def _parts(prefix: str | Sequence[str]) -> tuple[str, ...]:
    parts = (prefix,) if isinstance(prefix, str) else tuple(prefix)
    if parts == ("",):
        return ()
    for part in parts:
        if not _PART.fullmatch(part) or "__" in part:
            raise SourcesFileError(
                f"key_prefix has {part!r}: use letters, digits and single underscores, because "
                "names of jobs and resources begin with it; several parts are a list."
            )
    return parts


def _groups(group: str | Mapping[str, str] | None) -> dict[str, str]:
    if group is None:
        return {}
    if isinstance(group, str):
        return dict.fromkeys(LAYERS, group)
    found: dict[str, Any] = dict(group)
    if unknown := found.keys() - set(LAYERS):
        raise SourcesFileError(
            f"group has {', '.join(sorted(unknown))}: name groups for {', '.join(LAYERS)}, or give "
            "one name for all."
        )
    return found
