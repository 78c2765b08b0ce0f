"""Help centers: each brand's own, from HTTP to tables; one that is refused loses nothing."""

from datetime import timedelta

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError, ZendeskError
from zendesk_assets.hub import newest_walk
from zendesk_assets.hub.pruning import find_prunable
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        site = Whole(tmp_path, account, clock)
        yield site
        site.client.close()


def brands(site):
    """Return the ids of the brands with a help center, and of those without."""
    rows = site.account.expected("brands")
    have = [row["id"] for row in rows if row["has_help_center"] and not row["is_deleted"]]
    return have, [row["id"] for row in rows if row["id"] not in have]


def living(site, table):
    query = f"SELECT brand_id, id FROM s.{table} WHERE NOT _deleted"
    return set(site.warehouse.query(query).rows)


def sync(site, stream):
    site.clock.advance(DAY)
    requests = site.walk(stream)
    site.load(stream)
    return requests


def test_the_help_centers_of_all_brands_lie_side_by_side(site):
    with_one, without = brands(site)
    assert len(with_one) == 2
    assert without

    for stream in ("articles", "posts", "hc_votes"):
        site.walk(stream)
        assert site.load(stream).wrong(stream) == []
        assert {brand for brand, _ in living(site, stream)} == set(with_one)


def test_each_brand_costs_its_pages_and_one_request_for_all_brands(site):
    requests = site.walk("hc_sections")

    assert [each.path for each in requests] == ["/api/v2/brands"] + 2 * [
        "/api/v2/help_center/sections"
    ]
    assert [each.bucket for each in requests] == ["account", "guide", "guide"]


def test_an_archived_article_is_deleted_in_its_table(site):
    sync(site, "articles")
    gone = site.account.expected("articles")[3]
    site.account.account.delete_row("articles", gone["id"])
    sync(site, "articles")

    assert (gone["brand_id"], gone["id"]) not in living(site, "articles")
    assert site.wrong("articles") == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_brand_that_is_refused_keeps_its_rows_and_the_others_are_read(site, status):
    first, second = brands(site)[0]
    sync(site, "article_labels")
    before = living(site, "article_labels")
    account = site.account.account
    removed = {row["brand_id"]: row["id"] for row in site.account.expected("article_labels")}
    for each in removed.values():
        account.delete_row("article_labels", each)
    added = account.create_row("article_labels", {"name": "new", "brand_id": second})[0]
    site.account.faults.add("status", status=status, path="/help_center/articles/labels")
    sync(site, "article_labels")

    # The first brand answered the refusal: nothing of it is judged.
    assert living(site, "article_labels") == before - {(second, removed[second])} | {
        (second, added)
    }
    sync(site, "article_labels")
    assert (first, removed[first]) not in living(site, "article_labels")
    assert site.wrong("article_labels") == []


def test_nothing_is_pruned_while_the_records_of_a_brand_are_in_an_older_walk_alone(site):
    def prunable():
        batches = site.hub.batches("article_labels")
        loaded = [{str(each.id) for each in batches}]
        return find_prunable(site.hub, "article_labels", site.clock.now() + DAY, loaded, set())

    sync(site, "article_labels")
    assert prunable()
    site.account.faults.add("status", status=403, path="/help_center/articles/labels", times=1)
    sync(site, "article_labels")
    assert prunable() == []
    sync(site, "article_labels")
    assert prunable()


def test_a_brand_whose_host_is_broken_fails_the_walk_after_the_others(site):
    second = brands(site)[0][1]
    site.account.faults.add(
        "status", status=302, headers={"Location": "https://elsewhere.example/"}, path="/labels"
    )
    with pytest.raises(ZendeskError, match="credentials are not sent"):
        site.walk("article_labels")
    site.load("article_labels")

    assert {brand for brand, _ in living(site, "article_labels")} == {second}
    sync(site, "article_labels")
    assert site.wrong("article_labels") == []


def test_a_brand_whose_host_is_broken_stops_no_deletion_in_others(site):
    first, second = brands(site)[0]
    sync(site, "article_labels")
    account = site.account.account
    removed = {row["brand_id"]: row["id"] for row in site.account.expected("article_labels")}
    for each in removed.values():
        account.delete_row("article_labels", each)
    site.account.faults.add(
        "status", status=302, headers={"Location": "https://elsewhere.example/"}, path="/labels"
    )
    with pytest.raises(ZendeskError, match="credentials are not sent"):
        sync(site, "article_labels")
    site.load("article_labels")

    assert (first, removed[first]) in living(site, "article_labels")
    assert (second, removed[second]) not in living(site, "article_labels")


def test_an_account_without_any_help_center_is_refused_once_a_day(site):
    site.account.make_unavailable("community/topics", reason="guide")
    with pytest.raises(UnavailableError):
        site.walk("topics")
    with pytest.raises(UnavailableError):
        site.walk("topics")
    assert site.account.requests == []


def test_a_brand_that_gives_up_its_help_center_loses_its_rows(site):
    first, second = brands(site)[0]
    sync(site, "articles")
    site.account.account.update_row("brands", second, {"has_help_center": False})
    sync(site, "articles")

    assert {brand for brand, _ in living(site, "articles")} == {first}


