"""The client against a real server: retries, refusals, page sizes, and where credentials go."""

import http.server
import json
import threading

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.errors import (
    ConnectionFailedError,
    CredentialsError,
    CursorRejectedError,
    StalledStreamError,
    UnavailableError,
)
from zendesk_assets.spec import EPOCH, Pagination
from zendesk_assets.zendesk import Position
from zendesk_assets_tests.kinds import KINDS, key_in, key_of

FAULTS = {
    "429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    "429 without": {"kind": "status", "status": 429},
    **{str(status): {"kind": "status", "status": status} for status in (500, 502, 503, 504, 520)},
    "reset": {"kind": "reset"},
    "truncated": {"kind": "truncate"},
    "broken JSON": {"kind": "bad_json"},
    "HTML with 200": {"kind": "html"},
}


def walk(client, stream="tickets", start=EPOCH):
    return list(client.walk(declared().streams[stream], Position(start=start)))


def ids(pages):
    return [json.loads(record)["id"] for page in pages for record in page.records]


def wanted(account, stream):
    key = "ticket_event_id" if stream == "ticket_events" else key_of(stream)
    return {row[key] for row in account.expected(stream)}


@pytest.mark.parametrize(
    "stream",
    [n for n, e in declared().streams.items() if e.pagination is not Pagination.ONE_OBJECT],
)
def test_a_walk_yields_every_record(account, connect, stream):
    pages = walk(connect(), stream)
    records = [json.loads(record) for page in pages for record in page.records]

    assert {key_in(stream, record) for record in records} == wanted(account, stream)
    assert [page.end for page in pages] == [False] * (len(pages) - 1) + [True]


def test_a_single_object_is_one_record_as_it_was_sent_below_its_name(account, connect):
    (page,) = walk(connect(), "account_overview")
    (record,) = map(json.loads, page.records)

    assert page.end
    assert [record] == account.expected("account_overview")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stream", ["tickets", "ticket_events", "groups"])
def test_a_fault_costs_one_more_request_and_no_record(account, connect, stream, fault):
    rule = dict(FAULTS[fault])
    account.faults.add(rule.pop("kind"), path=declared().streams[stream].path, times=1, **rule)
    client = connect()
    client.get("/users/me")
    pages = walk(client, stream)

    assert set(ids(pages)) == wanted(account, stream)
    assert sum(page.cost.requests for page in pages) == len(pages) + 1


def test_retry_after_is_obeyed_to_the_second(account, connect, clock):
    account.faults.add("status", path="/groups", status=429, headers={"Retry-After": "77"}, times=1)
    before = clock.now()
    walk(connect(), "groups")

    assert (clock.now() - before).total_seconds() == 77


def test_a_page_that_is_too_big_is_asked_for_in_smaller_ones(account, connect):
    lines = []
    account.faults.add("timeout_unless", path="/tickets/cursor", per_page=20, times=None)
    pages = walk(connect(lines=lines))

    assert set(ids(pages)) == wanted(account, "tickets")
    assert max(len(page.records) for page in pages) <= 20
    assert any("requesting 15 records at a time" in line for line in lines)


def test_a_host_that_never_answered_is_given_up_soon(connect, clock, account):
    client = connect()
    account.stop()
    before = clock.now()
    with pytest.raises(ConnectionFailedError, match="check the subdomain"):
        client.get("/groups")

    assert client.cost.requests == 3
    assert (clock.now() - before).total_seconds() < 10


def test_an_answer_that_never_gets_better_ends_with_a_sentence(account, connect):
    account.faults.add("html", path="/groups", times=None)
    client = connect()
    with pytest.raises(ConnectionFailedError, match="status 200 without JSON"):
        client.get("/groups")
    assert client.cost.requests == 8


@pytest.mark.parametrize(
    ("reason", "error", "words"),
    [
        ("role", UnavailableError, "must be an admin's"),
        ("scopes", UnavailableError, "connect again with the scope read"),
        ("invalid_endpoint", UnavailableError, "plan lacks the feature"),
    ],
)
def test_a_refusal_is_told_by_its_body_and_not_repeated(account, connect, reason, error, words):
    account.make_unavailable("groups", reason)
    client = connect()
    with pytest.raises(error, match=words):
        client.get("/groups")
    assert client.cost.requests == 1


def test_a_token_that_is_refused_is_named_but_not_shown(connect):
    with pytest.raises(CredentialsError) as raised:
        connect(token="s3cret-token").get("/groups")
    assert "s3cret-token" not in str(raised.value)


def test_a_cursor_that_is_refused_does_not_loop(connect):
    client = connect()
    with pytest.raises(CursorRejectedError):
        list(client.walk(declared().streams["tickets"], Position(cursor="nonsense")))
    assert client.cost.requests == 1


@pytest.mark.parametrize("kind", ["empty_page", "duplicate_page"])
@pytest.mark.parametrize("stream", [*KINDS, "engagements"])
def test_a_stream_that_stands_still_is_an_error_and_no_endless_loop(account, connect, kind, stream):
    account.faults.add(kind, path=declared().streams[stream].path, times=None)
    client = connect()
    with pytest.raises(StalledStreamError, match="sync again later"):
        walk(client, stream)
    assert client.cost.requests <= 5


def test_a_walk_stops_before_the_minute_that_zendesk_refuses_to_be_asked_for(account, connect):
    account.account.set_same_second("truncate")
    account.account.flood_organizations(1_500)
    pages = walk(connect(), "organizations")

    assert not pages[-1].end
    assert [request.status for request in account.requests] == [200] * len(pages)


def test_more_records_in_one_second_than_a_page_holds_are_all_read(account, connect):
    account.account.flood_organizations(1_500)
    assert set(ids(walk(connect(), "organizations"))) == wanted(account, "organizations")


def test_sideloads_are_there_on_every_page(account, connect):
    account.faults.add("timeout_unless", path="/tickets/cursor", per_page=20, times=None)
    records = [json.loads(each) for page in walk(connect()) for each in page.records]

    assert all("metric_set" in record for record in records)


def test_credentials_never_follow_a_redirect(connect, account, monkeypatch):
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            self.send_response(302)
            self.send_header("Location", f"{account.base_url}/api/v2/groups")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    seen = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = connect()
    monkeypatch.setattr(client._sender, "_base_url", f"http://127.0.0.1:{server.server_port}")
    try:
        with pytest.raises(ConnectionFailedError, match="redirect"):
            client.get("/groups")
    finally:
        server.shutdown()
        server.server_close()
    assert account.requests == []
    assert len(seen) == 1
