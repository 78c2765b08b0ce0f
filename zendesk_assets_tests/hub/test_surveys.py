"""Survey responses and surveys: read back 29 days, pages of 50, a refusal with legacy CSAT."""

from datetime import timedelta

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

RESPONSES = "survey_responses"


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=300, history_days=100, clock=clock) as account:
        clock.advance(timedelta(minutes=30))
        site = Whole(tmp_path, account, clock)
        yield site
        site.client.close()


def test_the_first_sync_brings_every_response_those_without_answers_too(site):
    requests = site.walk(RESPONSES)
    wanted = site.account.expected(RESPONSES)

    assert site.load(RESPONSES).wrong(RESPONSES) == []
    assert len(requests) == -(-len(wanted) // 50) > 1
    assert {len(row["answers"]) for row in wanted} == {0, 1, 2}
    assert all("filter[created_at_start]" not in request.query for request in requests)
    query = f"SELECT count(*) FROM s.{RESPONSES} WHERE responder_id IS NULL OR survey_id IS NULL"
    assert site.warehouse.query(query).rows == ((0,),)


def test_answers_that_come_or_change_within_28_days_are_seen_without_reading_all(site):
    account = site.account.account
    site.walk(RESPONSES)
    site.load(RESPONSES)
    late = account.create_ticket("Rated late")
    account.rate_ticket(late, "offered")
    first, second = timedelta(days=1), timedelta(days=26)
    for step, score in ((first, "good"), (second, "bad")):
        site.clock.advance(step)
        site.walk(RESPONSES)
        site.load(RESPONSES)
        account.rate_ticket(late, score, comment=f"It was {score}")
    site.clock.advance(timedelta(minutes=59))
    (request,) = site.walk(RESPONSES)

    assert site.load(RESPONSES).wrong(RESPONSES) == []
    since = int(request.query["filter[created_at_start]"]) / 1000
    before = site.clock.now().timestamp() - since
    assert (
        timedelta(days=29).total_seconds() <= before <= timedelta(days=29, hours=2).total_seconds()
    )


def test_it_is_not_read_again_within_the_hour(site):
    site.walk(RESPONSES)
    site.clock.advance(timedelta(minutes=29))

    assert site.walk(RESPONSES) == []


def test_a_version_of_a_survey_that_was_replaced_stays_and_is_marked(site):
    site.walk("surveys")
    site.load("surveys")
    (survey,) = site.account.expected("surveys")
    site.account.account.update_row("surveys", survey["id"], {"version": 2})
    site.clock.advance(timedelta(hours=1))
    site.walk("surveys")

    assert site.load("surveys").wrong("surveys") == []
    found = site.warehouse.query('SELECT "version", _deleted FROM s.surveys ORDER BY 1').rows
    assert found == ((1, True), (2, False))


@pytest.mark.parametrize("stream", [RESPONSES, "surveys"])
def test_an_account_with_legacy_csat_is_asked_once_a_day(site, stream):
    site.account.account.set_csat(ratings=True, surveys=False)
    for hours, requests in ((0, 1), (3, 0), (21, 1)):
        site.clock.advance(timedelta(hours=hours))
        site.account.requests.clear()
        with pytest.raises(UnavailableError) as refused:
            site.walk(stream)
        assert len(site.account.requests) == requests
        assert refused.value.missing == "plan"

    site.account.account.set_csat(ratings=False, surveys=True)
    site.clock.advance(timedelta(days=1))
    site.walk(stream)
    assert site.load(stream).wrong(stream) == []
