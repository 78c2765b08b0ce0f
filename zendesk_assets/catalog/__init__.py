"""Every stream and collection, as data: one module per stream, found by listing this folder.

A module here has a `STREAM` and `COLLECTIONS` made from it, and nothing else. Adding a collection
is a declaration in one file: assets, tables, checks and docs are derived from it.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Final

from zendesk_assets.spec import Collection, Stream

__all__ = ["COLLECTIONS", "STREAMS", "STREAM_FILES", "collections_of"]

_MODULES = [
    importlib.import_module(f"{__name__}.{found.name}")
    for found in pkgutil.iter_modules(__path__)
    if not found.name.startswith("_")
]

STREAMS: Final[dict[str, Stream]] = {module.STREAM.name: module.STREAM for module in _MODULES}
COLLECTIONS: Final[dict[str, Collection]] = {
    collection.name: collection for module in _MODULES for collection in module.COLLECTIONS
}

# Where each stream, and its collections, are declared.
STREAM_FILES: Final[dict[str, str]] = {
    module.STREAM.name: str(module.__file__) for module in _MODULES
}


def collections_of(stream: str) -> tuple[Collection, ...]:
    """Return the collections that are made from the stream called `stream`."""
    return tuple(each for each in COLLECTIONS.values() if each.stream == stream)
