"""Ways of reading that one collection each stands for: from HTTP to the table of the account."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import zstandard

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.hub import newest_walk
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window, due_after
from zendesk_assets.warehouse import CompleteWalk, open_duckdb
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.hub.site import NOW, Site


class Whole(Site):
    """A site that also loads its tables, as the asset of a table does.

    Its pages have `page_size` records, or as many as is declared.
    """

    page_size = 0

    def __init__(self, folder, account, clock):
        super().__init__(folder, account, clock)
        self.database = folder / "warehouse.duckdb"
        self.warehouse = open_duckdb(self.database)

    def sync(self, stream):
        found = super().sync(stream)
        size = self.page_size or found.stream.page_size
        return replace(found, stream=replace(found.stream, page_size=size))

    def walk(self, stream, pages=None, **options):
        """Sync a stream up to now; return the requests that it took."""
        self.account.requests.clear()
        window = Window(EPOCH, self.clock.now() + timedelta(days=1))
        walk = self.sync(stream).run(window, **options)
        for count, _batch in enumerate(walk, 1):
            if count == pages:
                break
        return list(self.account.requests)

    def load(self, stream):
        batches = self.hub.batches(stream)
        files = [self.hub.files(batch) for batch in batches]
        found = newest_walk(self.hub, stream)
        ids = [str(batch.id) for batch in found.batches] if found else []
        whole = found and CompleteWalk(frozenset(ids), ids[-1], found.started, unread=found.unread)
        for collection in declared().collections_of(stream):
            self.warehouse.load("s", collection, files, walk=whole if collection.vanishes else None)
        return self

    def wrong(self, stream):
        names = [each.name for each in declared().collections_of(stream)]
        return differences(self.database, "s", self.account, names)

    def wrong_but_for_the_past(self, stream):
        """Return what is wrong in the tables; what Zendesk has forgotten meanwhile is to stay."""
        return [each for each in self.wrong(stream) if not each.endswith("too much")]

    def records(self, stream):
        found = []
        for batch in self.hub.batches(stream):
            for part in self.hub.manifest(batch).parts:
                data = zstandard.ZstdDecompressor().decompress(self.hub.part(batch, part))
                found += [json.loads(line) for line in data.splitlines()]
        return found


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def site(tmp_path, clock):
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        clock.advance(timedelta(minutes=30))
        yield Whole(tmp_path, account, clock)


NEW = ("users", "group_memberships", "tags", "sla_policies", "schedules", "schedule_holidays")


@pytest.mark.parametrize("stream", [*NEW, "approval_requests", "jira_links", "talk_lines"])
def test_a_sync_makes_the_tables_of_the_account(site, stream):
    site.walk(stream)

    assert site.load(stream).wrong(stream) == []
    assert site.warehouse.row_count("s", declared().collections_of(stream)[0].name) > 0


@pytest.mark.parametrize("stream", NEW[1:])
def test_a_list_is_not_read_again_before_its_time(site, stream):
    site.walk(stream)
    due = due_after(site.clock.now(), declared().streams[stream].cadence)
    site.clock.advance(due - site.clock.now() - timedelta(seconds=1))
    assert site.walk(stream) == []
    site.clock.advance(timedelta(seconds=1))
    assert site.walk(stream) != []


@pytest.mark.parametrize(
    ("stream", "first", "due"),
    [
        ("tags", "2024-06-20T12:30", "2024-06-21T00:00"),
        ("tags", "2024-06-20T23:59", "2024-06-21T00:00"),
        ("tags", "2024-06-21T00:00", "2024-06-22T00:00"),
        ("sla_policies", "2024-06-20T12:30", "2024-06-20T13:00"),
    ],
)
def test_a_list_is_read_once_in_each_day_or_hour_whenever_it_was_first_read(
    site, stream, first, due
):
    first, due = (datetime.fromisoformat(f"{each}:00+00:00") for each in (first, due))
    site.clock.advance(first - site.clock.now())
    site.walk(stream)
    read = []
    while site.clock.now() < due + timedelta(minutes=30):
        site.clock.advance(timedelta(minutes=15))
        read += [site.clock.now()] * bool(site.walk(stream))

    assert len(read) == 1
    assert due <= read[0] < due + timedelta(minutes=15)


def test_a_list_is_read_at_once_when_it_is_asked_for_again(site):
    site.walk("tags")

    assert site.walk("tags", refetch=True) != []


@pytest.mark.parametrize("stream", [*NEW[1:], "jira_links"])
def test_what_is_removed_from_a_list_is_deleted_in_its_table(site, stream):
    collection = stream
    site.walk(stream)
    site.load(stream)
    before = site.warehouse.row_count("s", collection)
    (key,) = declared().collections[collection].primary_key
    gone = next(iter(site.account.expected(collection)))[key]
    site.account.account.delete_row(collection, gone)
    site.account.account.create_row(collection, {key: "brand_new"} if key == "name" else {})
    site.clock.advance(timedelta(days=1))
    site.walk(stream)

    assert site.load(stream).wrong(stream) == []
    assert site.warehouse.row_count("s", collection) == before + 1


@pytest.mark.parametrize("resumed", [False, True])
def test_pages_that_land_within_a_second_are_one_walk_that_deletes(site, resumed):
    """Their batches' ids do not tell in which order they came."""
    name = "group_memberships"
    for _ in range(3):
        gone = next(iter(site.account.expected(name)))["id"]
        site.account.account.delete_row(name, gone)
        site.account.account.create_row(name)
        site.clock.advance(timedelta(days=1))
        site.page_size = 2
        if resumed:
            site.walk(name, pages=4)
        site.walk(name)
        assert len(newest_walk(site.hub, name).batches) > 4
        assert site.load(name).wrong(name) == []


