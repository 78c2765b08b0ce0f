"""What people do to an account, drawn by chance: small changes, floods, deletions, restores."""

from datetime import timedelta

from zendesk_assets.simulator import Simulator

STATUSES = ("open", "pending", "hold", "solved")
FILE = {"file_name": "log.txt", "content_type": "text/plain", "size": 12}


class RestlessSimulator(Simulator):
    """An account on which something can happen while it is being asked."""

    def __init__(self, **options):
        self.meanwhile = None
        super().__init__(**options)

    def answer(self, request):
        if self.meanwhile:
            self.meanwhile()
        return super().answer(request)


class Changes:
    """Makes changes of an account's state."""

    def __init__(self, account, draw):
        self.account, self.draw = account, draw

    def make_one(self):
        """Do something; return what."""
        kinds = (
            *(self.create_ticket, self.update_ticket, self.update_ticket, self.comment) * 2,
            *(self.touch_ticket, self.delete_ticket, self.restore_ticket, self.scrub_ticket),
            *(self.rate_ticket, self.add_activity, self.change_group, self.change_organization),
            *(self.make_call, self.ask_the_workshop),
        )
        change = self.draw.choice(kinds)
        change()
        return change.__name__

    def flood(self):
        """Let more things happen in one second than a page holds (trap T6)."""
        self.account.flood_events(self.draw.randint(20, 90))
        self.account.flood_organizations(self.draw.randint(1, 60))

    def create_ticket(self):
        self.account.create_ticket(f"Question {self.draw.randint(1, 10**6)}", "Help, please.")

    def make_call(self):
        self.account.create_ticket(f"Call {self.draw.randint(1, 10**6)}", via="voice")

    def ask_the_workshop(self):
        if ticket := self._pick(deleted=False):
            self.account.start_side_conversation(ticket)

    def update_ticket(self):
        if ticket := self._pick(deleted=False):
            status, priority = self.draw.choice(STATUSES), self.draw.choice(("low", "high"))
            self.account.update_ticket(ticket, status=status, priority=priority)

    def comment(self):
        if ticket := self._pick(deleted=False):
            files = [FILE] * self.draw.randint(0, 2)
            self.account.add_comment(
                ticket, "Grüße ✓", public=self.draw.random() < 0.5, attachments=files
            )

    def touch_ticket(self):
        if ticket := self._pick(deleted=False):
            self.account.touch_ticket(ticket)

    def delete_ticket(self):
        if ticket := self._pick(deleted=False):
            self.account.delete_ticket(ticket)

    def restore_ticket(self):
        if ticket := self._pick(deleted=True):
            self.account.restore_ticket(ticket)

    def scrub_ticket(self):
        if ticket := self._pick(deleted=True):
            self.account.scrub_ticket(ticket)

    def rate_ticket(self):
        if ticket := self._pick(deleted=False):
            self.account.rate_ticket(ticket, self.draw.choice(("offered", "good", "bad")))

    def add_activity(self):
        if ticket := self._pick(deleted=False):
            self.account.add_activity(ticket, text=f"Note {self.draw.randint(1, 10**6)}")

    def change_group(self):
        alive = [each.id for each in self.account.groups.values() if not each.deleted]
        kind = self.draw.random()
        if kind < 0.3 or len(alive) < 2:
            self.account.create_group(f"Team {self.draw.randint(1, 10**6)}")
        elif kind < 0.5:
            self.account.delete_group(self.draw.choice(alive))
        else:
            name = f"Team {self.draw.randint(1, 10**6)}"
            self.account.update_group(self.draw.choice(alive), name=name)

    def change_organization(self):
        every = self.account.organizations.values()
        alive = [each.id for each in every if each.deleted_at is None]
        kind = self.draw.random()
        if kind < 0.3 or len(alive) < 2:
            self.account.create_organization(f"Company {self.draw.randint(1, 10**6)}")
        elif kind < 0.5:
            self.account.delete_organization(self.draw.choice(alive))
        else:
            notes = f"Note {self.draw.randint(1, 10**6)}"
            self.account.update_organization(self.draw.choice(alive), notes=notes)

    def _pick(self, *, deleted):
        found = [
            each.id
            for each in self.account.tickets.values()
            if (each.deleted_at is not None) == deleted
            and not each.scrubbed
            and (deleted or each.status != "closed")
        ]
        return self.draw.choice(found) if found else None


def some_time(draw, shortest, longest):
    """Return between so many minutes."""
    return timedelta(seconds=draw.randint(shortest * 60, longest * 60))
