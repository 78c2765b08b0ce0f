"""Leaves out what Dagster imports and a command has no use for, until something uses it.

For one type of Dagster's storage, `import` runs through its whole daemon; for the migrations of its
tables, through Alembic. Together that is a fifth of the time it takes to import Dagster. Which
command imports what is for `cli.commands`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final

# A package that is only on the way to a module of its own.
_DAEMON: Final = "dagster._daemon"
# Modules of which `dagster._core.storage.sql` imports names that it calls later, if ever.
_MIGRATIONS: Final = (
    "alembic",
    "alembic.command",
    "alembic.config",
    "alembic.runtime",
    "alembic.runtime.environment",
    "alembic.runtime.migration",
    "alembic.script",
)


@contextmanager
def lean_imports() -> Iterator[None]:
    """Within the block, import the daemon and Alembic only by name.

    What is imported already stays as it is. After the block, imports are as always; a name that the
    block has imported of Alembic finds the real one at its first use.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in finder.stand_ins:
            sys.modules.pop(name, None)


class _Finder(MetaPathFinder):
    def __init__(self) -> None:
        self.stand_ins: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what is left out; of Alembic nothing, if it is imported already."""
        if name in _MIGRATIONS and (self.stand_ins or name == _MIGRATIONS[0]):
            self.stand_ins.append(name)
            return ModuleSpec(name, _StandIn(), is_package=True)
        if name != _DAEMON:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _AtFirstUse(spec.loader)
        return spec


class _AtFirstUse(Loader):
    """Runs a package when something is asked of it that it does not have yet."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        """Leave the package empty."""

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            del module.__getattr__
            self._loader.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = find  # type: ignore[method-assign]


class _StandIn(Loader):
    """Gives each name of a module as one that finds the module when it is used."""

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""

        def find(name: str) -> _Name:
            if name.startswith("__"):
                raise AttributeError(name)
            return _Name(module.__name__, name)

        module.__getattr__ = find  # type: ignore[method-assign]


class _Name:
    """A function or class of a module, which is imported when it is called or asked."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._of_module = module, name

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._find()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)

    def _find(self) -> Any:
        return getattr(import_module(self._module), self._of_module)
