"""The signature of a step's function, worked out once for all the assets that share its code.

Dagster asks each function for it about twenty times, which is a quarter of what building an asset
takes. A signature that a function has as an attribute is used as it is.
https://docs.python.org/3/library/inspect.html#inspect.signature
"""

import inspect
from collections.abc import Callable
from types import CodeType
from typing import Any, Final, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
_KNOWN: Final[dict[CodeType, inspect.Signature]] = {}


def signed(function: _Function) -> _Function:
    """Return the function, which now has its signature as an attribute."""
    anything: Any = function
    code = anything.__code__
    if code not in _KNOWN:
        _KNOWN[code] = inspect.signature(function)
    anything.__signature__ = _KNOWN[code]
    return function
