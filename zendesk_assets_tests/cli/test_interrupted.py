"""Ctrl-C, SIGTERM, SIGHUP: what was begun is put in order, soon, and what is left is nobody's."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import psutil
import psycopg
import pytest
from filelock import FileLock

from zendesk_assets.cli.project import open_instance, write_dagster_yaml
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.partitions import months_of
from zendesk_assets.settings.file import load_sources
from zendesk_assets_tests import long
from zendesk_assets_tests.cli.connecting import read
from zendesk_assets_tests.cli.make_demo import (
    ended_by_ctrl_c,
    make_demo,
    on_terminal,
    started_by,
)
from zendesk_assets_tests.dagster_dev import free_port
from zendesk_assets_tests.postgres import database, new_database
from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
SCHEMA = "zendesk_test"
PROMPT = 20  # seconds, on a machine that has more to do
pytestmark = pytest.mark.slow(seconds=60)


@pytest.fixture
def folder(write_sources, account, tmp_path, monkeypatch):
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    write_sources(account, collections={"include": ["tickets"]})
    write_dagster_yaml(tmp_path)
    return tmp_path


def start(folder, *arguments, command=(COMMAND,), **options):
    out = (folder / "out").open("wb")
    options = {"preexec_fn": restore_signals, **options}
    return subprocess.Popen(
        [*command, *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT, **options
    )


def said(folder):
    return (folder / "out").read_text()


def wait_for(folder, words):
    wait_until(lambda: words in said(folder), 60, words, lambda: said(folder))


def end(process, number):
    """Send a signal; return the exit code, which must come soon."""
    process.send_signal(number)
    try:
        return process.wait(PROMPT)
    finally:
        process.kill()


def states(folder):
    """Return what Dagster says of the months of hub and table, of runs, checks and pools."""
    with open_instance() as instance:
        source = load_sources().sources[0]
        months = months_of(source)
        found = {
            str(status)
            for key in (keys.hub_key(SCHEMA, "tickets"), keys.table_key(SCHEMA, "tickets"))
            for status in instance.get_status_by_partition(
                key, list(months.get_partition_keys()), months
            ).values()
        }
        runs = {run.status for run in instance.get_runs()}
        held = [
            slot
            for pool in instance.event_log_storage.get_concurrency_keys()
            for slot in instance.event_log_storage.get_concurrency_info(pool).claimed_slots
        ]
    return found, runs, held


@long.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_sync_is_canceled_and_the_next_one_goes_on(folder, account, number, code):
    account.faults.add("slow", path="/incremental/", seconds=40, times=1)
    process = start(folder, "sync")
    wait_for(folder, "hub.tickets: fetching")
    time.sleep(1)
    assert end(process, number) == code, said(folder)
    assert "Stopped. What is in the hub or in a table stays" in said(folder)
    assert "Traceback" not in said(folder)
    # Grey, as if nobody had asked: neither red nor at work.
    assert states(folder) == ({"None"}, {dg.DagsterRunStatus.CANCELED}, [])
    assert start(folder, "sync").wait(120) == 0, said(folder)


@pytest.mark.long
def test_a_sync_that_was_started_in_the_background_of_a_script_hears_sigterm(folder, account):
    account.faults.add("slow", path="/incremental/", seconds=40, times=1)
    ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    process = start(folder, "sync", preexec_fn=ignore)  # as a shell does
    wait_for(folder, "hub.tickets: fetching")
    assert end(process, signal.SIGTERM) == 143, said(folder)


@pytest.mark.long
def test_a_sync_that_nohup_started_outlives_the_hangup_of_its_terminal(folder, account):
    account.faults.add("slow", path="/incremental/", seconds=3, times=1)
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    process = start(folder, "sync", preexec_fn=ignore)
    wait_for(folder, "hub.tickets: fetching")
    process.send_signal(signal.SIGHUP)
    assert process.wait(120) == 0, said(folder)
    assert "Everything is up to date." in said(folder)


@pytest.mark.long
def test_a_sync_that_waits_for_the_rate_limit_ends_at_once(folder, account, write_sources):
    write_sources(account, collections={"include": ["tickets"]}, export_requests_per_minute=1)
    assert start(folder, "sync", "--hub-only").wait(120) == 0
    process = start(folder, "sync", "--hub-only", "--refetch")
    wait_for(folder, "waiting")
    assert end(process, signal.SIGTERM) == 143, said(folder)


# What a busy machine does by chance: the main thread goes on before the watching one has a turn.
LATE = """
import time
from zendesk_assets.cli import app, interruption

