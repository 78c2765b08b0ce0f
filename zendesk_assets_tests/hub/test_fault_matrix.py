"""Every fault, on every stream, at the first, a middle and the last page of a walk.

Afterwards the hub has what a walk without faults brings, byte for byte, and the requests beyond
those of such a walk stay within a bound for each fault.
"""

import socket
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import zstandard

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import SourceHub, SourceSync, Storage, covers
from zendesk_assets.properties import own_rules
from zendesk_assets.records.property_filter import PropertyFilter
from zendesk_assets.simulator import Simulator
from zendesk_assets.simulator.wire import derived_exports
from zendesk_assets.spec import EPOCH, Completion, Window
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.zendesk import (
    ClientCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
)
from zendesk_assets_tests import long
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.hub.site import NOW, SETTLE
from zendesk_assets_tests.kinds import KINDS, key_of

POSITIONS = ("first", "middle", "last")
CURSORS = {"cursor", "page[after]"}
PAGES = 4

# Each costs the request that failed.
ANSWERS = {
    "429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    "429 without": {"kind": "status", "status": 429},
    **{str(status): {"kind": "status", "status": status} for status in (500, 502, 503, 520)},
    "reset before the body": {"kind": "reset"},
    "reset inside the body": {"kind": "truncate"},
    "truncated JSON": {"kind": "bad_json"},
    "HTML with 200": {"kind": "html"},
}


