"""What the account counts: search finds archived tickets, which lists leave out."""

import pytest


def count(site, query):
    return site.json("search/count", query=query)["count"]


def live(site):
    return [each for each in site.account.tickets.values() if each.deleted_at is None]


def test_search_counts_archived_tickets_and_no_deleted_ones(make_site):
    site = make_site(tickets=300)
    before = len(live(site))
    site.account.delete_ticket(live(site)[-1].id)
    archived = sum(site.account.is_archived(each) for each in live(site))

    assert archived > 0
    assert count(site, "type:ticket") == before - 1
    assert site.json("tickets/count", support_type_scope="all")["count"]["value"] == (
        before - 1 - archived
    )


def test_search_counts_what_was_changed_on_or_after_a_day(site):
    changed = live(site)[0]
    today = site.clock.now().date().isoformat()
    since = count(site, f"type:ticket updated>={today} created<{today}")
    site.account.update_ticket(changed.id, priority="high")

    assert count(site, f"type:ticket updated>={today} created<{today}") == since + 1
    before = count(site, f"type:ticket updated<{today}")
    assert before + count(site, f"type:ticket updated>={today}") == len(live(site))


@pytest.mark.parametrize("query", ["", "refund", "type:ticket refund", "type:ticket created>=soon"])
def test_a_search_that_is_not_modelled_is_refused_rather_than_answered_wrongly(site, query):
    assert site.get("search/count", query=query).status_code == 400


def test_while_many_are_being_counted_the_limit_is_shown_without_a_time(site):
    site.account.counted_at_once, site.account.is_counting = 100, True
    assert site.json("organizations/count")["count"]["refreshed_at"]
    site.account.counted_at_once = 10
    assert site.json("users/count")["count"] == {"value": 10, "refreshed_at": None}