take = interruption.Interruption.take
interruption.Interruption.take = lambda state: (time.sleep(2), take(state))[1]
app.main()
"""


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_counts_before_the_watching_thread_has_taken_it(folder, account, number, code):
    account.faults.add("slow", path="/incremental/", seconds=40, times=1)
    process = start(folder, "sync", command=(sys.executable, "-c", LATE))
    wait_for(folder, "hub.tickets: fetching")
    assert end(process, number) == code, said(folder)
    assert "Stopped. What is in the hub or in a table stays" in said(folder)


@pytest.mark.long
def test_a_sync_that_waits_for_a_lock_names_the_holder_and_ends_at_once(folder, account):
    state = folder / "state" / "rate_limits"
    state.mkdir(parents=True)
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", account.base_url.partition("://")[2])
    with FileLock(state / f"{name}.sqlite.lock"):
        process = start(folder, "sync")
        wait_for(folder, f"PID {os.getpid()} (")
        assert "Waiting up to 60 s for the request counts in" in said(folder)
        assert end(process, signal.SIGINT) == 130, said(folder)


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


@pytest.mark.long
def test_a_sync_that_waits_for_the_file_ends_at_once_and_its_checks_did_not_fail(folder):
    database = str(folder / "warehouse.duckdb")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline().strip() == b"held"
        process = start(folder, "sync")
        wait_for(folder, f"PID {holder.pid} (python) holds it")
        assert end(process, signal.SIGTERM) == 143, said(folder)
        holder.communicate(b"\n")
    found, runs, held = states(folder)
    assert "AssetPartitionStatus.FAILED" not in found
    assert (runs, held) == ({dg.DagsterRunStatus.CANCELED}, [])
    assert ".checks" not in said(folder)


# Stops itself in the middle of a transaction, as Ctrl-Z in the wrong moment does.
STOP = (
    "import os, signal, sqlite3, sys\n"
    "sqlite3.connect(sys.argv[1], isolation_level=None).execute('BEGIN IMMEDIATE')\n"
    "print('held', flush=True)\n"
    "os.kill(os.getpid(), signal.SIGSTOP)\n"
)


@pytest.mark.long
@pytest.mark.parametrize("file", ["runs.db", "runs/index.db"])
def test_who_was_stopped_while_writing_to_dagsters_storage_is_named(folder, account, file):
    assert start(folder, "sync").wait(120) == 0, said(folder)
    database = folder / "storage" / "history" / file
    with subprocess.Popen(
        [sys.executable, "-c", STOP, str(database)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        try:
            process = start(folder, "sync")
            wait_for(folder, f"PID {holder.pid} (python), which is stopped")
            assert process.wait(90) == 1, said(folder)
        finally:
            holder.kill()
    assert f"{database} is locked by PID {holder.pid}" in said(folder)
    assert "Traceback" not in said(folder)
    assert start(folder, "sync").wait(120) == 0, said(folder)


def test_a_command_that_cannot_be_interrupted_is_ended_from_outside():
    code = (
        "import time\n"
        "from zendesk_assets.cli import interruption\n"
        "interruption._GRACE_SECONDS = 1\n"
        "with interruption.interruptions() as heard:\n"
        "    heard.last_act = lambda: print('put in order', flush=True)\n"
        "    try:\n"
        "        print('up', flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
        "    while True:\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except KeyboardInterrupt:\n"
        "            pass\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PROMPT)
    assert (process.returncode, out) == (143, "put in order\n")
    assert err == "Ended at once: the current operation could not be interrupted.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_comes_in_a_finalizer_ends_the_command_all_the_same(number):
    code = (
        "import os, sys, time\n"
        "from zendesk_assets.cli import interruption\n"
        "class Collected:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), int(sys.argv[1]))\n"
        "        time.sleep(1)\n"
        "with interruption.interruptions() as heard:\n"
        "    try:\n"
        "        Collected()\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        time.sleep(1)\n"
        "        print('put in order')\n"
        "raise SystemExit(heard.exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(int(number))],
        check=False,
        capture_output=True,
        text=True,
        timeout=PROMPT,
        preexec_fn=restore_signals,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "put in order\n", "")


def test_sigterm_still_ends_a_background_job_after_a_run_of_dagster():
    code = (
        "import time\n"
        "from dagster._utils.interrupts import capture_interrupts\n"
        "from zendesk_assets.cli import interruption\n"
        "interruption._GRACE_SECONDS = 60\n"
        "with interruption.interruptions() as heard:\n"
        "    with capture_interrupts():\n"
        "        pass\n"
        "    try:\n"
        "        print('up', flush=True)\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
        "raise SystemExit(heard.exit_code)\n"
    )
    ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=ignore,  # noqa: PLW1509
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None  # which it ignores, as the shell has said
    assert end(process, signal.SIGTERM) == 143


# The demo.


@pytest.mark.long
def test_make_demo_ends_well_on_ctrl_c_and_leaves_no_process(tmp_path):
    """While it syncs; once its UI is up, `docs/test_demo` ends it."""
    command = make_demo(tmp_path, "--tickets", "20")
    code, shown, ours = ended_by_ctrl_c(command, tmp_path, "First sync")
    assert code == 0, shown
    assert shown.rstrip().endswith("until the next demo."), shown
    assert "Ended. Its files stay in .demo" in shown
    assert not re.search(r"Error|\*\*\*|Traceback", shown), shown
    _gone, alive = psutil.wait_procs(ours, timeout=60)
    assert alive == []


@pytest.mark.long
def test_a_demo_whose_make_is_killed_ends_too(tmp_path):
    child, terminal = on_terminal(make_demo(tmp_path, "--tickets", "20"), tmp_path)
    shown = ""
    while "First sync" not in shown and (chunk := read(terminal)):
        shown += chunk
    ours = started_by(child)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _gone, alive = psutil.wait_procs(ours, timeout=60)
    os.close(terminal)
    assert len(ours) > 0
    assert alive == []


# As `zendesk-assets`, but that the accounts of the demo have two tables each.
OF_FEW_TABLES = """
import yaml
from zendesk_assets.cli import app, demo

