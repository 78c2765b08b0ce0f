"""Views with the names and the shape of Fivetran's Zendesk connector, as data: a family a module.

What is built on Fivetran's tables, first of all the dbt package `fivetran/dbt_zendesk`, runs on
them unchanged. They are in a schema of their own beside that of the tables, and hold nothing. Each
module here has relations as its constants. docs/moving.md says how they are used,
and what differs.
"""

import importlib
import pkgutil
from typing import Final

from zendesk_assets.analysis import AnalysisView

_MODULES = [
    importlib.import_module(f"{__name__}.{found.name}")
    for found in pkgutil.iter_modules(__path__)
    if not found.name.startswith("_")
]
_FOUND = [
    (each, str(module.__file__))
    for module in _MODULES
    for each in vars(module).values()
    if isinstance(each, AnalysisView)
]

RELATIONS: Final[dict[str, AnalysisView]] = {each.name: each for each, _ in _FOUND}
# Where each is declared.
RELATION_FILES: Final = {each.name: file for each, file in _FOUND}