@dataclass
class Site:
    """A small account, and a stream whose pages are so small that it has several."""

    account: Simulator
    clock: ManualClock
    folder: Path
    name: str

    def __post_init__(self):
        key = "ticket_event_id" if self.name == "ticket_events" else key_of(self.name)
        self.wanted = {row[key] for row in self.account.expected(self.name)}
        size = max(1, len(self.wanted) // PAGES)
        self.stream = replace(declared().streams[self.name], page_size=size)
        # Of lists that parents have, what all of their paths begin with.
        self.path = f"/api/v2{self.stream.path.partition('{}')[0]}"
        self.walks = 0
        before = len(self.account.requests)
        self.baseline = self.walk()
        asked = [each for each in self.account.requests[before:] if self.path in each.path]
        self.asked = len(asked)
        # Each parent's list has a first page, which is asked for without a cursor.
        self.begun = [at for at, each in enumerate(asked) if not {*each.query} & CURSORS]
        self.baseline_pages = len(self.baseline.hub.batches(self.name))

    def walk(self, after_page=lambda _number: None):
        """Sync into a hub of its own; call `after_page` with the number of pages landed."""
        self.walks += 1
        folder = self.folder / str(self.walks)
        hub = SourceHub(Storage(str(folder)), "s")
        limiter = RateLimiter(FileBudgets(folder / "rate.sqlite"), Limits(10**6, 10**6), self.clock)
        credentials = ClientCredentials(self.account.base_url, "hub", lambda: "s3cret", self.clock)
        with ZendeskClient(self.account.base_url, credentials, limiter, clock=self.clock) as client:
            rules = PropertyFilter(own_rules(self.stream))
            sync = SourceSync(client, hub, self.stream, self.clock, SETTLE, rules)
            after_page(0)
            for number, _batch in enumerate(sync.run(Window(EPOCH, NOW + timedelta(days=1))), 1):
                after_page(number)
            return Walk(hub, self.name, client.cost.requests)

    def place(self, position):
        """Return how many requests of a walk come before the one at a position."""
        return {
            "first": 0,
            "middle": self.asked // 2,
            "last": self.asked - 1,
        }[position]

    def place_with_cursor(self, position):
        """Return the same of the last page before it that is not a list's first page."""
        place = self.place(position)
        while place in self.begun and self.stream.parent is not None:
            place -= 1
        return place

    def fault(self, position, kind, **rule):
        self.account.faults.clear()
        rule = {"after": self.place(position), **rule}
        return self.account.faults.add(kind, path=self.path, **rule)

    def faults(self, kind, **rule):
        """Let an answer be of no use at every position of one walk: no other rule counts it."""
        self.account.faults.clear()
        places = [self.place(position) for position in POSITIONS]
        assert len({*places}) == len(places)
        add = self.account.faults.add
        return [add(kind, path=self.path, after=place, **rule) for place in places]

    def check(self, walk, position, most):
        """Assert that a walk brought everything for at most so many requests more."""
        extra = walk.requests - self.baseline.requests
        where = f"{self.name}, {position} page"
        assert walk.records() == self.baseline.records(), where
        assert covers(walk.hub.coverage(self.name), self.baseline.covered), where
        assert extra <= most, f"{where}: {extra} requests more"
        return extra


class Walk:
    """What one sync brought, and what it cost."""

    def __init__(self, hub, name, requests):
        self.hub, self.name, self.requests = hub, name, requests
        (self.covered,) = hub.coverage(name)

    def records(self):
        found = set()
        for batch in self.hub.batches(self.name):
            for part in self.hub.files(batch).parts:
                data = zstandard.ZstdDecompressor().decompress(Path(part).read_bytes())
                found |= set(data.splitlines())
        return found


SMALL = {"tickets": 40, "history_days": 20}


@pytest.fixture(scope="module")
def small_account():
    clock = ManualClock(NOW)
    with pytest.MonkeyPatch.context() as patch, Simulator(**SMALL, clock=clock) as account:
        patch.setattr(derived_exports, "ROUTING_PAGE", 8)  # no request can say how many
        account.register_client("hub", secret="s3cret")
        for number in range(12):
            account.account.add_activity(1 + number, text=f"Note {number}")
            account.account.rate_ticket(1 + number, "good")
            account.account.start_side_conversation(1 + number)
            # Two in a second: half of a page still holds them.
            account.account.create_organization(f"Company {number}")
            account.account.create_organization(f"Firm {number}")
            account.account.create_group(f"Team {number}")
            account.account.create_record("equipment", f"Machine {number}")
            account.account.create_ticket(f"Call {number}", via="voice")
            clock.advance(timedelta(seconds=7))
        account.account.create_row("jira_links", count=12)
        account.account.create_row("sla_policies", count=12)
        posts = [*account.account.list_rows("posts")]
        for post in (posts[1], posts[-1]):  # their lists have more than a page
            account.account.create_row("post_comments", {"post_id": post}, count=12)
        account.account.create_row("approval_requests", count=400)  # its pages are always of 100
        clock.advance(timedelta(minutes=30))
        yield account, clock


OTHERS = (
    "access_logs", "approval_requests", "articles", "audit_logs", "calls", "custom_object_records",
    "engagements", "jira_links", "post_comments", "routing_instance_events",
    "side_conversation_events", "sla_policies", "survey_responses", "ticket_metric_events",
    "webhook_invocations",
)  # fmt: skip


@pytest.fixture(
    scope="module",
    params=(*KINDS, *(pytest.param(each, marks=pytest.mark.long) for each in OTHERS)),
)
def site(request, small_account, tmp_path_factory):
    account, clock = small_account
    site = Site(account, clock, tmp_path_factory.mktemp(request.param), request.param)
    assert len(site.baseline.records()) >= len(site.wanted)
    assert site.baseline.requests >= PAGES
    return site


@pytest.fixture(autouse=True)
def _no_faults_left(small_account):
    yield
    small_account[0].faults.clear()


@pytest.fixture
def worst():
    """Return a function that notes how many requests more a case took; `pytest -rP` shows most."""
    noted = []
    yield noted.append
    print(f"requests more: {max(noted, default=0)}")  # noqa: T201 (shown by pytest -rP)


@long.parametrize("fault", ANSWERS, few=4)
def test_an_answer_of_no_use_costs_one_request(site, worst, fault):
    rules = site.faults(**ANSWERS[fault])
    worst(site.check(site.walk(), "every", most=len(rules)))
    assert [rule.struck for rule in rules] == [1] * len(POSITIONS)


def test_a_page_that_takes_too_long_costs_itself_and_its_other_half(site, worst):
    for position in POSITIONS:
        rule = site.fault(position, "status", status=504)
        worst(site.check(site.walk(), position, most=3))
        assert rule.struck == 1


@pytest.mark.parametrize("kind", ["empty_page", "duplicate_page"])
def test_a_page_that_leads_to_itself_is_asked_for_again(site, worst, kind):
    rules = site.faults(kind)
    worst(site.check(site.walk(), "every", most=len(rules)))
    assert [rule.struck for rule in rules] == [1] * len(POSITIONS)


def test_a_slow_page_costs_nothing(site, worst):
    for position in POSITIONS:
        rule = site.fault(position, "slow", seconds=0.02)
        worst(site.check(site.walk(), position, most=0))
        assert rule.struck == 1


def test_a_page_that_does_not_come_in_time_costs_one_request(site, worst, monkeypatch):
    for position in POSITIONS:
        failures = Failures(site, position, requests.ReadTimeout("read timed out"))
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", failures.send)
        worst(site.check(site.walk(), position, most=1))
        assert failures.raised == 1
        monkeypatch.undo()


def test_a_name_that_is_not_resolved_costs_the_connection_and_one_request(site, worst, monkeypatch):
    resolve = socket.getaddrinfo
    for position in POSITIONS:
        # The name is asked for when there is no connection: the last one is cut off first.
        rule = site.fault(position, "reset")
        refused = []

        def fail_once(*arguments, rule=rule, refused=refused, **options):
            if rule.struck and not refused:
                refused.append(arguments[0])
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return resolve(*arguments, **options)

        monkeypatch.setattr(socket, "getaddrinfo", fail_once)
        worst(site.check(site.walk(), position, most=2))
        assert refused == ["127.0.0.1"]


def test_a_host_that_is_not_resolved_at_first_is_asked_again(site, worst, monkeypatch):
    resolve, refused = socket.getaddrinfo, []

    def fail_once(*arguments, **options):
        if not refused:
            refused.append(arguments[0])
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(*arguments, **options)

    def resolve_no_more(pages):
        if pages == 0:
            monkeypatch.setattr(socket, "getaddrinfo", fail_once)

    # The token comes from the same host: the failure is the token's where that is asked for first.
    worst(site.check(site.walk(resolve_no_more), "first", most=1))
    assert refused == ["127.0.0.1"]


def test_a_token_that_ends_in_mid_walk_is_renewed_for_one_request(site, worst):
    for position in POSITIONS:
        ended, place = [], min(site.place(position), site.baseline_pages - 1)

        def end_token(pages, place=place, ended=ended):
            tokens = [each.token for each in site.account.requests if each.token]
            if pages == place and tokens:
                site.account.expire_token(tokens[-1])
                ended.append(tokens[-1])

        worst(site.check(site.walk(end_token), position, most=1))
        assert ended


@pytest.mark.parametrize("status", [400, 422])
def test_a_cursor_that_is_refused_costs_what_is_read_again(site, worst, status):
    for position in ("middle", "last"):
        place = site.place_with_cursor(position)
        rule = site.fault(position, "status", status=status, body="invalid cursor", after=place)
        is_list = site.stream.completion is not Completion.CONTINUE
        before = site.baseline.requests - site.asked  # for the parents, which are read again
        most = site.place(position) + 1 + before if is_list else 3
        worst(site.check(site.walk(), position, most=most))
        assert rule.struck == 1


def test_what_was_landed_among_faults_makes_the_tables_of_the_account(site, tmp_path):
    useless = ("429 without", "reset inside the body", "truncated JSON", "HTML with 200")
    for rule in (*map(ANSWERS.get, useless), {"kind": "empty_page"}, {"kind": "duplicate_page"}):
        site.account.faults.add(path=site.path, **rule)
    walk = site.walk()
    assert all(rule.struck == 1 for rule in site.account.faults.rules)

    files = [walk.hub.files(batch) for batch in walk.hub.batches(site.name)]
    database = open_duckdb(tmp_path / "warehouse.duckdb")
    names = [each.name for each in declared().collections_of(site.name)]
    for collection in declared().collections_of(site.name):
        database.load("s", collection, files)
    assert differences(tmp_path / "warehouse.duckdb", "s", site.account, names) == []


class Failures:
    """The `send` of requests' adapter, which fails once, at the chosen place."""

    def __init__(self, site, position, error):
        self._path, self._left = site.path, site.place(position)
        self._error, self._send = error, requests.adapters.HTTPAdapter.send
        self.raised = 0

    @property
    def send(self):
        def send(adapter, request, **options):
            if self._path in request.url and not self.raised:
                self._left -= 1
                if self._left < 0:
                    self.raised += 1
                    raise self._error
            return self._send(adapter, request, **options)

        return send
