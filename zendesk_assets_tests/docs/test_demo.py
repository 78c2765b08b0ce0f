"""What the README shows is what happens: its commands exist, its output is the demo's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from zendesk_assets_tests.postgres import database, new_database

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def shape(line):
    """Return a line with its numbers and times left open."""
    return re.sub(r"[\d,.]*\d", "#", line.rstrip())


@pytest.mark.slow(seconds=60)
def test_the_demo_prints_what_the_readme_shows_and_fills_the_tables(tmp_path):
    shown = README.split("```\nFirst sync", 1)[1].split("```", 1)[0]
    wanted = [shape(line) for line in ("First sync" + shown).splitlines()]
    wanted = [line for line in wanted if line != "…" and "Dagster UI" not in line]
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "demo", "--no-ui"]
    run = subprocess.run(
        [*command, "--folder", str(tmp_path / "demo")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    printed = [shape(line) for line in run.stdout.splitlines()]
    assert [line for line in wanted if line not in printed] == []
    assert (tmp_path / "demo" / "warehouse.duckdb").exists()


@pytest.mark.slow(seconds=60)
def test_the_demo_fills_a_postgres_database_where_one_is_given(tmp_path):
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "demo", "--no-ui"]
    with database() as server, new_database(server) as url:
        run = subprocess.run(
            [*command, "--folder", str(tmp_path / "demo"), "--tickets", "60"],
            cwd=tmp_path,
            env={**os.environ, "WAREHOUSE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        query = re.search(r"select .*;", run.stdout)[0]
        with psycopg.connect(url) as connection:
            assert sum(count for _, count in connection.execute(query).fetchall()) > 50
    assert not (tmp_path / "demo" / "warehouse.duckdb").exists()


def test_every_target_and_command_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    blocks = "\n".join(re.findall(r"```\n(.*?)```", README, re.DOTALL))
    targets = set(re.findall(r"^make (\w+)", blocks, re.MULTILINE))
    commands = set(re.findall(r"zendesk-assets (\w+)", README))

    assert {"demo", "setup", "test"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    listed = subprocess.run(
        [str(Path(sys.executable).with_name("zendesk-assets")), "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {"check", "sync", "status"} <= commands
    assert all(command in listed for command in commands)


def test_the_pictures_of_the_readme_are_there():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).stat().st_size > 10_000


def test_the_collection_that_contributing_shows_can_be_declared_as_shown():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = {}
    exec(compile(code, "CONTRIBUTING.md", "exec"), module)
    (collection,) = module["COLLECTIONS"]

    assert module["STREAM"].name == collection.stream
    assert {*collection.primary_key, collection.version} <= {
        column.name for column in collection.columns
    }
