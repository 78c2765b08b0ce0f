"""CONTRIBUTING.md tells how to add a collection: a copy of the project does just that."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets_tests.docs.markdown import blocks
from zendesk_assets_tests.docs.shell import commands_of

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("zendesk_assets", "zendesk_assets_tests", "docs", "deploy", "examples")
FILES = ("pyproject.toml", "setup.cfg", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
# The file that a block is for is named before it.
BLOCK = re.compile(r"as\s`([\w/.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
EXAMPLES = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text())
NEW = Path(EXAMPLES[0][0]).stem
LEFT_OUT = "zendesk_assets/catalog/_left_out.py"
# What would notice a collection that is only half there: the commands that the section shows.
TESTS = [
    command.words[1:]
    for block in blocks()
    if block.path.name == "CONTRIBUTING.md" and not block.info
    for command in commands_of(block)
    if command.program == "pytest" and "soak" not in command.text
]
SYNC = f"""
from pathlib import Path
from zendesk_assets.simulator import Simulator
import subprocess, sys, yaml

with Simulator(tickets=3, history_days=2) as account:
    entry = {{
        "nickname": "Test", "schema": "zd", "subdomain": "acme", "base_url": account.base_url,
        "auth": {{"type": "bearer", "token": account.token}},
        "collections": {{"include": ["{NEW}"]}},
    }}
    Path("sources.yaml").write_text(yaml.safe_dump({{"sources": [entry]}}))
    run = [sys.executable, "-c", "from zendesk_assets.cli.app import main; main()"]
    subprocess.run([*run, "sync"], check=True)
    query = "select screen_name from zd.{NEW} order by id"
    subprocess.run([*run, "query", "--json", query], check=True)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project with what the section adds and removes, and what `make docs` draws."""
    copy = tmp_path_factory.mktemp("contributor") / "copy"
    copy.mkdir()
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    for name, content in EXAMPLES:
        (copy / name).write_text(content)
    reasons = copy / LEFT_OUT
    reasons.write_text(reasons.read_text().replace(f"{NEW}, ", ""))
    for command in documented_commands():
        run(copy, "-c", "from zendesk_assets.cli.app import main; main()", *command)
    return copy


def documented_commands():
    """Return the arguments of `zendesk-assets` in the target `docs` of the Makefile."""
    target = (ROOT / "Makefile").read_text().partition("\ndocs: ")[2].partition("\n\n")[0]
    lines = target.replace("\\\n", " ").splitlines()
    return [
        line.partition("zendesk-assets ")[2].split() for line in lines if "zendesk-assets " in line
    ]


def run(folder, *arguments):
    found = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout


def test_the_example_is_something_that_the_project_does_not_have_yet():
    assert len(EXAMPLES) == 2
    for name, _ in EXAMPLES:
        assert not (ROOT / name).exists(), f"replace the example in CONTRIBUTING.md: {name} exists"
    assert NEW not in declared().collections, "replace the example in CONTRIBUTING.md"
    assert NEW in {name for names, _ in declared().left_out for name in names.split(", ")}
    assert LEFT_OUT in (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.long
@pytest.mark.slow(seconds=60)
def test_the_tests_are_green_with_the_new_collection(copy):
    assert len(TESTS) == 2
    for words in TESTS:
        assert " passed" in run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words)
    assert NEW in (copy / "docs" / "collections.md").read_text()


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_sync_fills_the_new_table(copy, tmp_path):
    output = subprocess.run(
        [sys.executable, "-c", SYNC],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "@acme_repairs" in output
