"""Methods that keep their errors: a display must not stop what it shows."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class _Troubled(Protocol):
    """What has had trouble: the first error, or ''."""

    trouble: str


_Args = ParamSpec("_Args")
_Self = TypeVar("_Self", bound=_Troubled)


def never_raises(
    method: Callable[Concatenate[_Self, _Args], None],
) -> Callable[Concatenate[_Self, _Args], None]:
    """Let a method keep the first error in `trouble` of its object, which reports it at the end."""

    @wraps(method)
    def guarded(self: _Self, /, *args: _Args.args, **kwargs: _Args.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 # whatever it is, it is not the sync's
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"

    return guarded
