"""What the README shows first is what happens: the demo's output, and rows that are asked for."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from zendesk_assets.cli.demo_accounts import how_to_backfill
from zendesk_assets_tests.cli.make_demo import ended_by_ctrl_c, make_demo
from zendesk_assets_tests.docs.shell import commands_of, shell_blocks

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ROW = r"(\w+) +(\d+)  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


def shape(line):
    """Return a line with its numbers, times and columns left open."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line)
    return re.sub(r" +", " ", re.sub(r"[\d,.:]*\d", "#", plain)).rstrip()


def ask_as_the_readme_says(folder):
    """Return the lines that the README's query prints."""
    block = next(each for each in shell_blocks() if "query" in each.text)
    (command,) = commands_of(block)
    assert command.variables == ("ZENDESK_SOURCES=.demo/sources.yaml",)
    run = subprocess.run(
        [str(Path(sys.executable).with_name("zendesk-assets")), *command.words[1:]],
        env={**os.environ, "ZENDESK_SOURCES": str(folder / "sources.yaml")},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.splitlines()


def assert_the_readme_is_true_of(printed):
    """The same columns, a row for each status, the most frequent first, all tickets counted."""
    shown = README.split("```text\nstatus", 1)[1].split("```", 1)[0]
    title, *examples = [line for line in ("status" + shown).splitlines() if line != "…"]
    assert printed[0].split() == title.split()
    rows = [re.fullmatch(ROW, line.rstrip()).groups() for line in printed[1:]]
    counts = [int(count) for _, count in rows]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 600
    statuses = [status for status, _ in rows]
    assert set(statuses) <= {"new", "open", "pending", "hold", "solved", "closed", "deleted"}
    assert [re.fullmatch(ROW, line)[1] for line in examples] == statuses[: len(examples)]


def assert_the_readme_shows_where_to_click(lines):
    """The lines after the UI is up, which `browser/test_demo.py` follows."""
    printed = how_to_backfill("http://127.0.0.1:3000", datetime.now(UTC).date()).splitlines()
    shown = [shape(line) for line in lines.splitlines()[1:] if line != "…"]
    assert len(shown) >= 3
    assert shown == [shape(line) for line in printed[: len(shown)]]


@pytest.mark.long
@pytest.mark.slow(seconds=90)
def test_the_demo_prints_what_the_readme_shows_fills_the_tables_and_ends_on_ctrl_c(tmp_path):
    shown = README.split("```text\nFirst sync", 1)[1].split("```", 1)[0]
    of_syncs, of_ui = ("First sync" + shown).split("The Dagster UI", 1)
    wanted = [shape(line) for line in of_syncs.splitlines() if line != "…"]
    assert_the_readme_shows_where_to_click(of_ui)
    # As the reader sees it, who has a terminal.
    code, shown, ours = ended_by_ctrl_c(make_demo(tmp_path), tmp_path, "It is up", width=100)

    assert code == 0, shown
    printed = iter([shape(line) for line in shown.splitlines()])
    assert [line for line in wanted if line not in printed] == []  # in this order
    assert shown.rstrip().endswith("until the next demo."), shown
    assert not re.search(r"Error|\*\*\*|Traceback", shown), shown
    _gone, alive = psutil.wait_procs(ours, timeout=60)
    assert len(ours) > 2  # `dagster dev`, and what that starts
    assert alive == []
    assert (tmp_path / ".demo" / "warehouse.duckdb").exists()
    assert_the_readme_is_true_of(ask_as_the_readme_says(tmp_path / ".demo"))
