"""A gateway's Date or this machine's clock is wrong for a while: nothing is lost, nothing fails."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import BatchId
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets_tests.hub.site import NOW, Site
from zendesk_assets_tests.hub.test_batches import manifest

EXPORTS = ("tickets", "ticket_events", "organizations")
SINCE = ("satisfaction_ratings", "activities")
WRONG = {
    "minutes ahead": timedelta(minutes=20),
    "hours ahead": timedelta(hours=3),
    "a day ahead": timedelta(days=1),
    "minutes behind": -timedelta(minutes=20),
    "hours behind": -timedelta(hours=3),
}
DATES = {
    **{
        name: lambda now, by=by: format_datetime(now + by, usegmt=True)
        for name, by in WRONG.items()
    },
    "missing": lambda _now: "",
    "not a date": lambda _now: "yesterday, I think",
    "the last year there is": lambda _now: "Fri, 31 Dec 9999 23:59:59 -1200",
}


class OffClock:
    """The account's clock as a machine shows it whose own is off by `off`."""

    def __init__(self, clock):
        self.clock, self.off = clock, timedelta()

    def now(self):
        return self.clock.now() + self.off

    def sleep(self, seconds):
        self.clock.sleep(seconds)


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=40, history_days=10, clock=clock) as account:
        site = Site(tmp_path, account, OffClock(clock))
        site.true_clock = clock
        yield site
        site.client.close()


def today(site):
    return site.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


def sync(site, stream):
    """Sync as a tick does: the day of this machine's clock, or a list whole."""
    if stream in SINCE:
        site.run(stream, EPOCH, days=30_000)
    else:
        site.run(stream, today(site) if stream != "organizations" else EPOCH, days=30_000)


def change(site):
    """Change something in every stream; return what is to be found of it."""
    account = site.account.account
    ticket = account.create_ticket("Later")
    return {
        "tickets": {ticket},
        "ticket_events": {each.id for each in account.ticket(ticket).events},
        "organizations": {account.create_organization("Later & Sons")},
        "satisfaction_ratings": {account.rate_ticket(ticket, "good")},
        "activities": {account.add_activity(ticket, text="Later")},
    }


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("stream", EXPORTS + SINCE)
def test_a_date_that_is_wrong_for_one_sync_costs_no_record_that_comes_later(site, stream, date):
    sync(site, stream)
    headers = {"Date": DATES[date](site.true_clock.now())}
    fault = site.account.faults.add("headers", headers=headers, times=None)
    sync(site, stream)
    assert fault.struck
    site.account.faults.clear()
    assert all(each.end <= site.true_clock.now() for each in site.hub.coverage(stream))

    late = change(site)[stream]
    for _ in range(3):
        site.true_clock.advance(timedelta(minutes=25))
        late |= change(site)[stream]
        site.true_clock.advance(timedelta(minutes=25))
        sync(site, stream)
    assert late <= set(site.landed(stream))


@pytest.mark.parametrize("off", WRONG)
@pytest.mark.parametrize("stream", EXPORTS)
def test_rows_shown_25_minutes_late_are_found_whatever_this_machines_clock_says(site, stream, off):
    site.clock.off = WRONG[off]
    sync(site, stream)
    account = site.account.account
    account.set_export_delay(25 * 60)
    late = change(site)[stream]
    for _ in range(3):
        site.true_clock.advance(timedelta(minutes=12))
        sync(site, stream)

    assert late <= set(site.landed(stream))


@pytest.mark.parametrize("off", WRONG)
@pytest.mark.parametrize("stream", EXPORTS + SINCE)
def test_a_clock_that_is_put_right_again_has_lost_nothing(site, stream, off):
    sync(site, stream)
    late = change(site)[stream]
    site.true_clock.advance(timedelta(minutes=30))
    site.clock.off = WRONG[off]
    sync(site, stream)
    late |= change(site)[stream]
    site.true_clock.advance(timedelta(minutes=30))
    site.clock.off = timedelta()
    late |= change(site)[stream]
    site.true_clock.advance(timedelta(minutes=30))
    sync(site, stream)

    assert late <= set(site.landed(stream))
    assert all(each.end <= site.true_clock.now() for each in site.hub.coverage(stream))


def test_a_day_that_has_begun_by_our_clock_only_is_no_error(site):
    site.true_clock.advance(timedelta(hours=10, minutes=30))  # 22:30
    site.clock.off = timedelta(hours=2)
    for stream in ("tickets", "ticket_events"):
        site.run(stream, today(site))
        assert {each.status for each in site.account.requests} <= {200, 400}


def test_what_an_earlier_batch_claims_of_the_future_is_read_all_the_same(site):
    # As a gateway with a clock that is ahead has made an earlier release write it.
    now = site.true_clock.now()
    claimed = Window(now - timedelta(hours=1), now + timedelta(days=1))
    names = {"batch_id": str(BatchId.new(now, claimed)), "schema": "s", "stream": "tickets"}
    site.hub.land(manifest(start=claimed.start, hours=25, parts=(), **names), [])
    late = change(site)["tickets"]
    site.true_clock.advance(timedelta(minutes=50))
    site.run("tickets", NOW.replace(hour=0), days=3)

    assert late <= set(site.landed("tickets"))
