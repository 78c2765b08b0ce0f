"""Any sequence of changes, faults, deaths and clock steps, over each way of reading a stream.

Without Dagster: `integration/test_state_machine` has its assets.
"""

import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole
from zendesk_assets_tests.machines import run_machine

# Every pagination and completion, every trait of a stream that changes how it is read.
STREAMS = (
    "access_logs", "account_overview", "agents_activity", "approval_requests", "articles",
    "audit_logs", "calls", "custom_object_records", "engagements", "jira_links", "organizations",
    "post_comments", "routing_instance_events", "schedule_holidays", "side_conversation_events",
    "sla_policies", "survey_responses", "ticket_events", "tickets", "users", "webhook_invocations",
)  # fmt: skip
LISTS = ("approval_requests", "jira_links", "post_comments", "schedule_holidays", "sla_policies")
FAULTS = ("status", "reset", "truncate", "bad_json", "html", "empty_page", "duplicate_page")
# In a walk that continues, an empty page of it looks like a quiet hour: the next walk looks again.
OPEN_ENDED = "calls"
FORGOTTEN = "webhook_invocations"  # after a week, which a machine may live for

pick = st.integers(0, 10_000)
stream = st.sampled_from(STREAMS)


class ReadingMachine(RuleBasedStateMachine):
    """Drives a small account; every comparison reads and loads all the streams."""

    def __init__(self):
        super().__init__()
        self.folder, self.held = Path(tempfile.mkdtemp()), ExitStack()
        self.clock = ManualClock(NOW)
        options = {"tickets": 12, "history_days": 5, "clock": self.clock}
        self.simulator = self.held.enter_context(Simulator(**options))
        self.account = self.simulator.account
        self.clock.advance(timedelta(minutes=30))
        self.site = Whole(self.folder, self.simulator, self.clock)
        self.site.page_size = 7
        self.held.callback(self.site.client.close)

    def teardown(self):
        self.held.close()
        shutil.rmtree(self.folder)

    def _ticket(self, number):
        alive = [
            each.id
            for each in self.account.tickets.values()
            if each.deleted_at is None and each.status != "closed"
        ]
        return alive[number % len(alive)]

    @rule(number=pick, channel=st.sampled_from(["web", "voice"]))
    def create_ticket(self, number, channel):
        self.account.create_ticket(f"Question {number}", "Help, please.", via=channel)

    @rule(number=pick, status=st.sampled_from(["open", "pending", "solved"]))
    def update_ticket(self, number, status):
        agent = self.account.admin_id
        self.account.update_ticket(self._ticket(number), status=status, assignee_id=agent)

    @rule(number=pick)
    @precondition(lambda self: len(self.account.tickets) > 8)
    def delete_ticket(self, number):
        self.account.delete_ticket(self._ticket(number))

    @rule(number=pick)
    def ask_the_workshop(self, number):
        self.account.start_side_conversation(self._ticket(number))

    @rule(name=st.sampled_from(LISTS), count=st.integers(1, 9))
    def add_rows(self, name, count):
        self.account.create_row(name, count=count)

    @rule(name=st.sampled_from(LISTS), number=pick)
    def remove_a_row(self, name, number):
        if len(keys := [*self.account.list_rows(name)]) > 3:
            self.account.delete_row(name, keys[number % len(keys)])

    @rule(number=pick)
    def change_records(self, number):
        self.account.create_record("equipment", f"Machine {number}")
        if number % 3 == 0:
            records = self.simulator.expected("custom_object_records")
            alive = [each["id"] for each in records if each["name"] != "[DELETED]"]
            self.account.delete_record(alive[number % len(alive)])

    @rule(minutes=st.sampled_from([1, 15, 180, 1_500]))
    def wait(self, minutes):
        self.clock.advance(timedelta(minutes=minutes))

    @rule(name=stream, kind=st.sampled_from(FAULTS), after=st.integers(0, 3))
    def break_a_page(self, name, kind, after):
        path = f"/api/v2{declared().streams[name].path.partition('{}')[0]}"
        self.simulator.faults.add(kind, path=path, after=after)

    @rule(name=stream, pages=st.integers(1, 4))
    def die_in_mid_walk(self, name, pages):
        self.site.walk(name, pages=pages)

    @rule()
    def read_all_and_compare(self):
        self.clock.advance(timedelta(days=1))  # so that every list is due, and everything shows
        for name in STREAMS:
            self.site.walk(name)
            if name == OPEN_ENDED:
                self._end_faults(name)
                self.site.walk(name)
            loaded = self.site.load(name)
            look = loaded.wrong_but_for_the_past if name == FORGOTTEN else loaded.wrong
            assert look(name) == []

    def _end_faults(self, name):
        rules, path = self.simulator.faults.rules, declared().streams[name].path
        rules[:] = [each for each in rules if path not in each.path]


def test_every_way_of_reading_is_among_the_streams():
    def way(name):
        one = declared().streams[name]
        return one.pagination, one.completion, len(one.parent.line) if one.parent else 0

    assert {*map(way, declared().streams)} - {*map(way, STREAMS)} == set()


@pytest.mark.long
@pytest.mark.slow(seconds=25)
def test_after_any_sequence_each_table_equals_the_account_however_it_is_read():
    run_machine(ReadingMachine, examples=2, steps=14)
