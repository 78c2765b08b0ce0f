"""A life of an account: what its tables held at each moment, as histories and `--as-of` tell it."""

import random
import shutil
import tempfile
from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import HubError, WarehouseError
from zendesk_assets.history import AsOf, fill_history, query_as_of
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.settings.sources import Source
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests import comparison
from zendesk_assets_tests.account import source_settings
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole
from zendesk_assets_tests.postgres import database
from zendesk_assets_tests.soak.changes import Changes
from zendesk_assets_tests.warehouse.engines import PostgresEngine

pytestmark = pytest.mark.slow(seconds=20)  # in one piece, for the account that they share
NAMES = ("tickets", "sla_policies", "schedule_holidays", "triggers")
LISTS = NAMES[1:]
ROUNDS = 4


class Life:
    """An account that changes from day to day, its hub, and what its rows were after each sync."""

    def __init__(self, folder, account, clock):
        self.site, self.account, self.clock = Whole(folder, account, clock), account, clock
        self.draw = random.Random(20261001)
        self.changes = Changes(account.account, self.draw)
        self.moments, self.expected = [], []

    def pass_a_day(self):
        for _ in range(8):
            self.draw.choice([self.change_tickets, self.change_a_list])()
            self.clock.advance(timedelta(minutes=self.draw.randint(1, 90)))
        self.clock.advance(timedelta(days=1))
        for name in NAMES:
            self.site.walk(name)
            self.site.load(name)
            fill_history(self.site.hub, self.site.warehouse, declared().collections[name])
        self.clock.advance(timedelta(seconds=1))
        self.moments.append(self.clock.now())
        self.expected.append({name: self.rows(name) for name in NAMES})
        self.clock.advance(timedelta(minutes=1))

    def change_tickets(self):
        changes = self.changes
        self.draw.choice(
            [
                changes.create_ticket,
                changes.update_ticket,
                changes.update_ticket,
                changes.delete_ticket,
                changes.restore_ticket,
                changes.scrub_ticket,
            ]
        )()

    def change_a_list(self):
        name, desk = self.draw.choice(LISTS), self.account.account
        title = "name" if name == "schedule_holidays" else "title"
        rows = desk.list_rows(name)
        kind = self.draw.random()
        if kind < 0.3 and name != "schedule_holidays":  # one of those needs a schedule
            desk.create_row(name, {title: f"New {self.draw.randint(1, 999)}"})
        elif kind < 0.5 and len(rows) > 2:
            desk.delete_row(name, self.draw.choice(list(rows)))
        elif rows:
            new = self.draw.choice(["One", "Two", "Three"])
            desk.update_row(name, self.draw.choice(list(rows)), {title: new})

    def rows(self, name):
        collection = declared().collections[name]
        rows = comparison.expected_rows(collection, self.account)
        return {row["id"]: _content(collection, row) for row in rows}


def _content(collection, row):
    """Return what is compared: what the source says, and whether the row is deleted."""
    columns = [each.name for each in collection.columns if not each.moves]
    return {name: row[name] for name in (*columns, "_deleted")}


def found(name, result):
    """Return the rows of a query by id, as they are expected; without what a list has lost."""
    collection = declared().collections[name]
    rows = [dict(zip(result.columns, values, strict=True)) for values in result.rows]
    by_id = {row["id"]: _content(collection, comparison._readable(collection, row)) for row in rows}
    assert len(by_id) == len(rows)
    return {key: row for key, row in by_id.items() if not (collection.vanishes and row["_deleted"])}


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    clock, folder = ManualClock(NOW), tmp_path_factory.mktemp("life")
    with Simulator(tickets=12, history_days=5, clock=clock) as account:
        life = Life(folder, account, clock)
        for _ in range(ROUNDS):
            life.pass_a_day()
        yield life
        life.site.client.close()


