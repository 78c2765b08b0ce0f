"""Leaves out what Dagster imports and a command has no use for, until something uses it.

For one type of Dagster's storage, `import` runs through its whole daemon; for the migrations of its
tables, through Alembic. Both together take a tenth of a second. Which command imports what is for
`cli.commands`.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final, Self

# A package that is only on the way to a module of its own.
_DAEMON: Final = "dagster._daemon"
# Modules of which Dagster's storage imports names that it calls later, if ever.
_MIGRATIONS: Final = "alembic"


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
        if name == _MIGRATIONS or (self.stand_ins and name.startswith(f"{_MIGRATIONS}.")):
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
        self._loader, self._lock, self._has_run = loader, threading.RLock(), False

    def exec_module(self, module: ModuleType) -> None:
        """Leave the package empty."""

        def find(name: str) -> Any:
            if not name.startswith("__"):
                self._run(module)
            if name in vars(module):
                return vars(module)[name]
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        module.__getattr__ = find  # type: ignore[method-assign]

    def _run(self, module: ModuleType) -> None:
        with self._lock:  # another thread waits until all is there
            if self._has_run:
                return
            self._has_run = True
            try:
                self._loader.exec_module(module)
            except BaseException:
                self._has_run = False
                raise


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
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._find(), name)

    def __or__(self, _other: object) -> Self:  # in an annotation
        return self

    def _find(self) -> Any:
        found = getattr(import_module(self._module), self._of_module)
        if isinstance(found, _Name):
            what = f"{self._module}.{self._of_module}"
            raise ImportError(f"{what} was used before it is imported.")  # noqa: TRY004
        return found