def test_articles_by_votes(site):
    for stream in ("articles", "hc_sections", "hc_votes"):
        site.walk(stream)
        site.load(stream)
    query = """
        SELECT a.title, s.name, a.vote_sum, count(v.id), sum(v.value)
        FROM s.articles a JOIN s.hc_sections s ON s.id = a.section_id
        LEFT JOIN s.hc_votes v ON v.item_id = a.id AND v.item_type = 'Article' AND NOT v._deleted
        WHERE NOT a._deleted GROUP BY ALL ORDER BY a.vote_sum DESC
    """
    found = site.warehouse.query(query).rows

    assert len(found) == len(site.account.expected("articles"))
    assert all(total == (counted or 0) for *_, total, _count, counted in found)
    assert found[0][2] > found[-1][2]


def test_each_article_costs_a_request_and_of_posts_those_with_comments_alone(site):
    articles = site.account.expected("articles")
    posts = [row for row in site.account.expected("posts") if row["comment_count"]]
    assert 0 < len(posts) < len(site.account.expected("posts"))
    for stream, parents, above in (
        ("article_comments", articles, "/api/v2/help_center/articles"),
        ("article_attachments", articles, "/api/v2/help_center/articles"),
        ("post_comments", posts, "/api/v2/community/posts"),
    ):
        requests = site.walk(stream)
        assert [each.path for each in requests[:3]] == ["/api/v2/brands", above, above]
        asked = [each.path.removeprefix(f"{above}/").partition("/")[0] for each in requests[3:]]
        assert sorted(asked) == sorted(str(row["id"]) for row in parents)
        assert {each.bucket for each in requests[1:]} == {"guide"}
        assert site.load(stream).wrong(stream) == []
        assert {brand for brand, _ in living(site, stream)} == set(brands(site)[0])


def test_what_is_below_an_article_is_deleted_with_it_and_so_is_a_comment_alone(site):
    for stream in ("article_comments", "article_attachments", "post_comments"):
        sync(site, stream)
    account, comments = site.account.account, site.account.expected("article_comments")
    account.delete_row("articles", comments[-1]["article_id"])
    account.delete_row("article_comments", comments[0]["id"])
    lonely = {row["id"] for row in site.account.expected("posts") if row["comment_count"] == 1}
    for row in site.account.expected("post_comments"):
        if row["post_id"] in lonely:
            account.delete_row("post_comments", row["id"])
    assert lonely
    for stream in ("article_comments", "article_attachments", "post_comments"):
        before = living(site, stream)
        sync(site, stream)
        assert living(site, stream) < before
        assert site.wrong(stream) == []


def a_comment_of_each_brand_goes(site):
    """Delete a comment in each help center; return both."""
    rows = site.account.expected("article_comments")
    gone = [next(row for row in rows if row["brand_id"] == each) for each in brands(site)[0]]
    for row in gone:
        site.account.account.delete_row("article_comments", row["id"])
    return gone


@pytest.mark.parametrize("status", [403, 404])
def test_an_article_that_is_refused_keeps_its_rows_and_the_others_are_read(site, status):
    sync(site, "article_comments")
    before = living(site, "article_comments")
    kept, gone = a_comment_of_each_brand_goes(site)
    site.account.faults.add("status", status=status, path=f"{kept['article_id']}/comments")
    sync(site, "article_comments")

    assert living(site, "article_comments") == before - {(gone["brand_id"], gone["id"])}
    place = f"{kept['brand_id']}/{kept['article_id']}"
    assert newest_walk(site.hub, "article_comments").unread == (place,)
    sync(site, "article_comments")
    assert site.wrong("article_comments") == []


def test_a_brand_whose_articles_are_refused_keeps_all_that_is_below_them(site):
    first, _second = brands(site)[0]
    sync(site, "article_comments")
    before = living(site, "article_comments")
    gone = a_comment_of_each_brand_goes(site)[1]
    site.account.faults.add("status", status=403, path="/help_center/articles", times=1)
    sync(site, "article_comments")

    assert living(site, "article_comments") == before - {(gone["brand_id"], gone["id"])}
    assert newest_walk(site.hub, "article_comments").unread == (str(first),)
    sync(site, "article_comments")
    assert site.wrong("article_comments") == []


def test_where_every_list_of_posts_is_refused_so_are_their_comments(site):
    site.account.make_unavailable("community/posts", reason="guide")
    with pytest.raises(UnavailableError):
        site.walk("post_comments")
    assert len(site.account.requests) == 1 + len(brands(site)[0])
    assert newest_walk(site.hub, "post_comments") is None


def test_a_walk_that_died_begins_again_and_ends_nothing_before(site):
    sync(site, "article_comments")
    before = living(site, "article_comments")
    a_comment_of_each_brand_goes(site)
    site.clock.advance(DAY)
    site.walk("article_comments", pages=2)
    site.load("article_comments")
    assert living(site, "article_comments") == before

    requests = site.walk("article_comments")
    assert len(requests) == 3 + len(site.account.expected("articles"))
    assert site.load("article_comments").wrong("article_comments") == []


def test_more_than_half_of_the_comments_are_not_marked_at_once(site):
    sync(site, "article_comments")
    before = living(site, "article_comments")
    for row in site.account.expected("article_comments")[:-1]:
        site.account.account.delete_row("article_comments", row["id"])
    sync(site, "article_comments")

    assert living(site, "article_comments") == before