@pytest.fixture(scope="module")
def as_of(life):
    """Return a function that asks what was there at a moment."""
    source = Source.model_validate(source_settings(life.account, schema="s"))
    said = []

    def ask(moment, statement, hub=None):
        hubs = {"s": hub or life.site.hub}
        return query_as_of(
            AsOf(moment, [source], hubs, life.site.warehouse, said.append), statement
        )

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_as_of_a_moment_a_table_is_as_it_was_then(life, as_of, name):
    for moment, expected in zip(life.moments, life.expected, strict=True):
        assert found(name, as_of(moment, f"select * from s.{name}")) == expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_states_that_were_valid_at_a_moment_are_the_table_then(life, name):
    assert life.site.wrong(name) == []
    for moment, expected in zip(life.moments, life.expected, strict=True):
        result = life.site.warehouse.query(
            f"select * from s.{name}_history where valid_from <= '{moment}' "
            f"and coalesce(valid_to > '{moment}', true)"
        )
        assert found(name, result) == expected[name], moment


@pytest.mark.long
def test_a_history_that_is_switched_on_later_has_the_whole_past_on_any_engine(life):
    with database() as server, PostgresEngine.on(server, life.clock) as engine:
        warehouse = engine.warehouse()
        for name in NAMES:
            collection = declared().collections[name]
            states = fill_history(life.site.hub, warehouse, collection)
            columns = "id, valid_from, valid_to, _deleted, received_at, _batch_id, _place, _digest"
            query = f"select {columns} from s.{name}_history order by id, valid_from, received_at"
            there = life.site.warehouse.query(query).rows
            assert [tuple(row.values()) for row in engine.query(query)] == [*there]
            assert len(there) >= states > len(life.expected[-1][name])


def test_as_of_answers_with_views_and_histories_too(life, as_of):
    moment = life.moments[2]
    (rows,) = as_of(moment, "select count(distinct ticket_id) from s.ticket_tags").rows
    assert rows[0] > 0
    (rows,) = as_of(
        moment,
        "with t as (from s.sla_policies) select count(*) from s.sla_policies_history as h "
        "join t using (id) where h.valid_to is null and h._deleted is distinct from t._deleted",
    ).rows
    assert rows == (0,)


def test_as_of_finds_a_table_named_without_its_schema(life, as_of):
    moment = life.moments[1]
    for name in ("tickets", "sla_policies_history", "analysis_tickets"):
        (here,), (there,) = (
            as_of(moment, f"select count(*) from {each}").rows for each in (name, f"s.{name}")
        )
        assert here == there > (0,)


def test_as_of_says_what_it_cannot_tell(life, as_of):
    before = NOW - timedelta(days=9)
    with pytest.raises(
        HubError, match=r"Nothing of s\.tickets had been received before 2024-06-11"
    ):
        as_of(before, "select 1 from s.tickets")
    now = life.clock.now()
    for statement, words in {
        "select * from s.tickest": r"for another day \(did you mean tickets",
        "select * from s._loads": "without --as-of",
        "select * from main.tickets": "names nothing that the hub tells",
        "with mine as (select 1) select * from mine": "names nothing that the hub tells",
        "delete from s.tickets": "begins with SELECT",
        "selec * from s.tickets": "The query was refused",
        "select nothing from s.tickets": "The query was refused",
    }.items():
        with pytest.raises(WarehouseError, match=words):
            as_of(now, statement)


def test_as_of_does_not_guess_what_was_pruned(life, as_of, tmp_path):
    moment, hub = life.moments[0], SourceHub(Storage(str(tmp_path / "hub")), "s")
    shutil.copytree(life.site.database.parent / "hub", tmp_path / "hub")
    for batch in hub.batches("tickets")[:1]:
        hub.prune(batch, life.clock.now())
    with pytest.raises(HubError, match="was pruned: what tickets held on 2024"):
        as_of(moment, "select count(*) from s.tickets", hub)
    assert found("triggers", as_of(moment, "from s.triggers", hub)) == life.expected[0]["triggers"]


def test_as_of_works_in_a_private_file_and_removes_what_a_killed_one_left(
    life, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "zendesk-assets-as-of-left"
    left.mkdir()
    for name in (".zendesk-assets.lock", "as_of.duckdb"):
        (left / name).touch()
    seen = []

    def look(_line):
        files = tmp_path.glob("zendesk-assets-as-of-*/as_of.duckdb")
        seen.append([each.stat().st_mode & 0o777 for each in files])

    source = Source.model_validate(source_settings(life.account, schema="s"))
    asked = AsOf(life.moments[2], [source], {"s": life.site.hub}, life.site.warehouse, look)
    query_as_of(asked, "select 1 from s.sla_policies")
    assert seen == [[0o600]]
    assert not list(tmp_path.glob("zendesk-assets-as-of-*"))