write = demo._write_project

def write_few(*arguments):
    path = write(*arguments)
    content = yaml.safe_load(path.read_text())
    for source in content["sources"]:
        source["collections"] = {"include": ["groups", "tickets"]}
    path.write_text(yaml.safe_dump(content))
    return path

demo._write_project = write_few
app.main()
"""


@pytest.mark.long
def test_a_demo_fills_a_given_postgres_database_and_leaves_no_process_when_it_is_terminated(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    with database() as server, new_database(server) as url:
        monkeypatch.setenv("WAREHOUSE_URL", url)
        words = ("demo", "--tickets", "60", "--port", str(free_port()))
        process = start(tmp_path, *words, command=[sys.executable, "-c", OF_FEW_TABLES])
        wait_until(lambda: "It is up" in said(tmp_path), 600, "It is up", lambda: said(tmp_path))
        ours = started_by(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143, said(tmp_path)
        assert "Ended." in said(tmp_path)
        _gone, alive = psutil.wait_procs(ours, timeout=60)
        assert len(ours) > 2
        assert alive == []
        query = re.search(r"select [^\"]*", said(tmp_path))[0]
        with psycopg.connect(url) as connection:
            assert sum(count for _, count in connection.execute(query).fetchall()) > 50
    assert list(tmp_path.rglob("warehouse.duckdb")) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_simulated_account_ends_on_a_signal(tmp_path, number, code):
    process = start(tmp_path, "simulate", "--port", "0", "--tickets", "5")
    wait_until(lambda: "Ctrl-C ends it" in said(tmp_path), 60, "up", lambda: said(tmp_path))
    assert end(process, number) == code
