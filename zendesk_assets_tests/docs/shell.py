"""Blocks of shell as commands: what runs as it is shown, and what cannot run here, and why.

What is not run is at least looked at: its options, files, services and names have to exist. A
command that is in neither list fails.
"""

import re
import shlex
from dataclasses import dataclass

import typer
import yaml
from dagster._cli import create_dagster_cli

from zendesk_assets.cli.app import app
from zendesk_assets_tests.docs.markdown import ROOT, blocks, blocks_of

_HEREDOC = re.compile(
    r"^(?P<command>.*?) *<<'(?P<end>\w+)'\n(?P<text>(?:.*\n)*?)(?P=end)$", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")


@dataclass(frozen=True)
class Command:
    """One command: variables set in front of it, its words, and what it is given to read."""

    where: str
    variables: tuple[str, ...]
    words: tuple[str, ...]
    given: str = ""

    @property
    def text(self):
        return shlex.join(self.words)

    @property
    def program(self):
        return self.words[0].removeprefix(".venv/bin/") if self.words else ""


def commands_of(block):
    """Return the commands of a block, in order."""
    heredocs = []

    def keep(found):
        heredocs.append(found["text"])
        return found["command"]

    text = _HEREDOC.sub(keep, block.text)
    texts = [part for line in _whole_lines(text) for part in re.split(r" && ", line)]
    found = [_command(block.where, part) for part in texts if shlex.split(part, comments=True)]
    if heredocs:
        assert len(found) == len(heredocs) == 1, f"{block.where}: a heredoc stands alone"
        found = [Command(found[0].where, found[0].variables, found[0].words, heredocs[0])]
    return found


def _whole_lines(text):
    """Yield the lines, those joined that a quotation runs over."""
    kept = ""
    for line in text.splitlines():
        kept = f"{kept} {line.strip()}" if kept else line
        try:
            shlex.split(kept, comments=True)
        except ValueError:  # no closing quotation
            continue
        yield kept
        kept = ""
    assert not kept, f"a quotation does not end: {kept}"


def _command(where, text):
    words = shlex.split(text, comments=True)
    variables = []
    while words and _ASSIGNMENT.fullmatch(words[0]):
        variables.append(words.pop(0))
    return Command(where, tuple(variables), tuple(words))


def shown_commands():
    """Return every command of the documents, each distinct one once."""
    found = {}
    for block in blocks():
        if not block.info:
            for command in commands_of(block):
                found.setdefault((command.variables, command.words, command.given), command)
    return list(found.values())


# Why a command is shown and not run by these tests.
NOT_RUN = {
    "zendesk-assets connect": "a person presses Allow: cli/test_connect.py does",
    "zendesk-assets query --as-of": "all is of today here: history/test_life.py asks for the past",
    "zendesk-assets compare": "no other tool's copy is there: cli/test_compare.py makes one",
    "zendesk-assets ui": "it serves for ever: ui/test_command.py runs it",
    "dagster dev": "it serves for ever: integration/test_dagster_dev.py runs it",
    "make": "test_demo.py runs the demo, and the others run us",
    "pytest": "it would be us again",
    "curl": "test_claims.py sends the same requests to a simulator",
    "python benchmarks/peers.py": "it installs packages and takes half an hour",
    "docker": "there is no Docker here: deploy/test_stack.py runs what it would",
    "kubectl": "there is no cluster here",
    "helm": "there is no cluster here: deploy/test_chart.py renders the chart",
    "cd": "a step of a longer way",
    "cp": "a step of a longer way",
    "mkdir": "a step of a longer way",
    "export": "a step of a longer way",
}


def reason_not_to_run(command):
    """Return why a command is not run, or nothing if it is to be."""
    words = (command.program, *command.words[1:])
    found = (NOT_RUN.get(" ".join(words[:count])) for count in (3, 2, 1) if len(words) >= count)
    return next(filter(None, found), "")


def faults(command, folder=""):
    """Return what a command names and there is not: options, targets, files, services."""
    look = {
        "zendesk-assets": lambda: unknown_options(typer.main.get_command(app), command.words[1:]),
        "dagster": lambda: unknown_options(create_dagster_cli(), command.words[1:]),
        "make": lambda: _unknown_targets(command.words[1:]),
        "docker": lambda: _unknown_services(command.words[1:]),
        "kubectl": lambda: _unknown_names(command.words),
    }.get(command.program, list)
    return look() + _missing_files(command, folder) + _unknown_variables(command)


def unknown_options(group, words):
    """Return the subcommands and options among the words that a command line does not have."""
    words, command = list(words), group
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if name == "--help":
            return []
        if name not in command.commands:
            return [f"no command {name}"]
        _, command, _ = command.resolve_command(typer.Context(command), [name])
    known = {opt for each in command.params for opt in (*each.opts, *each.secondary_opts)}
    given = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return [f"no option {each}" for each in sorted(given - known - {"--help"})]


def _unknown_targets(words):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return [f"no target {each}" for each in words if each not in targets]


def _unknown_services(words):
    """Look at the services of `docker compose`; what is run in one is a command of ours."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    rest = [word for word in words if not word.startswith("-")]
    assert rest[0] == "compose", words
    if rest[1] in {"stop", "up"}:
        return [f"no service {each}" for each in rest[2:] if each not in services]
    assert rest[1] == "run", words
    inner = words[words.index(rest[2]) + 1 :]
    of_ours = faults(Command("", (), tuple(inner))) if inner[:1] == ("zendesk-assets",) else []
    return of_ours + ([] if rest[2] in services else [f"no service {rest[2]}"])


def _unknown_names(words):
    """Look for the secrets and config maps of `kubectl create` in the chart's values."""
    values = (ROOT / "deploy" / "helm" / "values.yaml").read_text()
    names = [word for word in words if word.startswith("zendesk-assets") and "=" not in word]
    return [f"{each} is not in the values" for each in names if each not in values]


def _missing_files(command, folder):
    named = [word for word in command.words if re.fullmatch(r"[\w./-]+/[\w.-]+", word)]
    ours = [word for word in named if re.match(r"(deploy|docs|config|zendesk_assets)", word)]
    if command.program == "cp":
        ours = [word for word in command.words[1:-1] if not word.startswith("-")]
    return [f"no file {each}" for each in ours if not (ROOT / folder / each).exists()]


def _unknown_variables(command):
    """Look for variables in front of a command in what might read them."""
    if command.program != "pytest":
        return []
    sources = "".join(path.read_text() for path in (ROOT / "zendesk_assets_tests").rglob("*.py"))
    names = [each.split("=")[0] for each in command.variables]
    return [f"nobody reads {each}" for each in names if sources.count(f'"{each}"') == 0]


def shell_blocks():
    return [block for block in blocks() if not block.info] + blocks_of("bash")
