"""Commands killed and frozen at random beside others: nobody hangs, all that is held is named.

Real commands with real Dagster, two at a time. A few deaths in the suite; DEATHS=200 makes it
more, and SEED repeats the draws, as far as the machine does.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.waiting import wait_until

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
CHOSEN = ["tickets", "ticket_events", "groups"]
COMMANDS = (["sync"], ["sync", "--refetch"], ["sync", "--warehouse-only", "--replay"])
DEATHS = int(os.environ.get("DEATHS", "3"))
SEED = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
DAYS = 70  # three runs of a month or more
# What is given to a command whose neighbour holds something: its own work, and one wait in vain for
# each thing that can be held. On a machine that has more to do.
LONGEST = 180
CALM = 600
NAMED = re.compile(r"PID \d+ \(")

pytestmark = [pytest.mark.slow(seconds=60 * DEATHS), pytest.mark.long]


@pytest.fixture
def account():
    # Its clock begins in the past: what shows late can be shown at the end without waiting for it.
    clock = SystemClock(timedelta(minutes=-30))
    with Simulator(tickets=120, history_days=DAYS - 1, clock=clock) as simulator:
        simulator.faults.add("slow", path="/api/v2", times=None, seconds=0.1)
        yield simulator


@pytest.fixture
def folder(tmp_path, account, monkeypatch):
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    start = (datetime.now(UTC) - timedelta(days=DAYS)).date()
    settings = source_settings(
        account, history_start=start, months_per_run=1, initial_history_days=DAYS, settle_minutes=2,
        collections={"include": CHOSEN},
    )  # fmt: skip
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    write_dagster_yaml(tmp_path)
    return tmp_path


class Started:
    """A command at work, and what it has said."""

    def __init__(self, folder, command, number):
        self.file, self.command = folder / f"out{number}", command
        with self.file.open("wb") as out:
            self.process = subprocess.Popen(
                [COMMAND, *command], cwd=folder, stdout=out, stderr=subprocess.STDOUT
            )

    def is_at_work(self):
        """Return when it has said something: to start takes most of the time."""
        wait_until(
            lambda: self.file.read_text() or self.process.poll() is not None, CALM, str(self)
        )

    def code_within(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self):
        self.process.kill()
        self.process.wait()

    def __str__(self):
        return f"{' '.join(self.command)} ({self.process.pid}):\n{self.file.read_text()}"


def calmly(folder, *command):
    """Run a command alone; it must go well."""
    started = Started(folder, command, "calm")
    code = started.code_within(CALM)
    started.end()
    assert code == 0, f"seed {SEED}: {started}"


def test_no_death_and_no_freeze_hangs_or_hurts_the_others(folder, account):
    draw, slowest = random.Random(SEED), 0.0
    calmly(folder, "sync")
    for number in range(DEATHS):
        victim = Started(folder, draw.choice(COMMANDS), 2 * number)
        other = Started(folder, draw.choice(COMMANDS), 2 * number + 1)
        victim.is_at_work()
        time.sleep(draw.uniform(0, 8))
        how = draw.choice((signal.SIGKILL, signal.SIGSTOP))
        victim.process.send_signal(how)
        started = time.monotonic()
        code = other.code_within(LONGEST)
        slowest = max(slowest, time.monotonic() - started)
        victim.end()
        what = f"seed {SEED}, death {number}: {how.name} of {victim}\nbeside {other}"
        if code is None:
            other.end()
            pytest.fail(f"hung for {LONGEST} s: {what}")
        assert "Traceback" not in other.file.read_text(), what
        assert code == 0 or NAMED.search(other.file.read_text()), f"exit code {code}: {what}"
        if number % 3 == 0:
            account.account.update_ticket(1 + draw.randrange(100), priority="urgent")
    account.clock.advance(timedelta(minutes=20))
    calmly(folder, "sync")
    calmly(folder, "sync", "--warehouse-only", "--replay")
    assert (
        differences(folder / "warehouse.duckdb", SCHEMA, account, ["ticket_events", "groups"]) == []
    )
    sys.stdout.write(f"seed {SEED}: {DEATHS} deaths, the slowest took {slowest:.0f} s\n")
