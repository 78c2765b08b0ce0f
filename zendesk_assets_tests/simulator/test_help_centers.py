"""Help centers: each brand's host answers for itself, and some lists are the account's alone."""

import pytest


def host(site, label):
    site.session.headers["Host"] = f"{label}.zendesk.com"
    return site


def titles(site):
    return {row["title"] for row in site.json("help_center/articles")["articles"]}


def test_each_brands_host_has_its_own_articles(site):
    own = titles(site)
    assert titles(host(site, "acme")) == own
    others = titles(host(site, "acme-outlet"))
    assert own
    assert others
    assert not own & others


@pytest.mark.parametrize("label", ["acme-rentals", "evil"])
def test_a_host_without_a_brand_has_no_help_desk(site, label):
    answer = host(site, label).get("help_center/articles")
    assert answer.status_code == 404
    assert answer.json()["error"]["title"].startswith("No help desk")


def test_a_brand_without_a_help_center_has_none_of_its_lists(site):
    outlet = site.simulator.expected("brands")[1]["id"]
    site.account.update_row("brands", outlet, {"has_help_center": False})
    for path in ("help_center/sections", "community/posts", "help_center/votes"):
        answer = host(site, "acme-outlet").get(path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "ResourceNotFound")
    assert {row["brand_id"] for row in site.simulator.expected("posts")} != {outlet}


def test_the_host_of_a_brand_sends_on_to_the_account_for_permission_groups(site):
    answer = host(site, "acme-outlet").session.get(
        site.url("guide/permission_groups"), allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("https://acme.zendesk.com/")


def test_translations_come_only_when_they_are_asked_for(site):
    assert "translations" not in site.json("help_center/articles")["articles"][0]
    first = site.json("help_center/articles", include="translations")["articles"][0]
    assert [each["locale"] for each in first["translations"]] == ["en-us", "de", "fr"]
    assert first["translations"][0]["body"] == first["body"]


def test_sums_are_those_of_the_votes_and_stay_when_articles_go(site):
    before = {row["id"]: row for row in site.simulator.expected("hc_votes")}
    articles = site.simulator.expected("articles")
    comments = site.simulator.expected("article_comments")
    for row in (*articles, *comments, *site.simulator.expected("post_comments")):
        cast = [vote["value"] for vote in before.values() if vote["item_id"] == row["id"]]
        assert (row["vote_sum"], row["vote_count"]) == (sum(cast), len(cast))
    site.account.delete_row("articles", articles[0]["id"])
    after = {row["id"]: row for row in site.simulator.expected("hc_votes")}
    items = {articles[0]["id"]} | {
        row["id"] for row in comments if row["article_id"] == articles[0]["id"]
    }
    gone = {key for key, vote in before.items() if vote["item_id"] in items}
    assert gone
    assert after == {key: vote for key, vote in before.items() if key not in gone}


def test_comments_are_listed_for_an_article_on_the_host_of_its_brand_alone(site):
    rows = {row["brand_id"]: row for row in site.simulator.expected("article_comments")}
    own, other = (rows[row["id"]] for row in site.simulator.expected("brands") if row["id"] in rows)
    path = f"help_center/articles/{other['article_id']}/comments"
    assert site.get(path).status_code == 404
    (found,) = host(site, "acme-outlet").json(path)["comments"]

    assert found["id"] == other["id"] != own["id"]
    assert (found["source_type"], found["source_id"]) == ("Article", other["article_id"])
    assert not {"brand_id", "article_id"} & found.keys()


def test_a_post_says_how_many_comments_it_has(site):
    posts = site.json("community/posts")["posts"]
    listed = {
        row["id"]: len(site.json(f"community/posts/{row['id']}/comments")["comments"])
        for row in posts
    }
    assert {row["id"]: row["comment_count"] for row in posts} == listed
    assert {0, 7} <= {*listed.values()}
