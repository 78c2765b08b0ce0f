"""The code location: builds Definitions from the sources file, the only file read on import.

Without a sources file there is nothing to show, and a warning says where to put one; an invalid
sources file stops the code location with one sentence.
"""

import dagster as dg

from zendesk_assets.garbage import collecting_later
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.settings.file import load_sources, sources_path
from zendesk_assets.settings.sources import Sources


def _load() -> dg.Definitions:
    path = sources_path()
    if not path.exists():
        dg.get_dagster_logger().warning(
            f"There is no sources file at {path.resolve()}: run `zendesk-assets connect`, or copy "
            "sources.example.yaml there, or run `zendesk-assets demo`; then reload definitions."
        )
        return build_definitions(Sources())
    return build_definitions(load_sources(path))


with collecting_later():
    defs = _load()
