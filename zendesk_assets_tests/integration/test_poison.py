"""Poison, from Zendesk's answer to the table: stored as it is, or set aside with a warning.

Generated: every kind of bad value for every collection that has a column for it, each in a record
of its own, all in one account; and records that are none, which are quarantined. Then what was set
aside is taken in, once by wider columns and a replay, once because Zendesk has put it right.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import duckdb
import pytest
import yaml

from zendesk_assets.catalog import declared
from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import Column, ColumnType
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.commands import run_command
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.kinds import USUAL

LONG = json.dumps("Lorem ipsum \U0001f600 " * 200_000)
HALF = '"half \\ud83d"'
HUGE = "123456789012345678901234567890"
POISONS = {
    ColumnType.INTEGER: [HUGE, "9223372036854775808", "1.5", '"many"', "true", "[1]", '{"a":1}'],
    ColumnType.TIMESTAMP: ['"2024-02-30T00:00:00Z"', '"soon"', "1700000000", '"0000-00-00"', "{}"],
    ColumnType.BOOLEAN: ['"perhaps"', "2", "[]"],
    ColumnType.NUMBER: ['"NaN"', "1e999", "true"],
    ColumnType.TEXT: ['"a\\u0000b"', HALF, "5", HUGE, "[1]", '{"a":[null]}', "1.50"],
    ColumnType.JSON: ["5", '"text"', "true", f'[{HUGE},1.50,"\\u0000"]', '{"deep":{"er":[[]]}}'],
}
NULL, UNKNOWN = "null", '{"since":"today","n":1}'
NO_RECORDS = ["5", "null", '"text"', "[1]", "true", '{"id":null}', '{"id":"x"}']
STREAMS = [
    stream
    for name, stream in declared().streams.items()
    if declared().collections_of(name)[0].name in USUAL
]
KINDS = {"ticket_events": "child_events"}
LISTS = {"ticket_metrics": None, "ticket_events": "child_events"}
OURS = {"id", "generated_timestamp", "updated_at", "timestamp", "created_at"}


@dataclass(frozen=True)
class Poison:
    """A raw value planted in one property of one record."""

    collection: str
    key: int
    column: Column | None
    name: str
    raw: str

    @property
    def is_long(self):
        return len(self.raw) > 10_000


def records_of(account, collection):
    """Return the records that can be poisoned, under their ids: comments, for events."""
    rows = account.expected(collection)
    if collection != "ticket_events":
        return {row["id"]: row for row in rows if not row.get("ticket_deleted")}
    one_each = {row["ticket_event_id"]: row["child"] for row in rows if "body" in row["child"]}
    return {child["id"]: child for child in one_each.values()}


def columns_of(collection, record, kind):
    """Return the plain columns of a type that a record has."""
    return [
        each
        for each in declared().collections[collection].columns
        if each.type is kind
        and each.source_path in record
        and not each.only_for
        and not each.compute
        and each.source_path not in OURS
        and (collection, each.name) != ("tickets", "status")
    ]


def poisons_for(account, collection):
    """Return every poison that a collection has a column for, each with a record of its own."""
    records = records_of(account, collection)
    sample = next(iter(records.values()))
    wanted = []
    for kind, values in POISONS.items():
        for column in columns_of(collection, sample, kind)[-1:]:
            raws = [*values, NULL, *([LONG] if kind is ColumnType.TEXT else [])]
            wanted += [(column, column.source_path, raw) for raw in raws]
    wanted.append((None, "never_seen_before", UNKNOWN))
    keys = sorted(records, reverse=True)
    assert len(keys) > len(wanted)
    return [
        Poison(collection, key, column, name, raw)
        for key, (column, name, raw) in zip(keys, wanted, strict=False)
    ]


def fill(desk):
    """Make enough of everything that each poison has a record of its own."""
    for number in range(45):
        file = {"file_name": f"{number}.pdf"}
        ticket = desk.create_ticket(f"Question {number}", "Hello", attachments=[file])
        desk.rate_ticket(ticket, "good", f"Comment {number}")
        desk.add_activity(ticket)
        desk.create_group(f"Group {number}")
        desk.create_field(f"Field {number}")
        desk.create_organization(f"Company {number}")


@dataclass
class Site:
    folder: object
    account: Simulator
    poisons: list
    run: object

    def rows(self, collection):
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(f"from {SCHEMA}.{collection}")
            names = [each[0] for each in found.description]
            return {row[names.index("id")]: dict(zip(names, row)) for row in found.fetchall()}  # noqa: B905

    def rejects(self):
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as connection:
            found = connection.execute(
                f"select collection, primary_key, reason, record, severity from {SCHEMA}._rejects"
            )
            return found.fetchall()

    def sync(self, *options):
        outcome = self.run("sync", *options)
        assert outcome.code == 0, outcome.output

    def differences(self):
        return differences(self.folder / "warehouse.duckdb", SCHEMA, self.account)


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    return partial(run_command, monkeypatch, capfd)


@pytest.fixture
def site(tmp_path, run):
    with Simulator(tickets=10, history_days=2) as account:
        fill(account.account)
        poisons = [each for name in USUAL for each in poisons_for(account, name)]
        for each in poisons:
            kind = KINDS.get(each.collection, each.collection)
            account.account.set_raw(kind, each.key, each.name, each.raw)
        for stream in STREAMS:
            path = stream.path.rsplit("/api/v2", 1)[-1]
            body = ",".join(NO_RECORDS)
            account.faults.add("insert", path=path, key=stream.records_key, body=body)
        account.clock.advance(timedelta(minutes=30))
        write_dagster_yaml(tmp_path)
        start = (datetime.now(UTC) - timedelta(days=3)).date()
        settings = source_settings(account, history_start=start)
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
        yield Site(tmp_path, account, poisons, run)


def stored(row, poison):
    """Return what a column holds, as JSON, or `_unknown` where the value did not fit."""
    unknown = json.loads(row["_unknown"] or "{}")
    if poison.column is None:
        return unknown
    if poison.name in unknown:
        assert row[poison.column.name] is None
        return unknown[poison.name]
    value = row[poison.column.name]
    if poison.column.type is ColumnType.JSON and value is not None:
        return json.loads(value)
    return value


def faithful(row, poison):
    """Return whether the value is what Zendesk sent: as text where a text was declared."""
    sent = json.loads(re.sub(r"\\u0000|\\ud83d(?!\\ud)", r"\\ufffd", poison.raw))
    if poison.column is None:
        return stored(row, poison) == {poison.name: sent}
    if poison.column.type is ColumnType.TEXT and sent is not None and not isinstance(sent, str):
        return json.loads(stored(row, poison)) == sent
    return stored(row, poison) == sent


def holds(record, key):
    """Return whether a record, or one inside it, has this id: those that are no JSON too."""
    return bool(re.search(rf'"id": ?{key}[,}}]', record))


def is_about(reject, poison):
    return reject[:2] == (poison.collection, str(poison.key))


@pytest.mark.long
@pytest.mark.slow
def test_every_poison_is_stored_as_it_is_or_set_aside_and_a_fix_takes_it_in(site, monkeypatch):
    site.sync()
    rejects, tables = site.rejects(), {name: site.rows(name) for name in USUAL}

    wrong, aside = [], []
    for each in site.poisons:
        row = tables[each.collection].get(each.key)
        if row is None:
            wrong.append(f"{each.collection} {each.name} {each.raw[:40]}: lost")
        elif not faithful(row, each):
            wrong.append(f"{each.collection} {each.name} {each.raw[:40]}: {stored(row, each)!r}")
        told = [reject for reject in rejects if is_about(reject, each)]
        aside += [each] * bool(told)
        if any(reject[4] != "warning" for reject in told):
            wrong.append(f"{each.collection} {each.name} {each.raw[:40]}: quarantined")
    assert wrong == []
    assert len(site.poisons) > 150
    assert len(aside) > 50
    for each in site.poisons:
        untyped = each.column is None or each.column.type in {ColumnType.TEXT, ColumnType.JSON}
        taken = each.raw == NULL or untyped
        assert (each in aside) != taken, (each.collection, each.name, each.raw[:40])
    poisoned = {f"{each.collection} {each.key}" for each in site.poisons}
    assert [line for line in unexplained(site, rejects) if subject(line) not in poisoned] == []

    shown = json.loads(site.run("rejects", "--json", "--limit", "1000").output)
    assert len(shown) == len(rejects)
    assert all(each["reason"] for each in shown)
    for name in USUAL:
        assert any(each["collection"] == name for each in shown)
    assert sum(key is None for _, key, *_ in rejects) >= len(STREAMS) * 5  # those that are none

    taken_in_by_wider_columns(site, aside, monkeypatch)
    taken_in_when_zendesk_puts_it_right(site)


def subject(difference):
    return difference.split(":")[0].split(".")[0]


def unexplained(site, rejects):
    """Return differences between tables and account that no quarantined record explains."""
    overrides, found = site.account.account.overrides, []
    site.account.account.overrides = {}  # what the account has, but for the poison
    lines = site.differences()
    site.account.account.overrides = overrides
    for line in lines:
        collection, key = line.split(":")[0].split(".")[0].split(" ")
        told = (record for name, _, _, record, _ in rejects if name == collection)
        if not (line.endswith(": missing") and any(holds(record, key) for record in told)):
            found.append(line)
    return found


def taken_in_by_wider_columns(site, aside, monkeypatch):
    """Declare as text what did not fit, and replay: no request, and the values are there."""
    for name in {each.collection for each in aside}:
        bad = {p.column for p in aside if p.collection == name}
        columns = [
            replace(c, name=f"{c.name}_text", path=c.source_path, type=ColumnType.TEXT)
            if c in bad
            else c
            for c in declared().collections[name].columns
        ]
        monkeypatch.setitem(
            declared().collections,
            name,
            replace(declared().collections[name], columns=tuple(columns)),
        )
    site.account.requests.clear()
    site.sync("--warehouse-only", "--replay")
    assert site.account.requests == []
    tables = {name: site.rows(name) for name in USUAL}
    for each in aside:
        row = tables[each.collection].get(each.key)
        assert row["_unknown"] is None
        value, sent = row[f"{each.column.name}_text"], json.loads(each.raw)
        assert value == sent or json.loads(value) == sent
    assert {key for _, key, *_ in site.rejects()} <= {None, "x"}


def taken_in_when_zendesk_puts_it_right(site):
    """Let the account send what is right again: everything is as it has it, nothing is listed."""
    desk = site.account.account
    for each in site.poisons:
        desk.clear_raw(KINDS.get(each.collection, each.collection), each.key)
    for ticket in list(desk.tickets):
        desk.touch_ticket(ticket)
    for organization in list(desk.organizations):
        desk.update_organization(organization, details="put right")
    site.account.clock.advance(timedelta(minutes=30))
    site.sync()
    days = [(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in (-3, 2)]
    site.sync("--refetch", "--from", days[0], "--to", days[1])
    assert site.differences() == []
    assert {key for _, key, *_ in site.rejects()} <= {None, "x"}
