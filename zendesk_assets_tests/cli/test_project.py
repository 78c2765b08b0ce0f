"""Opening Dagster's instance: many processes at once, in a folder where none has been yet."""

import subprocess
import sys

import pytest

from zendesk_assets.cli.project import write_dagster_yaml

pytestmark = [pytest.mark.slow, pytest.mark.long]
OPEN = (
    "from zendesk_assets.cli.project import open_instance\n"
    "print('ready', flush=True)\n"
    "input()\n"
    "with open_instance() as instance:\n"
    "    print(instance.get_runs_count())\n"
)
PROCESSES = 6


def test_processes_that_open_a_new_instance_at_once_all_get_it(tmp_path):
    write_dagster_yaml(tmp_path)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in processes]

    assert [answer for answer, _ in answers] == ["0\n"] * PROCESSES, answers
