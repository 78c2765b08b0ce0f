"""Virtual environments of the peers: made when they are missing, from the package index of pip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Environment", "NotInstallableError", "install"]


class NotInstallableError(Exception):
    """A peer cannot be installed here; the message says why."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with a package in it."""

    folder: Path
    package: str

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / "bin" / name)

    def version(self, package: str) -> str:
        """Return the version of a package in it."""
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return self._python("-c", code).strip()

    def python_version(self) -> str:
        """Return the version of its Python."""
        return self._python("-c", "import platform; print(platform.python_version())").strip()

    def _python(self, *words: str) -> str:
        command = [self.program("python"), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def install(folder: Path, package: str, pythons: tuple[str, ...]) -> Environment:
    """Return an environment with the newest version of a package, made unless it is there.

    `pythons` are the versions that the package supports, the best first.

    Raises:
        NotInstallableError: There is no such Python, or pip cannot install the package.
    """
    done = folder / f".{package}"
    if not done.exists():
        python = _find_python(pythons)
        if python is None:
            raise NotInstallableError(f"{package} needs Python {' or '.join(pythons)}.")
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", package]
        if subprocess.run(pip, check=False).returncode:
            raise NotInstallableError(f"pip could not install {package}.")
        done.touch()
    return Environment(folder, package)


def _find_python(versions: tuple[str, ...]) -> str | None:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if own in versions:
        return sys.executable
    found = (shutil.which(f"python{version}") for version in versions)
    return next((path for path in found if path), None)
