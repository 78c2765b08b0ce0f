"""What the documents state beside commands: figures of a table, an output, a file that alerts."""

import importlib.util
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

import dagster as dg
import pytest
from requests import request

from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.docs.conftest import DocumentedProject
from zendesk_assets_tests.docs.markdown import ROOT, blocks_of
from zendesk_assets_tests.docs.shell import shown_commands

LIMITS = (ROOT / "docs" / "limits.md").read_text()


@pytest.fixture
def nowhere(tmp_path):
    """Return a folder without a sources file."""
    return DocumentedProject(tmp_path, None)


def shown(nowhere, tickets, *options):
    """Return what `estimate` says of so many tickets altogether, cell by cell."""
    _, output = nowhere.run("estimate", "--tickets", tickets, *options)
    line = next(line for line in output.splitlines() if line.startswith("together"))
    return re.split(r" {2,}", line.strip())[1:]


def test_the_table_of_limits_is_what_estimate_says(nowhere):
    rows = re.findall(r"^\| ([\d,]+) \| (.+) \|$", LIMITS, re.MULTILINE)
    rows = [(tickets.replace(",", ""), cells.split(" | ")) for tickets, cells in rows]
    rows = [(tickets, cells) for tickets, cells in rows if len(cells) == 6]
    assert len(rows) == 4
    for tickets, (requests, minutes, fast, hub, duckdb, postgres) in rows:
        assert shown(nowhere, tickets) == [requests, minutes, hub, duckdb]
        other = ("--exports-per-minute", "30", "--warehouse-bytes", "5300")
        assert shown(nowhere, tickets, *other) == [requests, fast, hub, postgres]


def test_the_output_of_estimate_is_as_shown(nowhere):
    _, output = nowhere.run("estimate", "--tickets", "1000000")
    said = next(block.text for block in blocks_of("text") if "1,000,000 tickets" in block.text)
    assert output.startswith(said)


def test_requests_to_the_simulator_do_what_is_shown():
    shown = [each.words[1:] for each in shown_commands() if each.program == "curl"]
    assert shown
    with Simulator(tickets=20, history_days=2) as account:
        for url, *data in shown:
            assert data[:1] in ([], ["-d"])
            place = account.base_url + urlsplit(url).path
            answer = request("POST" if data else "GET", place, data="".join(data[1:]), timeout=5)
            assert answer.status_code == 200, (url, answer.text)
        (changed,) = (each for each in answer.json()["rows"] if each["id"] == 7)
        assert changed["status"] == "solved"
        assert [each.status for each in account.faults.rules] == [503]


@pytest.fixture
def messages(monkeypatch):
    """Return what is posted to ALERT_URL."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            posted.append(json.loads(self.rfile.read(length))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ALERT_URL", f"http://127.0.0.1:{server.server_port}")
    yield posted
    server.shutdown()
    server.server_close()


@pytest.fixture
def alerts(tmp_path):
    """Return the file of operations.md, loaded as Dagster loads it."""
    (block,) = (block for block in blocks_of("python") if "alerts.py" in block.text)
    path = tmp_path / "alerts.py"
    path.write_text(block.text)
    spec = importlib.util.spec_from_file_location("documented_alerts", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["documented_alerts"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["documented_alerts"]


def test_what_is_red_is_told(alerts, messages):
    table = dg.AssetKey(["zendesk_prod", "tickets"])

    @dg.asset_check(asset=table)
    def keys_are_unique():
        return dg.AssetCheckResult(passed=False, description="Two rows have the key 7.")

    @dg.asset_check(asset=table)
    def all_is_well():
        return dg.AssetCheckResult(passed=True)

    @dg.op
    def refused():
        raise dg.Failure("Zendesk refuses")

    @dg.job
    def sync_job():
        refused()

    checks = dg.define_asset_job("checks", dg.AssetSelection.all_asset_checks())
    defs = dg.Definitions(asset_checks=[keys_are_unique, all_is_well], jobs=[checks])
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("checks").execute_in_process(instance=instance)
        alerts.failed_checks(ended("failed_checks", done.get_run_success_event(), instance, done))
        failed = sync_job.execute_in_process(instance=instance, raise_on_error=False)
        event = failed.get_run_failure_event()
        alerts.failed_runs(ended("failed_runs", event, instance, failed).for_run_failure())

    assert messages[0] == "keys_are_unique of zendesk_prod/tickets: Two rows have the key 7."
    assert messages[1].startswith("sync_job failed: ")
    assert len(messages) == 2


def ended(sensor, event, instance, result):
    return dg.build_run_status_sensor_context(sensor, event, instance, result.dagster_run)


def test_the_picture_of_the_architecture_is_current():
    path = ROOT / "docs" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert path.with_suffix(".svg").read_text() == module.draw(), "run `make docs`"
