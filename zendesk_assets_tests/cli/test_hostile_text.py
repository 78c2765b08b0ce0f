"""Text of others on the terminal: subjects, names and error bodies are shown and never obeyed."""

import json
import sys
from pathlib import Path

import duckdb
import pytest

from zendesk_assets.cli.terminal import Console
from zendesk_assets.plain_text import (
    escape_markdown,
    spell_out_controls,
    to_one_line,
    unescape_markdown,
)
from zendesk_assets_tests.cli.connecting import on_terminal

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
CLEAR = "\x1b[2J"
TITLE = "\x1b]0;owned\x07"
C1 = "\x9b31m"
TURNED = "\u202egnp.exe"
HOSTILE = f"{CLEAR}{TITLE}{C1}{TURNED} [red]x[/red] :bomb: <b>&"
OBEYED = ("\x1b", "\x07", "\x9b", "\u202e", "\ud83d")


def is_harmless(printed):
    return not any(each in printed for each in OBEYED)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nin lines", "plain\ttext\nin lines"),
        ("Grüße, 日本語, שלום, 👍", "Grüße, 日本語, שלום, 👍"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb\x00\x7f\x85", r"a\x0db\x00\x7f\x85"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("\ud83d half", r"\ud83d half"),
    ],
)
def test_only_what_a_terminal_obeys_is_spelled_out(text, shown):
    assert spell_out_controls(text) == shown


def test_a_text_of_many_lines_becomes_one():
    assert to_one_line(" one\n  two\r\n\x1bthree ") == r"one two \x1bthree"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](javascript:b)", r"\[a\]\(javascript:b\)"),
        ("<img src=x>\n&lt;", r"\<img src=x\> \&lt;"),
        ("`zendesk-assets rejects` lists a_b", r"`zendesk-assets rejects` lists a\_b"),
        ("``` <img>`", r"\`\`\` \<img\>\`"),
    ],
)
def test_markdown_shows_foreign_text_as_it_is_and_our_code_as_code(text, shown):
    assert escape_markdown(text) == shown
    assert unescape_markdown(shown) == to_one_line(text)


@pytest.mark.parametrize("text", [HOSTILE, "usage_7d", r"C:\_x\`a_b`", "`a` \\`\\` `b_c`", r"\\_"])
def test_a_terminal_shows_without_backslashes_what_the_ui_shows_as_markdown(text):
    assert unescape_markdown(escape_markdown(text)) == to_one_line(text)


def test_the_console_of_all_commands_shows_markup_emoji_and_controls_as_they_are(capsys):
    Console().print(HOSTILE, markup=False)
    printed = capsys.readouterr().out
    assert is_harmless(printed)
    assert "[red]x[/red] :bomb: <b>&" in printed.replace("\n", "")


@pytest.fixture
def ask(run, tmp_path):
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema z; create table z.t (subject text)")
        connection.execute("insert into z.t values (?)", [HOSTILE])
    return lambda *words: run("query", *words)


def test_a_query_shows_hostile_values_and_column_names_as_text(ask):
    short = ask("select subject from z.t")
    wide = ", ".join(f"1 as c{number}" for number in range(40))
    long = ask(f"""select {wide}, subject as "{CLEAR}" from z.t""")
    for outcome in (short, long):
        assert outcome.code == 0, outcome.output
        assert is_harmless(outcome.output)
        assert r"\x1b[2J" in outcome.output
    assert "[red]x[/red] :bomb: <b>&" in short.output.replace("\n", "")


def test_json_gives_the_value_back_and_nothing_that_a_terminal_obeys(ask):
    outcome = ask("select subject from z.t", "--json")
    assert json.loads(outcome.output) == [{"subject": HOSTILE}]
    assert not any(each in outcome.output for each in ("\x1b", "\x07", "\x9b"))


BODIES = [
    {"status": 403, "body": {"error": {"title": HOSTILE, "message": "no\nway"}}},
    {"status": 404, "body": HOSTILE},
    {"status": 422, "body": {"error": "InvalidValue", "description": HOSTILE}},
    {"status": 400, "body": {"errors": [{"code": HOSTILE, "title": HOSTILE}]}},
    {"status": 401, "body": {"error": HOSTILE}},
]


@pytest.mark.parametrize("fault", BODIES, ids=lambda fault: str(fault["status"]))
def test_error_bodies_of_zendesk_reach_the_terminal_as_one_line_of_text(
    run, account, write_sources, fault
):
    write_sources(account, collections={"include": ["groups"]})
    account.faults.add("status", path="/groups", times=None, **fault)
    checked = run("check")
    assert checked.code == 1
    assert is_harmless(checked.output), repr(checked.output)
    assert r"\x1b" in checked.output


def test_the_name_of_a_user_is_shown_as_text(run, account, write_sources, monkeypatch):
    write_sources(account, collections={"include": ["groups"]})
    body = {"user": {"id": 1, "name": f"{HOSTILE}[/]", "role": "admin"}}
    account.faults.add("status", path="/users/me", times=None, status=200, body=body)
    checked = run("check")
    assert checked.code == 0, checked.output
    assert is_harmless(checked.output), repr(checked.output)
    assert "[red]x[/red] :bomb: <b>&[/]" in checked.output.replace("\n", "")


@pytest.mark.slow(seconds=15)
def test_csv_on_a_terminal_has_nothing_that_it_obeys(tmp_path):
    query = [COMMAND, "query", "--csv", "select chr(27) || '[2J' as x, 'two' as chr"]
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    (tmp_path / "sources.yaml").write_text("warehouse: {type: duckdb}\nsources: []\n")
    code, shown = on_terminal(query, folder=tmp_path)
    assert code == 0, shown
    assert r"\x1b[2J,two" in shown
    assert "\x1b" not in shown
