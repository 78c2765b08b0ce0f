"""A sync on a real terminal: it is seen at work, also while Dagster keeps what a step prints."""

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from zendesk_assets.catalog import declared
from zendesk_assets.cli import terminal
from zendesk_assets.cli.estimate_report import cost_table
from zendesk_assets.cli.status_report import _table
from zendesk_assets.estimate import Assumptions, Count, estimate_costs
from zendesk_assets.status import CollectionStatus
from zendesk_assets.zendesk import Limits
from zendesk_assets_tests.cli.connecting import SPINNER, on_terminal

EXECUTABLE = str(Path(sys.executable).with_name("zendesk-assets"))


@pytest.mark.slow(seconds=15)
def test_a_sync_is_seen_at_work_and_leaves_a_table(write_sources, account, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    write_sources(account, collections={"include": ["groups"]})
    account.faults.add("slow", path="/groups", seconds=1.5)
    code, shown = on_terminal([EXECUTABLE, "sync"])

    assert code == 0, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(rf"[{SPINNER}] groups ", plain), plain  # while the step was at work
    stays = plain[plain.rindex("zendesk_test (Test)") :]
    groups = len(account.expected("groups"))
    assert re.search(rf"✓ groups +1 +{groups} ", stays)  # the hub: pages, records
    assert re.search(rf"✓ groups +{groups} +{groups} .*ok", stays)  # the table: rows, new, checks
    assert "Everything is up to date." in stays
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")  # the cursor is there again


@pytest.mark.long
@pytest.mark.slow(seconds=15)
def test_ctrl_c_ends_the_whole_sync_and_says_that_the_next_goes_on(
    write_sources, account, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    write_sources(account, collections={"include": ["groups", "tickets"]})
    account.faults.add("slow", path="/groups", seconds=5)
    # Typed on the terminal, so that every process in the foreground gets it.
    code, shown = on_terminal([EXECUTABLE, "sync"], typed=(" groups ", "\x03"))

    assert code == 130, shown
    assert "Stopped. What is in the hub or in a table stays" in shown
    assert "Traceback" not in shown
    assert not any("/incremental/" in each.path for each in account.requests)


@pytest.mark.parametrize("width", [100, 80, 60])
def test_status_fits_with_the_largest_numbers(width):
    number = 1_234_567_890
    row = CollectionStatus(
        source="zendesk_" + "x" * 40,
        collection="satisfaction_ratings",
        rows=number,
        covered_to=None,
        lag_minutes=9_999_999.0,
        last_landed=None,
        last_loaded=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        batches=number,
        batches_to_load=1_234_567,
        abandoned=0,
        quarantined=number,
        requests=12_345,
        requests_are_more=True,
        budget_used=1.0,
    )
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(_table([row] * 3, width))
    shown = console.export_text()
    assert max(map(len, shown.splitlines())) <= width
    assert shown.count("1,234,567,890") == 6  # rows and quarantined are never left out
    assert ("12,345+" in shown) == (width == 100)


def printed(text, *, on_terminal, width=40):
    console = terminal.Console(
        file=io.StringIO(), width=width, soft_wrap=True, force_terminal=on_terminal,
        color_system=None,
    )  # fmt: skip
    console.say(text)
    return console.file.getvalue().splitlines()


def test_a_sentence_is_broken_between_words_on_a_terminal_and_is_one_line_elsewhere():
    address = f"https://acme.zendesk.com/{'x' * 60}"
    text = f"  Open this address in any browser, please: {address} and then press Allow."
    lines = printed(text, on_terminal=True)
    assert " ".join(" ".join(lines).split()) == text.strip()
    assert lines[0].startswith("  Open")
    assert address in lines
    assert all(len(each) <= 40 for each in lines if each != address)
    assert printed(text, on_terminal=False) == [text]


def test_a_line_that_stays_has_its_time_and_one_on_a_terminal_does_not():
    console = terminal.Console(file=io.StringIO(), force_terminal=False)
    console.tell("Compared.")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Compared\.\n", console.file.getvalue())
    console = terminal.Console(file=io.StringIO(), force_terminal=True)
    console.tell("Compared.")
    assert console.file.getvalue() == "Compared.\n"


def test_costs_leave_out_columns_rather_than_break_names():
    found = estimate_costs(
        [declared().streams["tickets"], declared().streams["ticket_events"]],
        {"tickets": Count(1_000_000), "ticket_events": Count(1_000_000)},
        Assumptions(), Limits(), parts=1,
    )  # fmt: skip
    for width in (100, 60, 45):
        console = Console(width=width)
        with console.capture() as captured:
            console.print(cost_table(found, width))
        lines = captured.get().splitlines()
        assert len(lines) == 4
        assert max(map(len, lines)) <= width
        assert lines[2].startswith("ticket_events, attachments ")
        assert "…" not in captured.get()
