"""Builds the Dockerfile without a container engine: its steps, in order, below a folder.

FROM is the Python that runs the tests, in a clean environment. COPY copies what `.dockerignore`
lets through; RUN runs, with the image's absolute paths moved below the folder; the commands that
would change this machine's users are noted and judged instead.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from zendesk_assets_tests.deploy.files import ROOT, dockerfile, is_sent

_OURS = re.compile(r"(?<![\w./-])/(opt|src)(?=[/\s\"'\[:]|$)")
_NOTE = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
"""
_PYTHON = """#!/bin/sh
exec "{python}" "$@"
"""
_PASSED_ON = re.compile(r"(PIP_|SSL_|REQUESTS_|.*_proxy$)", re.IGNORECASE)


class Image:
    """An image below `folder`; `log` has the commands about users and owners, one a line."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.variables = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        self.user = "root"
        self.command = []
        self._directory = self.folder
        self._tools = self.folder / "base-image"
        self._make_tools()

    @property
    def log(self):
        return (self._tools / "log").read_text().splitlines()

    def build(self):
        """Carry out every instruction, in order; an unknown one fails in `dockerfile`."""
        steps = {
            "FROM": self._from,
            "RUN": self._run,
            "COPY": self._copy,
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "USER": self._set_user,
            "CMD": self._cmd,
        }
        for instruction in dockerfile():
            steps[instruction.name](instruction.value)
        return self

    def run(self, *command):
        """Run a command as a container of the image does; return what it printed."""
        done = subprocess.run(
            [self.here(word) for word in command],
            cwd=self._directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def which(self, program):
        """Return where a container finds a program; None if it does not."""
        return shutil.which(program, path=self._environment()["PATH"])

    def here(self, text):
        """Return a text with the image's paths as they are on this machine."""
        return _OURS.sub(lambda found: f"{self.folder}/{found[1]}", text)

    def _from(self, value):
        version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", value)
        assert version, f"the test only knows Python's images: {value}"
        assert tuple(map(int, version[1].split("."))) >= (3, 11)

    def _run(self, value):
        self.run("sh", "-ec", value)

    def _copy(self, value):
        *sources, target = value.split()
        place = Path(self.here(target))
        assert place.is_relative_to(self.folder), f"not a place of ours: {target}"
        for source in sources:
            assert is_sent(source), f".dockerignore leaves out {source}"
            assert (ROOT / source).exists(), f"there is no {source}"
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=_left_out, dirs_exist_ok=True)
            else:
                path = place / Path(source).name if target.endswith("/") else place
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, path)

    def _env(self, value):
        self.variables |= dict(pair.split("=", 1) for pair in value.split())

    def _workdir(self, value):
        self._directory = Path(self.here(value))
        self._directory.mkdir(parents=True, exist_ok=True)

    def _set_user(self, value):
        self.user = value

    def _cmd(self, value):
        self.command = [word.strip(' "') for word in value.strip("[]").split(",")]

    def _environment(self):
        """Return the variables of a container; of ours, only the way to packages."""
        passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.match(name)}
        own = {name: self.here(value) for name, value in self.variables.items()}
        # The base image's programs come after what the image itself has put before them.
        own["PATH"] = own["PATH"].replace("/usr/local/bin", str(self._tools))
        # Of twelve thousand modules a few hundred are imported here: the others are not compiled.
        passed_on["PIP_NO_COMPILE"] = "1"
        return {"HOME": str(self.folder), "LANG": "C.UTF-8", **passed_on, **own}

    def _make_tools(self):
        """Make what stands for the base image's /usr/local/bin."""
        self._tools.mkdir(parents=True)
        (self._tools / "log").touch()
        for name in ("groupadd", "useradd", "chown"):
            self._make_tool(name, _NOTE.format(log=self._tools / "log"))
        python = getattr(sys, "_base_executable", sys.executable)
        self._make_tool("python", _PYTHON.format(python=python))

    def _make_tool(self, name, content):
        (self._tools / name).write_text(content)
        (self._tools / name).chmod(0o755)


def _left_out(folder, names):
    """Return the names in a folder of the clone that are not sent to a build."""
    place = Path(folder).relative_to(ROOT)
    return [name for name in names if not is_sent(str(place / name))]
