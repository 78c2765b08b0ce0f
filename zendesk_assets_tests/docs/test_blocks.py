"""Every block of the documents is run, or read by what it is for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import psycopg
import pytest
import yaml
from click.testing import CliRunner
from dagster._cli import create_dagster_cli

from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.places import PostgresTarget
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets_tests.docs.conftest import in_our_days
from zendesk_assets_tests.docs.markdown import PATHS, ROOT, Block, blocks, blocks_of, inline_code
from zendesk_assets_tests.docs.shell import (
    NOT_RUN,
    Command,
    commands_of,
    faults,
    reason_not_to_run,
    shell_blocks,
    shown_commands,
)

LANGUAGES = {"", "text", "python", "sql", "yaml", "json"}
ENGINES = {"duckdb", "postgresql"}
# A few tables will do for what goes through all of them.
OF_ALL_TABLES = {"certificate", "check-warehouse", "erase", "hub", "reconcile", "sync"}
RUN = [command for command in shown_commands() if not reason_not_to_run(command)]
SHOWN = [command for command in shown_commands() if reason_not_to_run(command)]


def where(block):
    return block.where


def test_every_block_says_what_it_is():
    for block in blocks():
        assert (block.info or ("",))[0] in LANGUAGES, f"{block.where}: ```text is for output"
        assert set(block.info[1:]) <= ENGINES, block.where


@pytest.mark.long
@pytest.mark.slow(seconds=2)
@pytest.mark.parametrize("command", RUN, ids=lambda command: command.text)
def test_a_command_does_what_it_is_shown_for(command, request, monkeypatch):
    assert faults(command) == [], command.where
    few = OF_ALL_TABLES & set(command.words)
    project = request.getfixturevalue("small_project" if few else "project")
    monkeypatch.chdir(project.folder)
    words = in_our_days(command.words[1:])
    monkeypatch.setenv("PWD", str(Path.cwd()))
    for each in command.variables:
        name, value = each.split("=", 1)
        monkeypatch.setenv(name, os.path.expandvars(value))
    if command.program == "zendesk-assets":
        code, output = project.run(*words)
    elif command.program == "dagster":
        result = CliRunner().invoke(create_dagster_cli(), words)
        code, output = result.exit_code, result.output
    elif command.program == "python":
        ran = subprocess.run(
            [sys.executable, *words],
            input=command.given,
            text=True,
            capture_output=True,
            check=False,
        )
        code, output = ran.returncode, ran.stdout + ran.stderr
    else:
        pytest.fail(f"{command.where}: {command.text} is neither run nor in NOT_RUN with a reason")
    assert code == 0, f"{command.where}: {command.text}\n{output}"


def test_what_is_not_run_names_only_what_there_is():
    for block in shell_blocks():
        folder = ""
        for command in commands_of(block):
            if command.program == "cd":
                folder = command.words[1]
            assert faults(command, folder) == [], f"{block.where}: {command.text}"


def test_every_reason_not_to_run_is_still_needed():
    assert {reason_not_to_run(command) for command in SHOWN} == set(NOT_RUN.values())


@pytest.mark.parametrize(
    "text",
    ["zendesk-assets frobnicate", "zendesk-assets sync --fast", "dagster dev --colour",
     "make coffee", "docker compose run --rm nobody zendesk-assets check",
     "docker compose run --rm code-location zendesk-assets check --fast",
     "cp deploy/none.yaml .", "kubectl create secret generic zendesk-assets-none"],
)  # fmt: skip
def test_a_command_that_is_wrong_would_be_noticed(text):
    (command,) = commands_of(Block(ROOT / "README.md", 1, (), f"{text}\n"))
    assert faults(command)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_commands_within_sentences_exist(path):
    for line, code in inline_code(path):
        if code.startswith(("zendesk-assets ", "dagster ", ".venv/bin/", "make ")):
            words = tuple(word for word in code.split() if word != "…")
            assert faults(Command("", (), words)) == [], f"{path.name}:{line}: {code}"


@pytest.mark.long
@pytest.mark.slow(seconds=2)
@pytest.mark.parametrize("block", blocks_of("python"), ids=where)
def test_python_runs(block, in_project):
    exec(compile(block.text, block.where, "exec"), {"__name__": "documented"})


@pytest.mark.long
@pytest.mark.slow(seconds=2)
@pytest.mark.parametrize("block", blocks_of("sql"), ids=where)
def test_sql_finds_rows_on_the_engines_it_is_for(block, project, request):
    wanted = set(block.info[1:]) or ENGINES
    if "duckdb" in wanted:
        with duckdb.connect(str(project.folder / "warehouse.duckdb")) as connection:
            _find_rows(block, connection)
    if "postgresql" in wanted:
        with psycopg.connect(request.getfixturevalue("postgres")) as connection:
            _find_rows(block, connection)


def _find_rows(block, connection):
    """Run a block; it finds rows, or makes views that have some."""
    found = connection.execute(block.text)
    views = re.findall(r"^create or replace view (\S+)", block.text, re.MULTILINE)
    assert views or found.fetchall(), f"{block.where} finds no row"
    for view in views:
        assert connection.execute(f"select * from {view}").fetchall(), f"{view} is empty"


@pytest.mark.parametrize("block", blocks_of("yaml"), ids=where)
def test_yaml_is_taken_by_who_reads_it(block, tmp_path, monkeypatch):
    content = yaml.safe_load(block.text)
    if content.keys() <= Sources.model_fields.keys():
        whole = {"sources": [], **content}
    elif content.keys() <= {field.alias or name for name, field in Source.model_fields.items()}:
        source = {"nickname": "N", "schema": "n", "subdomain": "n", "auth": {"type": "oauth"}}
        whole = {"sources": [source | content]}
    else:
        assert content.keys() <= yaml.safe_load((ROOT / "dagster.yaml").read_text()).keys()
        return
    for name in re.findall(r"{env: (\w+)}", block.text):
        monkeypatch.setenv(name, "postgresql://user@host/database")
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump(whole))
    sources = load_sources(path)
    if isinstance(sources.warehouse, PostgresTarget):
        assert sources.warehouse.url.reveal()
