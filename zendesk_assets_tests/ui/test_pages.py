"""The pages show what hub and warehouse have, ask Zendesk nothing, and say in words what fails."""

import html
import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import duckdb
import pytest
import requests
import yaml

from zendesk_assets.orchestration.running import SyncTimes
from zendesk_assets.ui import Serving, build_app
from zendesk_assets_tests.commands import run_in
from zendesk_assets_tests.waiting import wait_until

pytestmark = pytest.mark.slow(seconds=20)
HOME = "/zendesk_test"
PAGES = [
    "/",
    f"{HOME}/tables",
    f"{HOME}/coverage",
    f"{HOME}/tables/tickets",
    f"{HOME}/tables/ticket_tags",
    f"{HOME}/tables/analysis_tickets",
    f"{HOME}/tables/tickets/why?key=3",
    f"{HOME}/report",
    f"{HOME}/certificate",
    f"{HOME}/certificate.json",
]


def text_of(response):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def test_every_page_answers_without_a_request_to_zendesk_and_without_a_secret(served, synced):
    synced.account.requests.clear()
    for path in PAGES:
        found = served(path)
        assert found.status_code == 200, (path, found.text)
        assert synced.account.token not in found.text
        assert "default-src 'none'" in found.headers.get("content-security-policy", "") or (
            path.endswith(".json")
        )
    assert synced.account.requests == []


def test_the_first_page_says_when_the_next_sync_is_and_what_was_proved(served):
    text = text_of(served("/"))
    assert re.search(r"Next sync \d\d:00 UTC, in|Next sync \w{3} [\d-]+ \d\d:00 UTC, in", text)
    assert "No problems." in text
    assert "5 of 5" in text
    assert re.search(r"tables compared with Zendesk, the last on \w+day, [\d-]+", text)
    assert "requests" in text


def test_the_first_page_and_status_say_which_table_differs_from_zendesk(served, synced):
    found = synced.folder / "hub" / "zendesk_test" / "_compared" / "tickets.json"
    content = found.read_text()
    try:
        found.write_text(json.dumps({**json.loads(content), "compared": 30, "differing": 7}))
        told = "✗ tickets: 7 of 30 records differed from Zendesk on "
        text = text_of(served("/"))
        assert told in text
        assert "No problems." not in text
        assert told in " ".join(run_in(synced.folder, "status").output.split())
    finally:
        found.write_text(content)


def test_a_sync_that_is_at_work_is_said_in_place_of_the_next(synced, monkeypatch):
    monkeypatch.chdir(synced.folder)
    began = datetime(2026, 11, 29, 22, 30, tzinfo=UTC)
    app = build_app(lambda *_: (), syncs=lambda _schema: SyncTimes(began))
    with Serving(app, 0) as serving:
        text = text_of(requests.get(serving.url, timeout=60))
    assert "Next sync at work since 2026-11-29 22:30 UTC; the next: " in text


def test_what_was_written_in_zendesk_is_text_and_no_markup(served):
    for path in (f"{HOME}/tables/tickets", f"{HOME}/tables/tickets/why?key=3"):
        assert "<script>alert" not in served(path).text
        assert "alert(1)" in html.unescape(served(path).text)


def test_a_table_shows_rows_columns_and_where_ids_lead(served, synced):
    page = served(f"{HOME}/tables/tickets")
    assert len(re.findall(r"<tr>", page.text)) > len(synced.account.expected("tickets"))
    assert f'href="{HOME}/tables/organizations"' in page.text
    assert "http://127.0.0.1:3000/assets/zendesk_test/tickets" in page.text


