"""Series, such as the statistics of Talk: each reading is kept, from HTTP to the table."""

from datetime import datetime, timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

SERIES = [name for name, each in declared().collections.items() if each.is_series]
ACTIVITY = "agents_activity"


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        site = Whole(tmp_path, account, clock)
        yield site
        site.client.close()


def read(site, name):
    """Read once; return the moment."""
    assert len(site.walk(name)) == 1
    site.load(name)
    return site.clock.now()


def go_to(site, time):
    site.clock.advance(datetime.fromisoformat(f"{time}:00+00:00") - site.clock.now())


def call(site, count=8):
    """Let customers call, and agents take the calls."""
    for _ in range(count):
        site.account.account.create_ticket("Please call me", via="voice")


def rows_of(warehouse, name):
    return warehouse.query(f"SELECT * EXCLUDE (loaded_at) FROM s.{name} ORDER BY ALL").rows


@pytest.mark.parametrize("name", SERIES)
def test_every_reading_is_in_the_table_as_it_was_sent(site, name):
    moments = []
    for _ in range(3):
        call(site)
        site.clock.advance(timedelta(hours=3))
        moments.append(read(site, name))

    assert site.wrong(name) == []
    query = f"SELECT received_at, count(*) FROM s.{name} WHERE NOT _deleted GROUP BY 1 ORDER BY 1"
    found = site.warehouse.query(query).rows
    assert [moment for moment, _ in found] == moments
    assert {count for _, count in found} == {len(site.account.expected(name)) // 3}


def test_figures_of_agents_grow_over_the_day_and_begin_again_at_midnight(site):
    for time in ("20T13:00", "20T18:00", "20T23:30", "21T00:30"):
        call(site)
        go_to(site, f"2024-06-{time}")
        read(site, ACTIVITY)
    query = f"""
        SELECT sum(online_time), sum(calls_accepted), sum(total_talk_time), sum(calls_missed)
        FROM s.{ACTIVITY} GROUP BY received_at ORDER BY received_at
    """
    first, second, evening, night = site.warehouse.query(query).rows

    assert all(0 < a < b <= c for a, b, c in zip(first, second, evening, strict=True))
    assert all(a < b for a, b in zip(night, evening, strict=True))
    assert night[0] == 0


@pytest.mark.parametrize("name", SERIES)
def test_a_replay_of_the_hub_gives_the_same_rows(site, name, tmp_path):
    for _ in range(2):
        site.clock.advance(timedelta(hours=1))
        read(site, name)
    before = rows_of(site.warehouse, name)
    collection = declared().collections[name]
    files = [site.hub.files(batch) for batch in site.hub.batches(name)]
    fresh = open_duckdb(tmp_path / "fresh.duckdb")
    for batches in (files, files[::-1], files):
        fresh.load("s", collection, batches)

    assert len(before) == len(site.account.expected(name))
    assert rows_of(fresh, name) == before


def test_an_agent_who_has_left_keeps_the_readings_of_before(site):
    first = read(site, ACTIVITY)
    gone = site.account.expected(ACTIVITY)[-1]["agent_id"]
    site.account.account.delete_user(gone)
    site.clock.advance(timedelta(hours=1))
    read(site, ACTIVITY)

    assert site.wrong(ACTIVITY) == []
    query = f"SELECT received_at, _deleted FROM s.{ACTIVITY} WHERE agent_id = {gone}"
    assert site.warehouse.query(query).rows == ((first, False),)


def test_within_the_hour_nothing_is_asked_and_refetch_adds_a_reading(site):
    read(site, ACTIVITY)
    site.clock.advance(timedelta(minutes=59))
    assert site.walk(ACTIVITY) == []
    assert len(site.walk(ACTIVITY, refetch=True)) == 1
    site.load(ACTIVITY)

    assert site.wrong(ACTIVITY) == []
    query = f"SELECT count(DISTINCT received_at) FROM s.{ACTIVITY}"
    assert site.warehouse.query(query).rows == ((2,),)


@pytest.mark.parametrize("kind", ["truncate", "bad_json", "html"])
@pytest.mark.parametrize("name", [ACTIVITY, "account_overview"])
def test_a_broken_answer_is_asked_for_again_and_leaves_no_reading(site, name, kind):
    site.account.faults.add(kind, path=declared().streams[name].path, times=1)
    assert len(site.walk(name)) == 2
    site.load(name)

    query = f"SELECT count(DISTINCT received_at) FROM s.{name}"
    assert site.warehouse.query(query).rows == ((1,),)
