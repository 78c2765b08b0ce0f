"""Runs a contestant's process and measures it; ends it with SIGKILL when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import harness
import psutil

__all__ = ["PATIENCE", "Command", "Usage", "after_requests", "run", "same_page"]

_SAMPLES: Final = 0.1
_LOOKS: Final = 0.5
_SAME_PAGE: Final = 10
PATIENCE: Final = 60  # requests for such pages alone, so that other streams may end

Stop = Callable[[], str]


@dataclass(frozen=True)
class Command:
    """A program with its words, environment, folder, and the file for its standard output."""

    words: list[str]
    environment: dict[str, str]
    folder: Path
    output: Path


@dataclass(frozen=True)
class Usage:
    """What a process took; `stopped` is why it was killed, or empty."""

    seconds: float
    cpu: float
    peak_mb: float
    code: int
    stopped: str = ""


def after_requests(account: harness.Account, number: int) -> Stop:
    """Return what ends a process as soon as the account has had so many requests."""
    return lambda: f"killed after {number:,} requests" if account.asked() >= number else ""


def same_page(account: harness.Account) -> Stop:
    """Return what ends a process that asks for nothing but pages it has had many times."""

    def look() -> str:
        asked = [(row["path"], str(row["query"])) for row in account.requests()]
        times = Counter(asked)
        last = set(asked[-PATIENCE:])
        if len(asked) < PATIENCE or any(times[page] < _SAME_PAGE for page in last):
            return ""
        paths = " and ".join(sorted({f"`{path}`" for path, _query in last}))
        return f"asked for one page of {paths} again and again"

    return look


def run(command: Command, stop: Stop | None = None) -> Usage:
    """Run a command to its end, or until `stop` gives a reason to kill it with its children."""
    began = time.perf_counter()
    process, errors = _start(command)
    peak, reason, looked = 0.0, "", began
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, _peak(process.pid))
        if stop and not reason and time.perf_counter() - looked > _LOOKS:
            reason, looked = stop(), time.perf_counter()
            if reason:
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(_SAMPLES)
    errors.close()
    seconds, code = time.perf_counter() - began, os.waitstatus_to_exitcode(status)
    process.returncode = code
    return Usage(seconds, used.ru_utime + used.ru_stime, peak, code, reason)


def _start(command: Command) -> tuple[subprocess.Popen[bytes], object]:
    errors = command.output.with_suffix(".err").open("wb")
    with command.output.open("wb") as output:
        process = subprocess.Popen(
            command.words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=command.folder,
            env=command.environment,
            start_new_session=True,
        )
    return process, errors


def _peak(pid: int) -> float:
    """Return the most megabytes that a process and its children have had, each by itself."""
    try:
        process = psutil.Process(pid)
        pids = [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(_high_water(each) for each in pids)


def _high_water(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
