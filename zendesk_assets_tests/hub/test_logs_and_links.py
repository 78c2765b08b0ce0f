"""The access log, invocations of webhooks and Jira links: from HTTP to the table of the account."""

from datetime import timedelta

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk import FileBudgets
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

LOGS, INVOCATIONS, LINKS = "access_logs", "webhook_invocations", "jira_links"
DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(
        tickets=60, history_days=20, clock=clock, rate_limits=RateLimits(account=100_000)
    ) as account:
        clock.advance(timedelta(minutes=30))
        site = Whole(tmp_path, account, clock)
        yield site
        site.client.close()


# The access log.


def test_the_access_log_is_continued_where_a_walk_was_cut_and_is_then_a_request_a_sync(site):
    site.page_size = 20
    wanted = len(site.account.expected(LOGS))
    first = site.walk(LOGS, pages=2)
    rest = site.walk(LOGS)

    assert site.load(LOGS).wrong(LOGS) == []
    assert len(first) + len(rest) <= -(-wanted // 20) + 2
    assert "filter[start]" not in first[0].query
    assert first[1].query["filter[end]"] == first[0].query["filter[end]"]
    site.account.account.update_ticket(3, "Looked at and changed")
    site.clock.advance(timedelta(hours=3))
    (asked,) = site.walk(LOGS)
    assert asked.query["filter[start]"] > "2024-06-20"
    assert site.load(LOGS).wrong(LOGS) == []
    assert site.warehouse.row_count("s", LOGS) == wanted + 2


def test_a_walk_that_is_cut_within_a_second_loses_nothing_of_it_though_bounds_are_excluded(site):
    site.page_size = 10
    before = len(site.account.expected(LOGS))
    site.account.account.flood_events(30)
    site.clock.advance(timedelta(hours=1))
    site.walk(LOGS, pages=before // 10 + 3)
    assert before < len(site.records(LOGS)) < len(site.account.expected(LOGS))
    site.walk(LOGS)

    assert site.load(LOGS).wrong(LOGS) == []


def test_what_zendesk_has_forgotten_of_the_access_log_stays(site):
    site.walk(LOGS)
    site.load(LOGS)
    before = site.warehouse.row_count("s", LOGS)
    site.clock.advance(timedelta(days=200))
    site.walk(LOGS)
    site.load(LOGS)

    assert site.account.expected(LOGS) == []
    query = "SELECT count(*) FROM s.access_logs WHERE NOT _deleted"
    assert site.warehouse.query(query).rows == ((before,),)


def test_a_refusal_of_the_access_log_that_names_only_a_date_is_waited_out(site):
    site.account.limiter.change(access_logs=3)
    site.page_size = 20
    before = site.clock.now()
    asked = site.walk(LOGS)

    refused = [each for each in asked if each.status == 429]
    assert len(asked) - len(refused) > 6
    # The clock stands still while pages are read, so each refusal is waited out exactly.
    assert len(refused) == (len(asked) - len(refused) - 1) // 3
    assert site.clock.now() - before == timedelta(minutes=len(refused))
    assert site.load(LOGS).wrong(LOGS) == []


def test_the_access_log_has_a_budget_of_its_own(site, tmp_path):
    site.page_size = 2
    asked = site.walk(LOGS)

    assert len(asked) > 60
    assert {each.status for each in asked} == {200}
    assert {each.bucket for each in asked} == {"access_logs"}
    assert asked[50].time - asked[0].time > 60
    used = FileBudgets(tmp_path / "rate.sqlite").used(site.clock)
    assert used[Budget.ACCOUNT] == 0 < used[Budget.ACCESS_LOGS]
    assert site.client.account_limit is None


def test_an_account_without_the_add_on_is_asked_once_a_day_and_told_why(site):
    site.account.make_unavailable(LOGS, "access_logs")
    for hours, asked in ((0, 1), (3, 0), (21, 1)):
        site.clock.advance(timedelta(hours=hours))
        site.account.requests.clear()
        with pytest.raises(UnavailableError, match="You must have administrator privileges"):
            site.walk(LOGS)
        assert len(site.account.requests) == asked
    assert site.hub.coverage(LOGS) == []


# Invocations of webhooks.


def test_an_invocation_that_was_under_way_is_seen_again_when_it_has_ended(site):
    pending = "SELECT count(*) FROM s.webhook_invocations WHERE latest_completed_at IS NULL"
    for number in range(20):
        site.account.account.create_ticket(f"Coffee {number}")
    site.walk(INVOCATIONS)
    assert site.load(INVOCATIONS).wrong(INVOCATIONS) == []
    assert site.warehouse.query(pending).rows == ((20,),)
    site.clock.advance(DAY)
    first, *others = site.walk(INVOCATIONS)

    assert first.path == "/api/v2/webhooks"
    assert others
    assert all(each.query["filter[from_ts]"] > "2024-06-20T10" for each in others)
    assert {each.bucket for each in (first, *others)} == {"webhooks"}
    assert site.load(INVOCATIONS).wrong_but_for_the_past(INVOCATIONS) == []
    assert site.warehouse.query(pending).rows == ((0,),)


def test_a_webhook_that_is_deleted_takes_nothing_away(site):
    site.walk(INVOCATIONS)
    site.load(INVOCATIONS)
    before = site.warehouse.row_count("s", INVOCATIONS)
    for row in site.account.expected("webhooks")[:1]:
        site.account.account.delete_row("webhooks", row["id"])
    site.clock.advance(DAY)
    site.walk(INVOCATIONS)
    site.load(INVOCATIONS)

    query = "SELECT count(*) FROM s.webhook_invocations WHERE NOT _deleted"
    assert site.warehouse.query(query).rows == ((before,),) != ((0,),)


# Jira links.


def test_issues_are_counted_by_ticket_though_the_link_has_its_id_as_a_text(site):
    for stream in ("tickets", LINKS):
        site.walk(stream)
        site.load(stream)
    assert {type(row["ticket_id"]) for row in site.account.expected(LINKS)} == {str}
    query = """
        SELECT t.id, count(*) FROM s.tickets AS t JOIN s.jira_links AS l ON l.ticket_id = t.id
        GROUP BY t.id ORDER BY t.id
    """
    assert site.warehouse.query(query).rows == ((3, 1), (5, 1), (8, 2), (12, 1))


def test_more_links_than_fit_on_a_page_are_all_read(site):
    site.account.account.create_row(LINKS, count=2_100)
    asked = site.walk(LINKS)

    assert [each.query["page[size]"] for each in asked] == ["1000"] * 3
    assert site.load(LINKS).wrong(LINKS) == []


def test_an_account_without_the_jira_app_is_asked_once_a_day(site):
    site.account.make_unavailable("jira", "restricted")
    for hours, asked in ((0, 1), (3, 0), (21, 1)):
        site.clock.advance(timedelta(hours=hours))
        site.account.requests.clear()
        with pytest.raises(UnavailableError):
            site.walk(LINKS)
        assert len(site.account.requests) == asked
