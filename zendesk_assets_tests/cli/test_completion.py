"""Completion as a shell asks for it: the real command, with the variables that its script sets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from zendesk_assets.cli import completion
from zendesk_assets.cli.app import app

EXECUTABLE = str(Path(sys.executable).with_name("zendesk-assets"))
SOURCES = {
    "sources": [
        {"nickname": "Acme", "schema": "zendesk_acme", "subdomain": "acme"},
        {"nickname": "Globex", "schema": "zendesk_globex", "token": "s3cret-t0ken"},
        "no entry",
    ]
}


def complete(run, monkeypatch, line):
    """Return what bash would offer at the end of a line."""
    words = line.split(" ")
    monkeypatch.setenv("_ZENDESK_ASSETS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    outcome = run()
    assert outcome.code == 0, outcome.output
    return outcome.output.split()


@pytest.fixture
def offered(run, monkeypatch):
    return lambda line: complete(run, monkeypatch, line)


def test_commands_options_sources_collections_and_formats_are_completed(offered, tmp_path):
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(SOURCES))
    assert offered("zendesk-assets st") == ["status"]
    assert offered("zendesk-assets hub p") == ["prune"]
    assert offered("zendesk-assets sync --so") == ["--source"]
    for command in ("sync", "check", "status", "reconcile", "rejects", "erase", "disconnect"):
        names = offered(f"zendesk-assets {command} --source ")
        assert names == ["zendesk_acme", "zendesk_globex"], command
    assert offered("zendesk-assets hub verify --source zendesk_g") == ["zendesk_globex"]
    assert offered("zendesk-assets sync --source Ac") == ["Acme"]
    assert offered("zendesk-assets connect --schema zendesk_a") == ["zendesk_acme"]
    assert sorted(offered("zendesk-assets sync --collection group")) == [
        "group_memberships",
        "group_sla_policies",
        "groups",
    ]
    assert offered("zendesk-assets why ticket_ev") == ["ticket_events"]
    assert offered("zendesk-assets why tickets 7 stat") == ["status"]
    assert offered("zendesk-assets schema --format s") == ["svg"]
    assert offered("zendesk-assets hub prune --older-than 4") == ["400d"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"sources: [",
        b"- a",
        b"sources: {a: 1}",
        b"\xff\xfe\x00",
        b"sources: [{schema: 3}]",
    ],
)
def test_nothing_is_offered_and_nothing_said_where_the_sources_cannot_be_read(
    offered, tmp_path, content
):
    if content is not None:
        (tmp_path / "sources.yaml").write_bytes(content)
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00 = 1\n")
    assert offered("zendesk-assets sync --source ") == []
    assert offered("zendesk-assets sync --collection organizations") == ["organizations"]


@pytest.mark.slow
def test_a_real_bash_completes_after_the_script_was_loaded(tmp_path):
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(SOURCES))
    (tmp_path / ".env").write_text("this line is = no = assignment '\n")
    path = os.pathsep.join((str(Path(EXECUTABLE).parent), os.environ["PATH"]))
    script = """
        eval "$(_ZENDESK_ASSETS_COMPLETE=source_bash zendesk-assets)"
        function=$(complete -p zendesk-assets | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=(zendesk-assets sync --source zendesk_); COMP_CWORD=3
        $function zendesk-assets; printf '%s\\n' "${COMPREPLY[@]}"
    """
    made = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.stdout.split(), made.stderr) == (["zendesk_acme", "zendesk_globex"], "")


def test_every_option_that_names_something_known_is_completed():
    known = {
        "--source": completion.source_names,
        "--collection": completion.collection_names,
        "--schema": completion.schema_names,
    }

    def check(command):
        for each in getattr(command, "commands", {}).values():
            check(each)
        for option in command.params:
            for name in known.keys() & set(option.opts):
                assert option._custom_shell_complete is not None, f"{command.name} {name}"

    check(typer.main.get_command(app))