def test_a_month_has_its_command_and_its_page_in_dagster(served):
    page = served(f"{HOME}/coverage")
    found = re.search(r'href="([^"]*stream=tickets&amp;month=[\d-]+)#month"', page.text)
    month = text_of(served(html.unescape(found[1])))
    assert "zendesk-assets sync --source zendesk_test --collection tickets --from" in month
    assert "This month in Dagster" in month


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/nothing", "There is no such page"),
        ("/elsewhere/tables", "There is no source called elsewhere"),
        (f"{HOME}/tables/nothing", "no table or view nothing"),
        (f"{HOME}/tables/tickets/why?key=x", "not a key of tickets"),
        (f"{HOME}/tables/tickets/why?key=999999", "has never received tickets 999999"),
        (f"{HOME}/tables/tickets%22%3Bdrop", "no table or view"),
    ],
)
def test_what_is_not_there_is_said_in_words(served, path, sentence):
    found = served(path)
    assert found.status_code >= 400
    assert sentence in text_of(found)
    assert "Traceback" not in found.text


def test_a_page_of_another_name_for_this_machine_is_refused(served):
    assert served("/", headers={"Host": "evil.example"}).status_code == 400
    port = served.url.rpartition(":")[2]
    assert served("/", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_nothing_can_be_written(served):
    answer = requests.post(f"{served.url}/", timeout=60)
    assert answer.status_code == 405


def test_a_file_that_a_load_holds_is_said_and_the_last_figures_stay(served, synced):
    before = text_of(served(f"{HOME}/tables"))
    assert "holds the DuckDB file" not in before
    with holding(synced.folder / "warehouse.duckdb"):
        held = wait_until(
            lambda: (found := served("/")) and "holds the DuckDB file" in found.text and found,
            30,
            "the figures of the last look are old enough to look again",
        )
        assert held.status_code == 200
        assert "5 of 5" in text_of(held)
        rows = served(f"{HOME}/tables/tickets")
        assert rows.status_code == 200
        assert "reload in a few seconds" in text_of(rows)


def test_the_copy_for_readers_is_read_while_the_file_is_held(served, synced):
    file, copy = synced.folder / "warehouse.duckdb", synced.folder / "copy.duckdb"
    shutil.copy(file, copy)
    sources = synced.folder / "sources.yaml"
    content = sources.read_text()
    try:
        settings = yaml.safe_load(content)
        settings["warehouse"]["published"] = "copy.duckdb"
        sources.write_text(yaml.safe_dump(settings))
        with holding(file):
            page = text_of(served(f"{HOME}/tables/groups"))
        assert "holds the DuckDB file" not in page
        assert "The newest" in page
    finally:
        sources.write_text(content)


def test_an_account_whose_figures_cannot_be_had_says_why_beside_the_others(served, synced):
    sources, other = synced.folder / "sources.yaml", synced.folder / "hub" / "zendesk_other"
    content = sources.read_text()
    try:
        settings = yaml.safe_load(content)
        settings["sources"].append(
            {**settings["sources"][0], "nickname": "Other", "schema": "zendesk_other"}
        )
        sources.write_text(yaml.safe_dump(settings))
        (other / "account.json").mkdir(parents=True)  # where a file belongs
        text = text_of(served("/"))
        assert "5 of 5" in text
        assert "The hub cannot use" in text
    finally:
        sources.write_text(content)
        shutil.rmtree(other, ignore_errors=True)


def test_a_wrong_sources_file_is_one_sentence(served, synced):
    sources = synced.folder / "sources.yaml"
    content = sources.read_text()
    try:
        sources.write_text("sources: 3")
        found = served("/")
        assert found.status_code == 503
        assert "sources.yaml" in text_of(found)
    finally:
        sources.write_text(content)


class holding:  # noqa: N801 # reads as a function
    """Another process that has a DuckDB file open to write."""

    def __init__(self, path):
        code = (
            "import duckdb, sys\n"
            "held = duckdb.connect(sys.argv[1])\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "held\n"

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._process.communicate()


def test_the_figures_are_those_of_the_tables(served, synced):
    with duckdb.connect(str(synced.folder / "warehouse.duckdb"), read_only=True) as database:
        (rows,) = database.execute("select count(*) from zendesk_test.groups").fetchone()
    assert f"Rows {rows} " in text_of(served(f"{HOME}/tables/groups"))
