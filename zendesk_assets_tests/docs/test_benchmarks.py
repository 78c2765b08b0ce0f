"""The comparison with other tools counts what they delivered rightly, and says all of it."""

import importlib
import json

import duckdb
import pytest

from zendesk_assets_tests.docs.markdown import ROOT

TICKET = {"id": 7, "updated_at": "2026-01-02T00:00:00Z"}


@pytest.fixture
def part(monkeypatch):
    """Return what imports a module of the comparison."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return lambda name: importlib.import_module(f"comparison.{name}")


def singer(record, stream="tickets"):
    return {"type": "RECORD", "stream": stream, "record": record}


def airbyte(record, stream="tickets"):
    return {"type": "RECORD", "record": {"stream": stream, "data": record, "emitted_at": 1}}


def written(path, *messages):
    path.write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    return path


@pytest.mark.parametrize("message", [singer, airbyte])
def test_records_count_by_key_and_state_and_a_cut_line_does_not(part, tmp_path, message):
    newer = TICKET | {"updated_at": "2026-01-03T00:00:00.000000Z"}
    path = written(
        tmp_path / "output", message(TICKET), message(TICKET), message(newer),
        message({"name": "vip", "count": 2}, "tags"), message({"id": 1}, "macros"),
    )  # fmt: skip
    with path.open("a") as output:
        output.write(json.dumps(message({"id": 8}))[:-3])

    found = part("deliveries").deliver_messages([path])

    assert {name: list(rows) for name, rows in found.newest.items()} == {
        "tickets": [7], "tags": ["vip"],
    }  # fmt: skip
    assert found.newest["tickets"][7] == part("streams").seconds_of(newer["updated_at"])
    assert found.repeated == 1


def test_the_last_states_are_handed_back(part, tmp_path):
    def state(name, value):
        stream = {"stream_descriptor": {"name": name}, "stream_state": {"at": value}}
        return {"type": "STATE", "state": {"type": "STREAM", "stream": stream}}

    deliveries = part("deliveries")
    path = written(tmp_path / "a", state("users", 1), state("tags", 1), state("users", 2))
    found = {
        each["stream"]["stream_descriptor"]["name"]: each["stream"]["stream_state"]["at"]
        for each in deliveries.airbyte_states([path])
    }
    assert found == {"users": 2, "tags": 1}

    first = written(tmp_path / "b", {"type": "STATE", "value": {"at": 1}})
    second = written(tmp_path / "c", singer(TICKET))
    assert deliveries.singer_state([first, second]) == {"at": 1}


def test_what_was_loaded_into_tables_counts_by_key_and_state(part, tmp_path):
    contestants, streams = part("contestants"), part("streams")
    loaded = object.__new__(contestants.AirbyteIntoDuckDB)
    loaded.database = tmp_path / "airbyte.duckdb"
    assert loaded.landed().newest == {}
    with duckdb.connect(str(loaded.database)) as connection:
        connection.execute("CREATE SCHEMA zendesk")
        for name in streams.STREAMS:
            columns = "id BIGINT, name VARCHAR, updated_at TIMESTAMP"
            connection.execute(f"CREATE TABLE zendesk.{name} ({columns})")
        connection.execute("INSERT INTO zendesk.tickets VALUES (7, NULL, '2026-01-02')")
        connection.execute("INSERT INTO zendesk.groups VALUES (1, 'a', NULL), (1, 'b', NULL)")
        connection.execute("INSERT INTO zendesk.tags VALUES (NULL, 'vip', NULL)")

    landed = loaded.landed()

    assert landed.repeated == 1
    found = landed.newest
    assert found["tickets"] == {7: streams.seconds_of(TICKET["updated_at"])}
    assert found["tags"] == {"vip": 0.0}
    assert {name for name, rows in found.items() if rows} == {"tickets", "tags", "groups"}


def test_rows_are_missing_by_cause_or_outdated(part):
    truth, deliveries = part("truth"), part("deliveries").Deliveries()
    deliveries.newest = {"tickets": {1: 10.0, 2: 10.0}}
    wanted = {1: truth.Wanted(10.0), 2: truth.Wanted(11.0), 3: truth.Wanted(9.0, "ai")}

    found = truth.compare({"tickets": wanted, "tags": {"vip": truth.Wanted(0.0)}}, deliveries)

    assert (found.wanted, found.missing, found.outdated) == (4, 2, 1)
    assert found.causes == {"tickets": {"ai": 1}, "tags": {"": 1}}


def test_the_document_has_every_figure(part):
    figures = part_of_a_run(part("document").machine())

    text = part("document").render(figures)

    for shown in (
        "1,234",
        "56.7",
        "| 8 |",
        "2.5 times",
        "killed after 9",
        "5 `ticket_metrics` (archived 5)",
        "takes 23 of our requests",
        "| 0 | 8 | 66 |",
    ):
        assert shown in text
    headings = [line for line in text.splitlines() if line.startswith("#")]
    on_disk = (ROOT / "docs/benchmarks.md").read_text().splitlines()
    assert [line for line in on_disk if line.startswith("#")][:4] == headings[:4]


def part_of_a_run(machine):
    def row(name, requests, **more):
        usage = {"seconds": 56.7, "cpu": 4.0, "peak_mb": 100.0, "code": 0, "stopped": ""}
        rows = {"missing": 0, "outdated": 8, "repeated": 0, "causes": {}}
        asked = {"requests": requests, "exports": 1, "load": 0.5}
        return {"name": name, **usage, **rows, **asked, **more}

    first = [
        row("zendesk-assets", 100),
        row("zendesk-assets, hub only", 77),
        row("Airbyte", 250, causes={"ticket_metrics": {"archived": 5}}),
        row("Airbyte into DuckDB", 250, repeated=66),
    ]
    stopped = [row("zendesk-assets", 1_234, code=-9, stopped="killed after 9")]
    tool = {"package": "airbyte", "version": "1", "python": "3"}
    return {
        "date": "2026-01-01", "command": "python", "minutes": 1.0, "machine": machine,
        "tickets": 1, "changed": 2, "flood": 3, "own_version": "1", "patience": 60,
        "tools": {"Airbyte": tool},
        "absent": {"tap-zendesk": "pip could not install tap-zendesk."},
        "counts": dict.fromkeys(("tickets", "events", "users", "organizations", "ratings"), 1),
        "first": first, "next": first, "floods": {"overflow": first, "truncate": stopped},
        "killed": [row("zendesk-assets", 60, before=50, whole=110)],
    }  # fmt: skip
