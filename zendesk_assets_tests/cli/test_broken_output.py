"""What a command shows may go nowhere: a sync goes on all the same, a query says so and fails."""

import io
import json
import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import typer
from rich.console import Console

from zendesk_assets.cli import output
from zendesk_assets.cli.progress import SyncDisplay
from zendesk_assets.cli.sync_screen import Screen

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
FULL = Path("/dev/full")
SECONDS = 90


@pytest.fixture
def folder(write_sources, account, tmp_path):
    write_sources(account, collections={"include": ["groups"]})
    return tmp_path


def environment(**more):
    return {**os.environ, "NO_COLOR": "1", **more}


def groups_in(folder):
    """Return how many groups the table has, by a command of its own."""
    asked = subprocess.run(
        [COMMAND, "query", "--json", "select count(*) as n from zendesk_test.groups"],
        cwd=folder, env=environment(), capture_output=True, check=True, timeout=SECONDS,
    )  # fmt: skip
    return json.loads(asked.stdout)[0]["n"]


def sync(folder, out, err, **variables):
    """Run a sync; return its exit code."""
    process = subprocess.Popen(
        [COMMAND, "sync"], cwd=folder, env=environment(**variables), stdout=out, stderr=err
    )
    return process.wait(SECONDS)


@pytest.mark.slow(seconds=30)
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full on this system")
def test_a_sync_goes_on_where_the_disk_under_its_log_is_full_and_says_so(folder, account):
    with FULL.open("wb") as full, (folder / "err").open("wb") as err:
        assert sync(folder, full, err) == 0
    said = (folder / "err").read_text()
    assert "Some output could not be written to standard output (No space left on device)." in said
    assert "Traceback" not in said
    assert groups_in(folder) == len(account.expected("groups"))


@pytest.mark.long
@pytest.mark.slow(seconds=30)
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full on this system")
def test_a_sync_that_fails_keeps_its_exit_code_where_nothing_can_be_written(folder, account):
    account.make_unavailable("groups", "role")
    with FULL.open("wb") as full:
        assert sync(folder, full, full) == 1


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_sync_goes_on_where_whoever_read_it_has_gone(folder, account):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert sync(folder, writer, writer) == 0
    finally:
        os.close(writer)
    assert groups_in(folder) == len(account.expected("groups"))


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_sync_goes_on_where_nobody_reads_its_terminal(folder, account):
    terminal, ours = pty.openpty()  # a frozen connection: what is written stays in the buffer
    os.write(ours, b"x" * 4_000)
    try:
        assert sync(folder, ours, ours, TERM="xterm") == 0
    finally:
        os.close(ours)
        os.close(terminal)
    assert groups_in(folder) == len(account.expected("groups"))


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_sync_goes_on_where_the_standard_streams_are_closed(folder, account):
    command = f"exec {COMMAND} sync <&- >&- 2>&-"
    ran = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment(), check=False, timeout=SECONDS
    )
    assert ran.returncode == 0
    assert groups_in(folder) == len(account.expected("groups"))


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_a_sync_is_shown_as_far_as_the_encoding_of_the_terminal_goes(folder):
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        assert sync(folder, out, err, **plain) == 0
    assert "Everything is up to date." in (folder / "out").read_text("ascii")
    assert "Traceback" not in (folder / "err").read_text()


def test_a_fault_in_the_display_itself_leaves_the_sync_running_and_is_said(
    run, write_sources, account, monkeypatch
):
    write_sources(account, collections={"include": ["groups"]})

    def broken(*_arguments, **_options):
        raise ZeroDivisionError("a bug")

    for name in ("_begin", "_end", "_print"):
        monkeypatch.setattr(SyncDisplay, name, broken)
    result = run("sync")
    assert result.code == 0, result.output
    assert "could not be shown (ZeroDivisionError: a bug)" in result.output
    assert run("query", "select count(*) from zendesk_test.groups").code == 0


def test_a_fault_in_the_picture_leaves_the_terminal_alone(monkeypatch):
    def broken(*_arguments):
        raise ZeroDivisionError("a bug")
        yield

    monkeypatch.setattr(Screen, "__rich_console__", broken)
    display = SyncDisplay([], Console(file=io.StringIO(), force_terminal=True))
    display._is_live = True
    with display:
        time.sleep(0.3)
    assert display.trouble == "ZeroDivisionError: a bug"


# Where output is the purpose.


@pytest.mark.parametrize("options", [[], ["--json"], ["--csv"]])
@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full on this system")
def test_a_query_that_cannot_be_written_says_so_in_one_sentence(folder, options):
    with FULL.open("wb") as full:
        ran = ask(folder, options, full)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: Standard output cannot be written (No space left on")
    assert ran.stderr.count("\n") == 1


@pytest.mark.long
@pytest.mark.parametrize("options", [[], ["--csv"]])
def test_a_query_whose_reader_has_gone_ends_without_a_word(folder, options):
    reader, writer = os.pipe()
    os.close(reader)
    ran = ask(folder, options, writer)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.long
def test_a_query_says_what_the_encoding_lacks_as_escapes_and_json_stays_json(folder):
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    shown = ask(folder, [], subprocess.PIPE, **plain)
    assert (shown.returncode, shown.stderr) == (0, "")
    found = ask(folder, ["--json"], subprocess.PIPE, **plain)
    assert json.loads(found.stdout)[0]["ü"] == "é✓"


def ask(folder, options, out, **variables):
    import duckdb  # noqa: PLC0415 # only here

    duckdb.connect(str(folder / "warehouse.duckdb")).close()
    statement = "select 'é✓' as \"ü\", i from range(5000) t(i)"
    return subprocess.run(
        [COMMAND, "query", "--limit", "0", *options, statement],
        cwd=folder, env=environment(**variables), stdout=out, stderr=subprocess.PIPE, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip


# The stream aside.


def test_an_outlet_takes_everything_at_once_and_says_what_went_wrong():
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        outlet = output.Outlet(stream)
        started = time.monotonic()
        for _ in range(output._MOST_WAITING * 2):
            outlet.write("x" * 100)
        assert time.monotonic() - started < 5
        assert outlet.end() == "its reader does not read"
        threading.Thread(target=drain, args=(reader,), daemon=True).start()
        outlet.write("the last word\n")
        assert outlet.end() == "its reader does not read"


def drain(reader):
    while os.read(reader, 65_536):
        pass


def test_what_libraries_say_while_a_sync_is_shown_is_shown_too(capfd):
    with output.checked_output(), output.unbroken_output():
        typer.echo("first", err=True)  # which tries bytes, to see what the stream takes
        typer.echo("second", err=True)
        sys.stderr.write("third\n")
    assert capfd.readouterr().err == "first\nsecond\nthird\n"
