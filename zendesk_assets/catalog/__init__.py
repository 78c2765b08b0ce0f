"""Every stream, collection and view, as data, in a file or folder for each product area.

Each `Declaration` and `NestedView` that a module here has as a global is found. Adding one is a
declaration: assets, tables, checks, comparison, the pictures and the documentation are derived from
it.
"""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache

from zendesk_assets.catalog._left_out import LEFT_OUT
from zendesk_assets.spec import Catalog, Declaration, NestedView

_FIRST = ("ticketing", "people")  # what most people look for; other areas follow
# Not every account has these, they hold more personal data than most want to copy, or they take a
# request for each of thousands of records.
_ON_REQUEST = frozenset(
    {"help_center", "help_center_details", "talk", "custom_data", "security", "itsm"}
)


@cache
def declared() -> Catalog:
    """Return the catalog of all that is declared; in each area, lists of configuration are last."""
    names = [found.name for found in pkgutil.walk_packages(__path__, f"{__name__}.")]
    names.sort(key=lambda name: [*_FIRST, _area_of(name)].index(_area_of(name)))
    found = [one for name in names for one in _declared_in(name)]
    declarations = [one for one in found if isinstance(one, Declaration)]
    declarations.sort(key=lambda one: ([*_FIRST, one.area].index(one.area), one.stream.is_whole))
    return Catalog(
        tuple(declarations),
        tuple(one for one in found if isinstance(one, NestedView)),
        _ON_REQUEST,
        tuple(LEFT_OUT.items()),
    )


def _area_of(module: str) -> str:
    return module.removeprefix(f"{__name__}.").partition(".")[0]


def _declared_in(name: str) -> list[Declaration | NestedView]:
    module = importlib.import_module(name)
    return [
        replace(value, area=_area_of(name), file=str(module.__file__))
        for value in vars(module).values()
        if isinstance(value, Declaration | NestedView)
    ]
