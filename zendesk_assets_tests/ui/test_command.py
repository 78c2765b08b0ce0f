"""`zendesk-assets ui` as a process: its first lines, Dagster beside it, and its end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from zendesk_assets_tests.commands import run_in
from zendesk_assets_tests.dagster_dev import free_port
from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
ALARMS = ("superseded", "temporary", "Warning", "Traceback")


@contextlib.contextmanager
def running(folder, *options):
    """Run the command in a folder; what it prints is in `ui.log` there."""
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    with (folder / "ui.log").open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, "ui", *options],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=restore_signals,  # noqa: PLW1509 # it takes no lock
        )
    try:
        yield process
    finally:
        for each in children_of(process):
            each.kill()
        process.kill()
        process.wait()


def children_of(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def printed(folder):
    return (folder / "ui.log").read_text().splitlines()


def is_up(url):
    with contextlib.suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


@pytest.mark.slow(seconds=15)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_says_where_it_is_and_when_the_next_sync_is_and_ends_cleanly(synced, number, code):
    port = free_port()
    with running(synced.folder, "--no-dagster", "--port", str(port)) as process:
        wait_until(lambda: is_up(f"http://127.0.0.1:{port}/"), 60, "the page is up")
        first, second, third = printed(synced.folder)
        assert first.startswith(f"http://127.0.0.1:{port}")
        assert second.startswith("Next sync of zendesk_test (Test): ")
        assert "Dagster is not started" in third
        process.send_signal(number)
        assert process.wait(60) == code
    assert not any(alarm in "\n".join(printed(synced.folder)) for alarm in ALARMS)


@pytest.mark.slow(seconds=15)
def test_a_port_that_is_taken_is_said_at_once(synced):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for options in (
            ("--no-dagster", "--port", str(port)),
            ("--port", "0", "--dagster-port", str(port)),
        ):
            refused = run_in(synced.folder, "ui", *options)
            assert refused.code == 1
            assert f"Port {port} of this machine cannot be used" in refused.output


@pytest.mark.long
@pytest.mark.slow(seconds=60)
def test_dagster_runs_quietly_beside_it_and_nothing_of_it_is_left(synced):
    port, dagster = free_port(), free_port()
    options = ("--port", str(port), "--dagster-port", str(dagster))
    with running(synced.folder, *options) as process:
        wait_until(lambda: is_up(f"http://127.0.0.1:{dagster}/server_info"), 180, "Dagster is up")
        wait_until(lambda: "Dagster is up" in "\n".join(printed(synced.folder)), 60, "it is said")
        assert is_up(f"http://127.0.0.1:{port}/")
        children = children_of(process)
        assert children
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
        _gone, alive = psutil.wait_procs(children, timeout=20)
        # Whoever inherits an ended process may let it wait.
        assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    lines = printed(synced.folder)
    assert lines[0].startswith(f"http://127.0.0.1:{port}")
    assert not any(alarm in "\n".join(lines) for alarm in ALARMS)
    log = (synced.folder / ".dagster" / "dagster-dev.log").read_text()
    assert "Using temporary directory" not in log
