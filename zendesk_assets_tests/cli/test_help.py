"""Help of every command there is: an example that parses, and a place in the list of commands."""

import re
import subprocess

import pytest
import typer

from zendesk_assets.cli.app import app

ROOT = typer.main.get_command(app)


def commands(group, path=()):
    """Yield each command with the words that call it, groups aside."""
    context = typer.Context(group)
    for name in group.commands:
        _, command, _ = group.resolve_command(context, [name])
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = {" ".join(path): command for path, command in commands(ROOT)}


def words_of(example):
    """Return the arguments that a shell makes of an example."""
    script = f"printf '%s\\0' {example}"
    made = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return made.stdout.split("\0")[:-1]


def parse(words):
    """Parse as the command would, without calling it; return the name of the command."""
    context, rest = ROOT.make_context("zendesk-assets", words), words
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context)
    return context.command_path.removeprefix("zendesk-assets ")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_an_example_that_parses_and_is_on_one_line(run, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run(*name.split(), "--help")
    examples = re.findall(r"^ Example: (zendesk-assets .*?) *$", shown.output, re.MULTILINE)
    assert examples, shown.output
    for example in examples:
        program, *words = words_of(example)
        assert (program, parse(words)) == ("zendesk-assets", re.sub(" {.*", "", name))
    assert max(map(len, shown.output.splitlines())) <= 80


def test_an_option_that_is_renamed_fails_its_example():
    with pytest.raises(typer.BadParameter.__mro__[1], match="--sauce"):
        parse(["sync", "--sauce", "zendesk_test"])


def test_the_list_of_commands_says_where_to_begin_in_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("--help").output
    assert max(map(len, shown.splitlines())) <= 80
    panels = re.findall(r"╭─ (.+?) ─", shown)
    assert panels[:2] == ["Options", "Start here"]
    assert "Commands" not in panels, "a command is in no panel"
    first = shown.split("Start here")[1].split("╰")[0]
    listed = re.findall(r"│ (\w+)", first)
    assert listed == ["demo", "connect", "check", "estimate", "sync", "status", "ui", "query"]
    for name in ROOT.commands:
        assert len(re.findall(rf"^│ {name} ", shown, re.MULTILINE)) == 1
    listed = shown.split("Start here")[1]
    # One line each: a name on every line, and none that only goes on.
    assert not re.findall(r"^│ {10,}\S", listed, re.MULTILINE)
    assert "Exit codes: 0" in " ".join(shown.split())


def test_json_is_offered_wherever_something_is_found_out(run):
    for name in (
        "check",
        "status",
        "rejects",
        "reconcile",
        "certificate",
        "hub clean",
        "hub verify",
        "hub prune",
    ):
        assert "--json" in run(*name.split(), "--help").output, name


@pytest.mark.parametrize("name", ["", "hub", "sync", "hub prune", "status"])
def test_help_has_a_short_name_and_a_flag_is_a_flag(run, name):
    shown = run(*name.split(), "-h")
    assert shown.code == 0
    assert shown.output == run(*name.split(), "--help").output
    assert re.search(r"--help +-h +Show", shown.output), shown.output
    assert "<bool>" not in shown.output
