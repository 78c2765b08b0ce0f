"""A small account on a clock that stands still, and a session that knows its token."""

from datetime import UTC, datetime

import pytest
import requests

from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import RateLimits, Simulator

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Site:
    """A started simulator with a client's view of it."""

    def __init__(self, **options):
        self.clock = ManualClock(NOON)
        self.simulator = Simulator(clock=self.clock, **{"tickets": 120, **options}).start()
        self.account = self.simulator.account
        self.session = requests.Session()
        self.use(self.simulator.token)

    def use(self, token):
        self.session.headers["Authorization"] = f"Bearer {token}"

    def url(self, path):
        return f"{self.simulator.base_url}{path if path[:2] == '/_' else '/api/v2/' + path}"

    def get(self, path, **query):
        return self.session.get(self.url(path), params=query, timeout=10)

    def json(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, action, **arguments):
        answer = self.session.post(self.url(f"/_simulator/{action}"), json=arguments, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def walk_cursor(self, path, key, **query):
        query |= {"start_time": 0}
        while True:
            page = self.json(f"incremental/{path}", **query)
            yield from page[key]
            if page["end_of_stream"]:
                return
            query.pop("start_time", None)
            query["cursor"] = page["after_cursor"]

    def walk_time(self, path, key, start=0, **query):
        while True:
            page = self.json(f"incremental/{path}", start_time=start, **query)
            yield from page[key]
            if page["end_of_stream"]:
                return
            assert page["end_time"] > start, "time paging stands still"
            start = page["end_time"]

    def walk_list(self, path, key, size=7, **query):
        query |= {"page[size]": size}
        while True:
            page = self.json(path, **query)
            yield from page[key]
            if not page["meta"]["has_more"]:
                return
            query["page[after]"] = page["meta"]["after_cursor"]


@pytest.fixture
def make_site():
    made = []

    def make(**options):
        made.append(Site(**options))
        return made[-1]

    yield make
    for site in made:
        site.simulator.stop()
        site.session.close()


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def limited(make_site):
    return make_site(tickets=5, rate_limits=RateLimits(account=12, exports=3))