def test_a_sync_of_all_default_areas_with_nothing_new_costs_at_most_fourteen_requests(site):
    streams = dict.fromkeys(declared().collections[one].stream for one in declared().by_default)
    first = sum(len(site.walk(each)) for each in streams)
    later = []
    for _ in range(8):
        site.clock.advance(timedelta(hours=3))
        later.append(sum(len(site.walk(each)) for each in streams))

    once_a_day = max(later)
    assert sorted(later)[-2] <= 14
    assert once_a_day <= 14 + first


# Lists by offset.


def test_a_list_by_offset_of_several_pages_is_complete(site):
    site.account.account.create_row("sla_policies", count=250)
    requests = site.walk("sla_policies")

    assert len(requests) == -(-len(site.account.expected("sla_policies")) // 100)
    assert site.load("sla_policies").wrong("sla_policies") == []


def test_pages_of_changing_sizes_leave_no_record_out(site):
    site.account.account.create_row("sla_policies", count=250)
    site.account.faults.add("status", status=504, path="/slas/policies", after=1)
    site.walk("sla_policies")

    assert site.load("sla_policies").wrong("sla_policies") == []


# A list whose cursor is a parameter of its own.


def test_a_list_with_its_own_cursor_is_complete(site):
    site.account.account.create_row("approval_requests", count=250)
    first, *others = site.walk("approval_requests")

    assert len(others) == 2
    assert first.query == {}
    assert all(request.query.keys() == {"after_cursor"} for request in others)
    assert site.load("approval_requests").wrong("approval_requests") == []


# Children of a small parent.


def test_each_parent_costs_one_request_and_their_list_one(site):
    requests = site.walk("schedule_holidays")

    assert len(requests) == 1 + len(site.account.expected("schedules"))


def test_a_child_lies_in_the_hub_as_it_was_sent_with_its_parents_id_around_it(site):
    site.walk("schedule_holidays")
    schedules = {row["id"] for row in site.account.expected("schedules")}

    for record in site.records("schedule_holidays"):
        assert set(record) == {"schedule_id", "holiday"}
        assert record["schedule_id"] in schedules
        assert set(record["holiday"]) == {"id", "name", "start_date", "end_date"}


def test_a_walk_of_children_that_was_cut_short_begins_again(site):
    site.account.account.create_row("schedules", count=3)
    first = site.walk("schedule_holidays", pages=1)
    second = site.walk("schedule_holidays")

    assert 0 < len(first) < len(second)
    assert site.load("schedule_holidays").wrong("schedule_holidays") == []


def test_without_any_parent_the_list_is_complete_and_empty(site):
    site.walk("schedule_holidays")
    site.load("schedule_holidays")
    site.account.account.delete_rows("schedules")
    site.account.account.delete_rows("schedule_holidays")
    site.clock.advance(timedelta(days=1))

    assert len(site.walk("schedule_holidays")) == 1
    assert newest_walk(site.hub, "schedule_holidays").batches[-1].window


# A list beside another in the same pages.


def test_identities_come_in_the_pages_of_their_users(site):
    requests = site.walk("users")

    assert all(request.path == "/api/v2/incremental/users/cursor" for request in requests)
    assert all("identities" in record for record in site.records("users"))


def test_an_identity_that_a_user_no_longer_has_is_deleted(site):
    site.walk("users")
    site.load("users")
    account = site.account.account
    identity = next(iter(site.account.expected("user_identities")))
    account.remove_identity(identity["user_id"], identity["id"])
    account.add_identity(identity["user_id"], "new@example.com")
    site.clock.advance(timedelta(hours=3))
    site.walk("users")

    assert site.load("users").wrong("users") == []
    query = f"SELECT _deleted FROM s.user_identities WHERE id = {identity['id']}"
    assert site.warehouse.query(query).rows == ((True,),)


def test_a_page_without_the_second_list_deletes_no_identity(site):
    site.walk("users")
    site.load("users")
    user = next(row for row in site.account.expected("users") if row["active"])
    site.account.account.update_user(user["id"], notes="changed")
    site.clock.advance(timedelta(hours=3))
    alone = replace(site.sync("users"), stream=replace(declared().streams["users"], include=()))
    assert [batch.records for batch in alone.run(Window(EPOCH, site.clock.now()))] != []
    site.load("users")

    assert differences(site.database, "s", site.account, ["users"]) == []
    query = "SELECT count(*) FROM s.user_identities WHERE _deleted"
    assert site.warehouse.query(query).rows == ((0,),)


# Budgets and refusals.


def test_users_are_charged_to_their_own_limit(site):
    buckets = {request.bucket for request in site.walk("users")}

    assert buckets == {"users_export"}


def test_what_the_plan_does_not_include_is_asked_for_once_a_day(site):
    site.account.make_unavailable("slas/policies", reason="restricted")
    with pytest.raises(UnavailableError):
        site.walk("sla_policies")
    asked = len(site.account.requests)
    site.clock.advance(timedelta(hours=3))
    with pytest.raises(UnavailableError):
        site.walk("sla_policies")
    assert (asked, len(site.account.requests)) == (1, 0)

    site.clock.advance(timedelta(hours=21))
    with pytest.raises(UnavailableError):
        site.walk("sla_policies")
    assert len(site.account.requests) == 1
    site.account.make_available("slas/policies")
    site.clock.advance(timedelta(days=1))
    site.walk("sla_policies")
    assert site.load("sla_policies").wrong("sla_policies") == []


# Users who are deleted and wiped.


def test_deleted_and_wiped_users_are_marked(site):
    users = [row for row in site.account.expected("users") if row["role"] == "end-user"]
    site.account.account.delete_user(users[0]["id"])
    site.account.account.delete_user(users[1]["id"])
    site.account.account.wipe_user(users[1]["id"])
    site.clock.advance(timedelta(hours=1))
    site.walk("users")

    assert site.load("users").wrong("users") == []
    ids = f"({users[0]['id']}, {users[1]['id']})"
    query = f"SELECT id, _deleted, _scrubbed FROM s.users WHERE id IN {ids} ORDER BY id"
    found = set(site.warehouse.query(query).rows)
    assert found == {(users[0]["id"], True, False), (users[1]["id"], True, True)}


def test_a_parent_that_is_deleted_during_the_walk_ends_nothing(site):
    site.account.faults.add("status", status=404, path="/business_hours/schedules/", times=1)
    site.walk("schedule_holidays")

    assert newest_walk(site.hub, "schedule_holidays") is not None
