"""What every warehouse owes the commands that only read it, after a sync of groups and users."""

import json
from datetime import UTC, datetime


def assert_every_command_reads_it(run, account):
    """Sync, and run each command on what is then there."""
    synced = run("sync")
    assert synced.code == 0, synced.output
    rows = json.loads(run("query", "select count(*) as n from groups", "--json").output)
    assert rows[0]["n"] == len(account.expected("groups"))
    group = account.expected("groups")[0]["id"]
    for words in (
        ["status"], ["rejects"], ["check"], ["why", "groups", str(group)], ["reconcile"],
        ["sync"], ["query", "--as-of", str(datetime.now(UTC)), "select count(*) from groups"],
    ):  # fmt: skip
        found = run(*words)
        assert found.code == 0, (words, found.output)
