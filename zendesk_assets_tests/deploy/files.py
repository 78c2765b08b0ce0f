"""What the files in deploy/ say, read as those who use them read them.

Docker's and compose's own rules, as far as our files use them: an instruction or a form that is not
known here fails, instead of being passed over.
"""

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KNOWN = {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "CMD"}
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\})")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, continued lines joined."""

    name: str
    value: str


def dockerfile():
    """Return the instructions of the Dockerfile, in order."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", text)
    found = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]
    unknown = {each.name for each in found} - KNOWN
    assert not unknown, f"what do these do? {unknown}"
    return found


def image_variables():
    """Return what ENV sets."""
    pairs = [pair for each in dockerfile() if each.name == "ENV" for pair in each.value.split()]
    return dict(pair.split("=", 1) for pair in pairs)


def copies():
    """Return (sources, target) of every COPY."""
    values = [each.value.split() for each in dockerfile() if each.name == "COPY"]
    return [(value[:-1], value[-1]) for value in values]


def is_sent(path):
    """Return whether `.dockerignore` lets a path of the clone into a build."""
    sent = True
    parents = [path, *(str(each) for each in Path(path).parents)][:-1]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        anywhere = "**/" in line
        names = [Path(each).name if anywhere else each for each in parents]
        # As in Docker, a `*` ends at a slash.
        if line and line[0] != "#" and any(_matches(name, pattern) for name in names):
            sent = line.startswith("!")
    return sent


def _matches(name, pattern):
    parts, patterns = name.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatch.fnmatchcase, parts, patterns))


def compose(**variables):
    """Return compose.yaml with the variables put in; a required one that is missing fails."""

    def put_in(found):
        if found[0] == "$$":
            return "$"
        value = variables.get(found["name"])
        if value is None and found["how"] != "-":
            raise KeyError(found["name"])
        return found["rest"] if value is None else value

    return yaml.safe_load(_VARIABLE.sub(put_in, (DEPLOY / "compose.yaml").read_text()))


def required_variables():
    """Return the names of the variables that compose.yaml cannot do without."""
    found = _VARIABLE.finditer((DEPLOY / "compose.yaml").read_text())
    return {each["name"] for each in found if each["name"] and each["how"] != "-"}


def example_variables():
    """Return what .env.example sets, an empty text where it is left to fill in."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
