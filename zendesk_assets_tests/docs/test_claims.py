"""What the documents state beside commands: figures of a table, an output, a picture."""

import importlib.util
import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

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


def test_the_picture_of_the_architecture_is_current():
    path = ROOT / "docs" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert path.with_suffix(".svg").read_text() == module.draw(), "run `make docs`"
    narrow = path.with_name("architecture-narrow.svg").read_text()
    assert narrow == module.draw_narrow(), "run `make docs`"
    for picture in (narrow, module.draw()):
        assert "var(" not in picture
        texts = [each.attrib for each in ET.fromstring(picture).iter() if each.tag.endswith("text")]
        assert texts
        assert all(re.fullmatch("#[0-9a-f]{6}", each["fill"]) for each in texts)
