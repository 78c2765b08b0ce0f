"""Each kind of pagination asks for the next page as docs/zendesk-api.md says."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.spec import EPOCH
from zendesk_assets.zendesk import Position
from zendesk_assets.zendesk.pages import PageError
from zendesk_assets.zendesk.pagination import paginator_for

START = datetime(2024, 1, 1, tzinfo=UTC)


def parameters(stream, position, size=1000):
    return paginator_for(declared().streams[stream]).parameters(
        declared().streams[stream], position, size
    )


def advance(stream, envelope, count=0, size=1000):
    members = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in envelope.items()}
    return paginator_for(declared().streams[stream]).advance(members, count, size)


def test_start_time_is_sent_with_the_first_page_of_a_cursor_export_only():
    assert parameters("tickets", Position(start=START))["start_time"] == "1704067200"
    later = parameters("tickets", Position(start=START, cursor="abc"))
    assert later["cursor"] == "abc"
    assert "start_time" not in later


@pytest.mark.parametrize("position", [Position(start=START), Position(START, "1704067300")])
@pytest.mark.parametrize(
    ("stream", "include"), [("tickets", "metric_sets"), ("ticket_events", "comment_events")]
)
def test_sideloads_and_support_types_are_repeated_on_every_page(stream, include, position):
    asked = parameters(stream, position)
    assert asked["include"] == include
    assert asked["support_type_scope"] == "all"


def test_only_end_of_stream_ends_an_export():
    page = {"after_cursor": "next", "after_url": "https://…", "end_of_stream": False}
    assert advance("tickets", page) == ("next", False)
    assert advance("tickets", page | {"end_of_stream": True}) == ("next", True)


@pytest.mark.parametrize("page", [{}, {"end_of_stream": False, "after_cursor": None}])
def test_a_cursor_export_without_its_cursor_is_refused(page):
    with pytest.raises(PageError):
        advance("tickets", page)


def test_a_time_export_continues_at_its_end_time_and_old_ones_end_by_count():
    assert advance("ticket_events", {"end_time": 1700, "end_of_stream": False}) == ("1700", False)
    assert advance("ticket_events", {"end_time": 1700}, count=999) == ("1700", True)
    assert advance("ticket_events", {"end_time": 1700}, count=1000) == ("1700", False)


def test_metric_events_go_on_after_a_page_that_may_be_full_if_nothing_says_that_it_is_the_last():
    page = {"end_time": 1700}
    assert advance("ticket_metric_events", page, count=99) == ("1700", True)
    assert advance("ticket_metric_events", page, count=100) == ("1700", False)
    assert advance("ticket_metric_events", page, count=62, size=62) == ("1700", False)
    assert advance("ticket_metric_events", page | {"end_of_stream": True}, count=999)[1]
    assert not advance("ticket_metric_events", page | {"end_of_stream": False}, count=1)[1]


def test_lists_always_name_a_page_size_or_else_zendesk_pages_by_offset():
    asked = parameters("groups", Position(start=START), 100)
    assert asked == {"page[size]": "100", "exclude_deleted": "false"}


def test_lists_without_meta_go_on_where_their_links_say_and_never_to_an_address():
    page = {"count": 250, "next_page": "https://elsewhere.example/groups?page=2&per_page=100"}
    cursor, ends = advance("groups", page)
    assert not ends
    asked = parameters("groups", Position(cursor=cursor), 100)
    assert asked == {"page": "2", "per_page": "100", "exclude_deleted": "false"}
    links = {"links": {"prev": None, "next": "https://acme.zendesk.com/groups?page%5Bafter%5D=x"}}
    assert advance("groups", links) == ("x", False)
    assert advance("groups", {"links": {"next": None}, "next_page": None}) == (None, True)
    with pytest.raises(PageError):
        advance("groups", {"next_page": "https://acme.zendesk.com/groups"})


def test_lists_end_when_there_is_no_more_whatever_the_links_say():
    meta = {"has_more": False, "after_cursor": "x"}
    assert advance("groups", {"meta": meta, "links": {"next": "https://…"}}) == ("x", True)
    assert advance("groups", {"meta": meta | {"has_more": True}}) == ("x", False)
    assert advance("groups", {"groups": []}) == (None, True)


def test_each_list_has_its_own_lower_bound():
    assert parameters("activities", Position(START), 100)["since"] == "2024-01-01T00:00:00Z"
    assert parameters("satisfaction_ratings", Position(START), 100)["start_time"] == "1704067200"
    surveys = parameters("survey_responses", Position(START), 50)
    assert surveys == {"page[size]": "50", "filter[created_at_start]": "1704067200000"}


def test_a_time_export_that_is_still_at_second_0_says_so():
    assert advance("organizations", {"end_time": 0, "end_of_stream": False}) == ("0", False)


CURSORS = "start_time_cursor=1751112136&engagement_id_cursor=B542AC60"


def test_a_link_export_takes_its_own_parameters_out_of_a_link_and_never_its_address():
    link = (
        f"https://elsewhere.example/api/v2/x?start_time=5&{CURSORS}&page_size=10&channel=MESSAGING"
    )
    cursor, ends = advance("engagements", {"next_page_url": link, "has_more": True}, count=10)
    assert (cursor, ends) == (CURSORS, False)
    assert parameters("engagements", Position(START, cursor), 10) == {
        "page_size": "10",
        "start_time": "1704067200",
        "start_time_cursor": "1751112136",
        "engagement_id_cursor": "B542AC60",
    }
    assert advance("engagements", {"next_page_url": None, "has_more": False}, count=5) == (
        None,
        True,
    )


@pytest.mark.parametrize("stream", ["engagements", "routing_instance_events"])
@pytest.mark.parametrize("link", [None, "https://x.example/?start_time_cursor=1&page=2", 7])
def test_a_page_that_goes_on_without_all_of_its_parameters_is_refused(stream, link):
    page = {"next_page_url": link, "next_page": link, "has_more": True}
    with pytest.raises(PageError):
        advance(stream, page, count=10)


def test_whether_there_is_more_has_to_be_said():
    link = {"after_url": "https://x.example/?cursor=abc"}
    assert advance("custom_object_records", link | {"meta": {"has_more": True}}) == (
        "cursor=abc",
        False,
    )
    for meta in ({}, {"meta": None}, {"meta": {"has_more": 1}}):
        with pytest.raises(PageError):
            advance("custom_object_records", link | meta, count=10)


def test_an_export_whose_end_is_an_empty_page_goes_on_until_then():
    link = {"next_page": "https://x.example/?cursor=abc%3D", "end_time": 5}
    assert advance("routing_instance_events", link, count=1) == ("cursor=abc%3D", False)
    assert advance("routing_instance_events", link, count=0) == ("cursor=abc%3D", True)
    later = parameters("routing_instance_events", Position(START, "cursor=abc%3D"))
    assert later == {"cursor": "abc="}
    assert parameters("routing_instance_events", Position()) == {"start_time": "0"}


def test_a_range_is_asked_for_whole_or_not_at_all():
    name = "filter[created_at][]"
    asked = parameters("audit_logs", Position(START, end=START + timedelta(days=1)))
    assert asked[name] == ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"]
    assert name not in parameters("audit_logs", Position(START))
    asked = parameters("satisfaction_ratings", Position(START, end=START + timedelta(days=1)))
    assert (asked["start_time"], asked["end_time"]) == ("1704067200", "1704153600")


def test_an_export_that_ends_without_a_next_page_does_not_say_where_to_go_on():
    page = {"end_time": 1700, "next_page": "https://…", "count": 100}
    assert advance("side_conversation_events", page, count=100) == ("1700", False)
    assert advance("side_conversation_events", page, count=3) == ("1700", False)
    assert advance("side_conversation_events", page | {"next_page": None}, 100) == (None, True)


def test_a_cursor_of_a_list_may_be_a_number_or_within_an_address():
    address = "https://acme.zendesk.com/api/v2/jira/links?page[size]=2&page[after]=5000"
    for said in ("5000", 5000, address):
        page = {"links": [], "meta": {"has_more": True, "after_cursor": said}}
        assert advance("jira_links", page) == ("5000", False)
    asked = parameters("jira_links", Position(cursor="5000"))
    assert asked == {"page[size]": "1000", "page[after]": "5000"}


@pytest.mark.parametrize("said", [None, True, {}, "https://acme.zendesk.com/api/v2/jira/links"])
def test_a_list_that_goes_on_without_a_cursor_is_refused(said):
    with pytest.raises(PageError):
        advance("jira_links", {"meta": {"has_more": True, "after_cursor": said}})


def test_everything_is_asked_for_without_a_start():
    for position in (Position(), Position(EPOCH)):
        assert parameters("access_logs", position) == {"page[size]": "1000"}
    asked = parameters("access_logs", Position(START, end=START + timedelta(days=1)))
    assert asked["filter[start]"] == "2024-01-01T00:00:00Z"
    assert asked["filter[end]"] == "2024-01-02T00:00:00Z"
