"""Views that analysts ask for first, as data: one module per view, found by listing this folder.

A module here has a `VIEW`, and what its SQL needs. Adding a view is a declaration in one file:
asset, view, lineage, checks of its columns and what the UI says are derived from it. Numbers are
defined here and nowhere else; `docs/analysis.md` describes them.
"""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Final

from zendesk_assets.analysis._declaration import PREFIX, AnalysisView, Column
from zendesk_assets.analysis._nested import as_analysis_view, definition_version
from zendesk_assets.catalog import declared

_MODULES = [
    importlib.import_module(f"{__name__}.{found.name}")
    for found in pkgutil.iter_modules(__path__)
    if not found.name.startswith("_")
]

VIEWS: Final[dict[str, AnalysisView]] = {module.VIEW.name: module.VIEW for module in _MODULES}
# Where each view is declared.
VIEW_FILES: Final = {module.VIEW.name: str(module.__file__) for module in _MODULES}


def has_views(collections: Iterable[str]) -> bool:
    """Return whether any view can be made of these collections."""
    names = set(collections)
    return bool(views_for(names) or nested_views_for(names))


def views_for(collections: Iterable[str]) -> tuple[AnalysisView, ...]:
    """Return the views that can be made of these collections, reading no others."""
    names = set(collections)
    return tuple(found for view in VIEWS.values() if (found := view.among(names)))


def nested_views_for(collections: Iterable[str]) -> tuple[AnalysisView, ...]:
    """Return the views of the catalog, over one table each, that can be made of these."""
    views, names = map(as_analysis_view, declared().views), set(collections)
    return tuple(view for view in views if names.issuperset(view.reads))
