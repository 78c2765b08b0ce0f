"""What a command imports before it works: only those that use Dagster wait for it."""

import subprocess
import sys

from zendesk_assets.cli.commands import COMMANDS

WITH_DAGSTER = {"demo", "sync", "status", "ui", "erase", "fail-lost-runs"}
LOAD = """
import sys
from zendesk_assets.cli.commands import COMMANDS
for each in COMMANDS:
    if each.name in sys.argv:
        each.load()
    if "dagster" in sys.modules:
        sys.exit(each.name)
"""


def test_only_commands_that_use_dagster_import_it():
    others = [each.name for each in COMMANDS if each.name not in WITH_DAGSTER]
    assert len(others) > 12
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, *others], check=False, stderr=subprocess.PIPE, text=True
    )
    assert (loaded.stderr, loaded.returncode) == ("", 0)
