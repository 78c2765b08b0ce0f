"""Any sequence of changes, restores, clock steps and syncs ends with tables like the account.

Through the Dagster assets, so that each sync costs seconds; `soak` does thousands without them.
"""

import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from zendesk_assets_tests.account import NOW, project
from zendesk_assets_tests.machines import run_machine

# What the rules below change; the others would be the same after every sync.
CHANGED = [
    "attachments", "groups", "organizations", "ticket_events", "ticket_metrics", "tickets",
]  # fmt: skip
pick = st.integers(0, 10_000)


class SyncMachine(RuleBasedStateMachine):
    """Drives a small account; every sync is followed by a comparison of all tables."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.held = ExitStack()
        settings = {"collections": {"include": CHANGED}}
        options = {"tickets": 12, "history_days": 20, "postgres": self.open_database()}
        self.context = project(self.folder, settings=settings, **options)
        self.project = self.context.__enter__()
        self.account = self.project.simulator.account
        self.days = 31

    def open_database(self):
        return ""

    def teardown(self):
        self.context.__exit__(None, None, None)
        self.held.close()
        shutil.rmtree(self.folder)

    def _ticket(self, number, *, deleted):
        tickets = self.project.simulator.expected("tickets")
        found = [
            each["id"]
            for each in tickets
            if (each["status"] == "deleted") == deleted
            and each["subject"] != "SCRUBBED"
            and (deleted or each["status"] != "closed")
        ]
        return found[number % len(found)] if found else None

    @rule(number=pick)
    def create_ticket(self, number):
        self.account.create_ticket(f"Question {number}", "Help, please.")

    @rule(number=pick, status=st.sampled_from(["open", "pending", "solved"]))
    def update_ticket(self, number, status):
        if ticket := self._ticket(number, deleted=False):
            self.account.update_ticket(ticket, status=status, priority="high")

    @rule(number=pick, public=st.booleans())
    def add_comment_with_attachment(self, number, public):
        if ticket := self._ticket(number, deleted=False):
            file = {"file_name": "log.txt", "content_type": "text/plain", "size": 12}
            self.account.add_comment(ticket, "See the log.", public=public, attachments=[file])

    @rule(number=pick)
    def touch_ticket(self, number):
        if ticket := self._ticket(number, deleted=False):
            self.account.touch_ticket(ticket)

    @rule(number=pick)
    def delete_ticket(self, number):
        if ticket := self._ticket(number, deleted=False):
            self.account.delete_ticket(ticket)

    @rule(number=pick)
    def restore_ticket(self, number):
        if ticket := self._ticket(number, deleted=True):
            self.account.restore_ticket(ticket)

    @rule(number=pick)
    def scrub_ticket(self, number):
        if ticket := self._ticket(number, deleted=True):
            self.account.scrub_ticket(ticket)

    @rule(number=pick)
    def change_a_group(self, number):
        groups = [each for each in self.project.simulator.expected("groups") if not each["deleted"]]
        if len(groups) > 1 and number % 3 == 0:
            self.account.delete_group(groups[number % len(groups)]["id"])
        else:
            self.account.update_group(groups[number % len(groups)]["id"], name=f"Team {number}")

    @rule(number=pick)
    def change_an_organization(self, number):
        every = self.project.simulator.expected("organizations")
        alive = [each["id"] for each in every if not each.get("deleted_at")]
        if number % 4 == 0 or len(alive) < 2:
            self.account.create_organization(f"Company {number} {len(every)}")
        elif number % 4 == 1:
            self.account.delete_organization(alive[number % len(alive)])
        else:
            self.account.update_organization(alive[number % len(alive)], notes=f"Note {number}")

    @rule(minutes=st.sampled_from([1, 2, 15, 180, 1_500, 4_000]))
    @precondition(lambda self: self.project.clock.now() < NOW + timedelta(days=60))
    def wait(self, minutes):
        self.project.clock.advance(timedelta(minutes=minutes))
        self.days = min(31, self.days + minutes // 1_440 + 1)

    @rule()
    def sync_and_compare(self):
        # Zendesk holds back the last minute; what was changed before it must be there.
        self.project.clock.advance(timedelta(minutes=2))
        self.project.sync(days=self.days)
        self.days = 2
        assert self.project.differences() == []


@pytest.mark.long
@pytest.mark.slow(seconds=60)
def test_after_any_sequence_of_changes_and_syncs_each_table_equals_the_account():
    run_machine(SyncMachine, examples=3, steps=14)
