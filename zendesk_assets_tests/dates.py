"""Runs tests as if it were another day: their whole tree of processes sees the simulated date.

    .venv/bin/python -m zendesk_assets_tests.dates [tests, or options of pytest]

Here: the dates, and how a process is made to see one (libfaketime, which comes in a wheel for
Linux). Not here: time that a test moves itself; that is `zendesk_assets.clock.ManualClock`.
"""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

__all__ = ["DATES", "environment_at", "go_to", "is_possible"]

ROOT = Path(__file__).resolve().parents[1]

# What is special about it → the time in UTC, and the machine's time zone.
DATES = {
    "a month's first seconds": ("2026-12-01T00:00:30", "UTC"),
    "the last minutes of 29 February": ("2028-02-29T23:57:00", "America/New_York"),
    "the turn of the year": ("2026-12-31T23:58:30", "Europe/Berlin"),
    "clocks go forward": ("2027-03-28T00:59:30", "Europe/Berlin"),
    "clocks go back": ("2027-11-07T05:59:30", "America/New_York"),
}

# The tests that see the machine's date, its time of day or its time zone.
SEE_A_DATE = (
    "analysis", "cli", "docs", "hub/test_source_sync.py", "integration/test_at_once.py",
    "integration/test_schedules.py", "integration/test_sync.py", "orchestration", "reconcile",
    "simulator", "warehouse/test_queries.py",
)  # fmt: skip
# The kernel's time of boot stays the real one: a process then seems to have started years ago.
NOT_THESE = ("orchestration/test_run_launcher.py",)


def environment_at(name):
    """Return the environment of a process that sees the date, and so do those that it starts.

    The machine's clock goes on, from another time; what measures durations is left alone.
    """
    return {
        **os.environ,
        **_settings(name),
        "LD_PRELOAD": str(_library()),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def go_to(name):
    """Let this process, which was started with such an environment, see another of the dates."""
    os.environ.update(_settings(name))
    time.tzset()


def _settings(name):
    moment, zone = DATES[name]
    now = datetime.now(UTC) - timedelta(seconds=float(os.environ.get("FAKETIME", "0")))
    ahead = datetime.fromisoformat(moment).replace(tzinfo=UTC) - now
    return {"FAKETIME": f"{ahead.total_seconds():+.0f}", "TZ": zone}


@cache
def is_possible():
    """Return whether a process of this machine can be made to see another date."""
    if not _library().exists():
        return False
    command = [sys.executable, "-c", "import datetime; print(datetime.date.today().year)"]
    seen = subprocess.run(
        command,
        env=environment_at("the last minutes of 29 February"),
        capture_output=True,
        text=True,
        check=False,
    )
    return seen.stdout.strip() == "2028"


def _library():
    folders = [Path(each) / "libfaketime/vendor/libfaketime/src" for each in sys.path]
    found = (each / "libfaketime.so.1" for each in folders)
    return next((each for each in found if each.exists()), folders[0])


def main(arguments):
    """Run the tests at each date; return 0 if all of them passed at all dates."""
    if not is_possible():
        print("libfaketime does not work here: run this on Linux, on x86-64 with glibc.")
        return 2
    tests = [str(ROOT / "zendesk_assets_tests" / each) for each in SEE_A_DATE]
    without = [f"--ignore={ROOT / 'zendesk_assets_tests' / each}" for each in NOT_THESE]
    options = arguments or ["-m", "not slow", "-n", "2", *without, *tests]
    failed = []
    for name, (moment, zone) in DATES.items():
        print(f"\n{name}: {moment} UTC, in {zone}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *options]
        if subprocess.run(command, cwd=ROOT, env=environment_at(name), check=False).returncode:
            failed.append(name)
    print(f"\nFailed at: {', '.join(failed)}" if failed else "\nAll passed at every date.")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
