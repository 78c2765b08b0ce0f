"""Zendesk data in your warehouse, as Dagster assets. Importing this has no side effects.

`definitions_for` and `ZendeskAccount` are for Dagster projects of others. They import Dagster, so
they are imported when they are asked for; `dg` finds the component by the names that this lists.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zendesk_assets.component import ZendeskAccount
    from zendesk_assets.embedding import definitions_for

__all__ = ["ZendeskAccount", "definitions_for"]
_FROM = {
    "ZendeskAccount": "zendesk_assets.component",
    "definitions_for": "zendesk_assets.embedding",
}


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FROM[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
