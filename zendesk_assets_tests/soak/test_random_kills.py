"""SIGKILL at any moment, again and again: each stream still ends as the account is.

The moments are the machine's own, so one may lie inside of a commit of DuckDB; `test_soak` is where
deaths can be repeated. Under a real daemon a few are in `integration/test_kills.py`.
"""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.zendesk import Limits
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.kinds import KINDS
from zendesk_assets_tests.soak import work
from zendesk_assets_tests.soak.processes import Forks, SharedClock
from zendesk_assets_tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.long]

NOW = datetime(2024, 6, 20, 12, tzinfo=UTC)
EVER = Window(EPOCH, NOW + timedelta(days=1))
KILLS, LOAD_KILLS = 8, 5
PAGES = 40
FORKS = Forks("zendesk_assets_tests.soak.work")


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    clock = SharedClock(tmp_path_factory.mktemp("clock") / "clock")
    clock.set(NOW)
    with Simulator(tickets=170, history_days=20, clock=clock) as account:
        for number in range(165):  # several a page: full seconds are tested elsewhere
            account.account.add_activity(1 + number, text=f"Note {number}")
            account.account.create_organization(f"Company {number}")
            account.account.create_group(f"Team {number}")
            account.account.rate_ticket(1 + number, "good")
            clock.advance(timedelta(seconds=7))
        for number in range(PAGES):
            account.account.create_field(f"Field {number}")
        clock.advance(timedelta(hours=2))  # nothing is so fresh that it is read again
        # So that a kill may meet a page on its way.
        account.faults.add("slow", path="/api/v2", times=None, seconds=0.01)
        yield account


def site_in(folder, account, name):
    key = "ticket_event_id" if name == "ticket_events" else "id"
    records = len({row[key] for row in account.expected(name)})
    folder.mkdir()
    return work.Site(
        folder, account.base_url, account.token, account.clock, timedelta(minutes=10),
        max(1, records // PAGES), Limits(10**6, 10**6),
    )  # fmt: skip


def kill_syncs(site, account, name):
    """Kill source syncs a page or so after their start; return how many pages were asked for."""
    account.requests.clear()
    for _ in range(KILLS):
        running = FORKS.start(work.sync_source, site, [name], EVER)
        pages = len(account.requests) + random.randint(0, 2)
        # A moment too late, and the sync is pages further on.
        reached = lambda pages=pages: len(account.requests) >= pages  # noqa: E731
        wait_until(reached, 60, f"{pages} pages", every=0.002)
        running.ends_within(random.uniform(0, 0.03))
        running.kill()
        assert running.result() is None
    return len(account.requests)


def kill_loads(site, tables, seconds):
    """Kill loads at any moment; those that come through are followed by a replay."""
    kills, replay = 0, False
    while kills < LOAD_KILLS:
        running = FORKS.start(work.sync_warehouse, site, tables, replay)
        running.ends_within(random.uniform(0, seconds))
        running.kill()
        through = running.result() is not None
        kills, replay = kills + (not through), replay or through


@pytest.mark.parametrize("name", [*KINDS, "ticket_metric_events"])
def test_a_sync_killed_again_and_again_asks_one_page_twice_for_each_kill(account, name, tmp_path):
    tables = [each.name for each in declared().collections_of(name)]
    calm, site = (site_in(tmp_path / each, account, name) for each in ("calm", "killed"))
    account.requests.clear()
    FORKS.start(work.sync_source, calm, [name], EVER).result()
    pages = len(account.requests)
    started = time.monotonic()
    assert FORKS.start(work.sync_warehouse, calm, tables).result() == []
    seconds = time.monotonic() - started

    assert pages > 30
    assert kill_syncs(site, account, name) < pages + KILLS
    assert FORKS.start(work.sync_source, site, [name], EVER).result() == "done"
    # Each restart reads the last second again, so what follows is cut into pages anew.
    cut_anew = -(-KILLS // site.page_size)
    assert len(account.requests) <= pages + KILLS + cut_anew
    kill_loads(site, tables, seconds)
    assert FORKS.start(work.sync_warehouse, site, tables).result() == []
    assert differences(site.database, work.SCHEMA, account, tables) == []
