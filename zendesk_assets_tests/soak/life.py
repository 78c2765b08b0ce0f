"""The life of a project: days of changes, syncs, faults, deaths and replays, drawn from one seed.

The account's state is the judge. What happened is written into a journal; the same seed writes the
same journal.
"""

import hashlib
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb

from zendesk_assets.catalog import declared
from zendesk_assets.hub import gaps
from zendesk_assets.settings.sources import Source
from zendesk_assets.simulator import RateLimits
from zendesk_assets.spec import EPOCH, Completion, Window
from zendesk_assets.why import explain
from zendesk_assets.zendesk import Limits
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.kinds import USUAL
from zendesk_assets_tests.soak import work
from zendesk_assets_tests.soak.changes import Changes, RestlessSimulator, some_time
from zendesk_assets_tests.soak.processes import Forks, SharedClock

BIRTH = datetime(2024, 6, 20, 12, tzinfo=UTC)
HISTORY = 20  # days of the account before the project begins
SETTLE = timedelta(minutes=10)
CHECK_EVERY = 25  # days
LONGEST_GAP = 9  # days without any sync; Zendesk forgets activities after 30
PAGE = 50
CORE, EXPORTS = 200, 10

# What is asked again for each: see hub/test_fault_matrix.py. A cursor that is refused costs a list
# what was read of it.
FAULTS = (
    {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    {"kind": "status", "status": 429},
    *({"kind": "status", "status": status} for status in (500, 502, 503, 504, 520)),
    {"kind": "reset"},
    {"kind": "truncate"},
    {"kind": "bad_json"},
    {"kind": "html"},
    {"kind": "empty_page"},
    {"kind": "duplicate_page"},
)
COST_OF_A_FAULT = 3
MOST_PARENTS = 3  # whose lists are one walk: brands, schedules, kinds of skills, custom objects
EXPLAINED = ("tickets", "ticket_metrics", "ticket_events", "users", "user_identities")
SOME_ROWS = 4
# What `why` says where the table shows a state that the hub has no longer.
GONE = "hub prune|moved aside as damaged"
NO_AUTH = {"type": "bearer", "token": "none"}
# Lists that are read once a day are not as the account is at the moment of the comparison.
COMPARED = (
    *USUAL, "ticket_metric_events", "users", "user_identities", "calls", "call_legs",
    "side_conversation_events",
)  # fmt: skip


class Life:
    """Lives day by day; `check` says what in the tables is not as the account has it."""

    def __init__(self, folder, seed):
        self.folder, self.seed, self.draw = Path(folder), seed, Random(seed)
        self.clock = SharedClock(self.folder / "clock")
        self.clock.set(BIRTH)
        self.forks = Forks("zendesk_assets_tests.soak.work")
        self.journal, self.days, self.checked = [], 0, 0
        self.syncs, self.deaths, self.struck = 0, 0, 0
        self.forgotten = False  # whether records were pruned that no replay can bring

    @contextmanager
    def begun(self):
        """Start the account."""
        limits = RateLimits(account=CORE, exports=EXPORTS)
        with RestlessSimulator(
            tickets=60, history_days=HISTORY, seed=self.seed % 997, clock=self.clock,
            rate_limits=limits,
        ) as self.simulator:  # fmt: skip
            self.changes = Changes(self.simulator.account, self.draw)
            self.site = work.Site(
                self.folder, self.simulator.base_url, self.simulator.token, self.clock, SETTLE,
                PAGE, Limits(CORE, EXPORTS),
            )  # fmt: skip
            # Else deaths may put off the first one until Zendesk has forgotten some.
            window = Window(EPOCH, BIRTH + timedelta(days=1))
            self._run(work.sync_source, ["activities"], window, False, quiet=True)
            yield self

    def live_a_day(self):
        """Let a day pass, or several on which nothing is synced."""
        self.days += 1
        for _ in range(self.draw.randint(1, 3)):
            self._change(self.draw.randint(0, 4))
            self.clock.advance(some_time(self.draw, 1, 240))
            if self.draw.random() < 0.3:
                self._sync_source()
            if self.draw.random() < 0.1:
                self._sync_warehouse()
        chance = self.draw.random()
        if chance < 0.05:
            self.changes.flood()
            self._note("flood")
        elif chance < 0.15:
            self.draw.choice((self._prune, self._clean, self._replay, self._drop, self._damage))()
        elif chance < 0.25:
            self._pass_days(self.draw.randint(2, LONGEST_GAP))
        self._pass_days(1)

    def check(self):
        """Sync all there is, undisturbed, and assert that nothing is wrong."""
        self.checked = self.days // CHECK_EVERY
        self.simulator.account.set_export_delay(0)
        self.clock.advance(timedelta(minutes=20))  # for what shows late to show
        self._sync_source(days=None, quiet=True)
        self._sync_warehouse(quiet=True)
        found = differences(self.site.database, work.SCHEMA, self.simulator, COMPARED)
        found += self._twice()
        found += self._unexplained()
        self._note(f"checked: {len(found)} differences, tables {self._digest()}")
        assert not found, "\n".join(found[:20])

    # What happens to the account.

    def _change(self, count):
        made = [self.changes.make_one() for _ in range(count)]
        self._note(f"changes: {', '.join(made)}")

    def _pass_days(self, count):
        """Go on until as many midnights have passed, with a change now and then."""
        self.days += count - 1
        for _ in range(count):
            midnight = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
            minutes = int((midnight + timedelta(days=1) - self.clock.now()).total_seconds()) // 60
            self.clock.advance(timedelta(minutes=minutes, seconds=self.draw.randint(0, 7_200)))
            self._change(self.draw.randint(0, 3))
        self.simulator.account.set_export_delay(self.draw.choice((0, 0, 60, 300)))

    # What the project does.

    def _sync_source(self, days=0, *, quiet=False, refetch=False):
        """Sync all streams for some days up to today, None being all since the history began."""
        if days == 0:
            days = self.draw.choice((1, 2, 3, None))
        midnight = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + timedelta(days=1)
        first = BIRTH.replace(hour=0) - timedelta(days=HISTORY + 1)
        start = first if days is None else max(first, end - timedelta(days=days))
        names = self._some(declared().streams, all_of_them=True)
        self._disturb(quiet=quiet)
        self._expect_few_requests(
            lambda: self._run(
                work.sync_source, names, Window(start, end), refetch, quiet=quiet, most=800
            ),
            Window(start, end),
        )
        self.syncs += 1

    def _disturb(self, *, quiet):
        """Plan faults, and changes while pages are being asked for."""
        self.simulator.faults.clear()
        self.simulator.meanwhile = None
        if quiet:
            return
        for _ in range(self.draw.choice((0, 0, 1, 2))):
            rule = self.draw.choice(FAULTS)
            self.simulator.faults.add(after=self.draw.randint(0, 9), times=1, **rule)
        if self.draw.random() < 0.4:
            self.simulator.meanwhile = self._maybe_change

    def _maybe_change(self):
        if self.draw.random() < 0.3:
            self.changes.make_one()

    def _expect_few_requests(self, sync, window):
        """Assert the bound: a page for each hole and each pageful, and what faults cost."""
        hub = self.site.hub()
        before = {name: hub.batches(name) for name in declared().streams}
        walks = sum(self._walks(name, before[name], window) for name in declared().streams)
        self.simulator.requests.clear()
        sync()
        self.simulator.meanwhile = None
        struck = sum(rule.struck for rule in self.simulator.faults.rules)
        records = {name: self._landed(hub, name, before[name]) for name in declared().streams}
        asked = len(self.simulator.requests)
        pages = sum(2 * count // PAGE for count in records.values())
        most = walks + pages + COST_OF_A_FAULT * struck
        self.struck += struck
        self._note(
            f"source sync: {asked} requests, at most {most}; {sum(records.values())} records"
        )
        assert asked <= most, f"{asked} requests instead of {most}"
        refused = [each for each in self.simulator.requests if each.status == 429]
        planned = [r for r in self.simulator.faults.rules if r.struck and r.status == 429]
        assert len(refused) == len(planned), "the rate limit was exceeded"

    def _walks(self, name, batches, window):
        stream = declared().streams[name]
        if stream.completion is not Completion.CONTINUE:
            # An empty page that may be a mistake is asked for twice.
            return (
                1
                + sum(map(self._lists, stream.parent.line if stream.parent else ()))
                + bool(stream.following)
            )
        start = window.start if stream.partitioned else EPOCH
        return len(gaps(Window(start, window.end), [each.window for each in batches])) + 1

    def _lists(self, parent):
        """Return how many lists the records of a parent have, and the pages that show them."""
        if parent.parent is None:
            return MOST_PARENTS
        owners = len(self.simulator.expected(parent.records_key))
        return owners + 2 * owners // PAGE

    def _landed(self, hub, name, before):
        return sum(hub.manifest(each).records for each in set(hub.batches(name)) - set(before))

    def _sync_warehouse(self, *, quiet=False):
        names = self._some(declared().collections, all_of_them=quiet)
        troubles = self._run(work.sync_warehouse, names, quiet=quiet, most=3_000)
        assert not troubles, troubles

    # What operators do.

    def _prune(self):
        count = self._run(work.prune, timedelta(days=self.draw.randint(0, 40)), most=1_000)
        self.forgotten |= count != 0

    def _clean(self):
        self._run(work.clean, timedelta(hours=self.draw.randint(0, 5)), most=20)

    def _replay(self):
        troubles = self._run(
            work.sync_warehouse, self._some(declared().collections), True, most=3_000
        )
        assert not troubles, troubles

    def _drop(self):
        """Drop tables. What was pruned is asked for again, as the sentence of the load says."""
        names = [name for name in self._some(declared().collections) if name != "activities"]
        if self.site.database.exists():
            self._run(work.drop_tables, names, quiet=True)
        if self.forgotten:
            self._sync_source(days=None, quiet=True, refetch=True)
            self._sync_warehouse(quiet=True)

    def _damage(self):
        """Flip a byte of a part; then look for damage and read it again."""
        young = self.clock.now() - timedelta(days=20)
        hub = self.site.hub()
        known = [
            (name, batch)
            for name in sorted(declared().streams)
            for batch in hub.batches(name)
            if (manifest := hub.manifest(batch)).parts
            and not manifest.pruned
            and (name != "activities" or (manifest.oldest or batch.id.landed) > young)
        ]
        if not known:
            return
        _name, batch = self.draw.choice(known)
        (part,) = (self.folder / "hub" / batch.folder).glob("part-*")
        data = bytearray(part.read_bytes())
        data[self.draw.randrange(len(data))] ^= 1 << self.draw.randrange(8)
        part.write_bytes(data)
        streams = self._run(work.repair, quiet=True)
        assert streams == [_name], f"damage in {_name}, found in {streams}"
        self._sync_source(days=None)

    def _some(self, names, *, all_of_them=False):
        every = sorted(names)
        self.draw.shuffle(every)
        return every if all_of_them else every[: self.draw.randint(1, len(every))]

    def _run(self, function, *arguments, quiet=False, most=0):
        """Run a process. Unless all is to be `quiet` it may die at one of the first `most` calls.

        Returns what the function returned, None after a death.
        """
        seed = self.draw.getrandbits(32)
        dies = not quiet and self.draw.random() < 0.4
        early = self.draw.random() < 0.5  # else anywhere
        place = self.draw.random()
        die_at = 1 + int(most**place if early else most * place) if dies else 0
        result = self.forks.start(
            function, self.site, *arguments, seed=seed, die_at=die_at
        ).result()
        self.deaths += result is None
        what = "killed" if result is None else result
        self._note(f"{function.__name__} {arguments}: {what}")
        return result

    # What is found.

    def _twice(self):
        query = (
            "select collection, batch_id, count(*) from {}._loads group by all having count(*) > 1"
        )
        with duckdb.connect(str(self.site.database), read_only=True) as connection:
            rows = connection.execute(query.format(work.SCHEMA)).fetchall()
        return [f"loaded {count} times: batch {batch} in {name}" for name, batch, count in rows]

    def _unexplained(self):
        """Return of which rows `why` does not find, in the hub, what the table shows and why."""
        source = Source(nickname="Soak", schema=work.SCHEMA, subdomain="acme", auth=NO_AUTH)
        hub, warehouse, draw, wrong = self.site.hub(), self.site.warehouse(), Random(self.days), []
        for name in EXPLAINED:
            collection = declared().collections[name]
            rows = warehouse.rows(work.SCHEMA, name, collection.primary_key)
            for row in draw.sample(rows, min(SOME_ROWS, len(rows))):
                key = tuple(str(value) for value in row.values())
                history = explain(source, hub, warehouse, collection, key, str)
                if not history.agrees and not re.search(GONE, history.verdict[0]):
                    wrong.append(f"{history.name}: {history.verdict}, {history.notes}")
        return wrong

    def _digest(self):
        """Return a checksum of all tables, to compare two lives."""
        digest = hashlib.sha256()
        with duckdb.connect(str(self.site.database), read_only=True) as connection:
            for name in sorted(declared().collections):
                query = f"select * from {work.SCHEMA}.{name} order by 1"
                for row in connection.execute(query).fetchall():
                    digest.update(repr(row).encode())
        return digest.hexdigest()[:16]

    def _note(self, what):
        self.journal.append(f"{self.clock.now():%Y-%m-%d %H:%M:%S} {what}")
