"""Views that answer with names, on what was synced over HTTP: they equal the account's own story.

One life for both engines: half a year with a holiday and a change of clocks in it.
"""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.analysis import VIEWS, views_for
from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.simulator.account.survey_responses import survey_responses
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import open_duckdb, open_postgres, put_views
from zendesk_assets_tests.analysis import truth_of_work as truth
from zendesk_assets_tests.hub.site import Site
from zendesk_assets_tests.postgres import database, new_database

pytestmark = pytest.mark.slow(seconds=0.5)  # in one piece, for the account that they share
NOW = datetime(2026, 11, 9, 20, tzinfo=UTC)
TABLES = sorted({name for view in VIEWS.values() for name in (*view.reads, *view.reads_if_there)})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An account whose streams are in a hub."""
    clock = ManualClock(NOW)
    folder = tmp_path_factory.mktemp("named")
    with Simulator(tickets=120, history_days=150, clock=clock) as account:
        site = Site(folder, account, clock)
        _live(account.account, clock)
        clock.advance(timedelta(minutes=30))
        for stream in {declared().collections[name].stream for name in TABLES}:
            list(site.sync(stream).run(Window(EPOCH, clock.now() + timedelta(days=1))))
        yield site


def _live(account, clock):
    """Let happen what a seed does not do."""
    agents = [user.id for user in account.users.values() if user.role != "end-user"]
    groups = [group.id for group in account.groups.values() if not group.deleted]
    customers = [user.id for user in account.users.values() if user.role == "end-user"]
    first, second = (account.create_ticket(f"Ticket {n}", "Help") for n in range(2))
    left = account.create_user("Lea Former", "lea@acme.example", role="agent")
    account.update_ticket(first, "Me first", author_id=left, assignee_id=left, group_id=groups[0])
    clock.advance(timedelta(hours=15))
    account.update_ticket(first, "And?", author_id=account.tickets[first].requester_id)
    account.update_ticket(first, "A note", public=False, author_id=agents[3])
    account.update_ticket(first, "I am in CC", author_id=customers[-1])
    clock.advance(timedelta(hours=3, seconds=59))
    account.update_ticket(first, "Here", author_id=agents[3], status="solved")
    account.update_ticket(first, "One more thing", author_id=agents[4])
    account.update_ticket(first, assignee_id=agents[4], group_id=groups[1], status="open")
    account.update_user(left, role="end-user")  # an agent of the past
    account.update_ticket(second, assignee_id=agents[2], group_id=groups[2])
    account.update_ticket(second, assignee_id=None, group_id=groups[2])
    account.update_ticket(second, brand_id=account.brand_ids[1], tags=["vip", "vip", "new"])
    for minutes in (30, 60 * 24 * 30):
        ticket = account.create_ticket(f"Within {minutes} minutes")
        account.apply_sla(ticket, minutes=minutes, business_hours=minutes > 60)
    clock.advance(timedelta(days=2))
    account.update_ticket(ticket, "Done", status="solved", group_id=groups[0])
    rated = [each for each in truth.alive(account) if each.rating and each.assignee_id][:2]
    account.rate_ticket(rated[0].id, "bad", "No")
    account.rate_ticket(rated[0].id, "good")
    account.rate_ticket(rated[1].id, "offered")
    account.delete_ticket(rated[1].id)


class Tables:
    """The tables in one warehouse, schema `s`, with the views on them."""

    def __init__(self, site, warehouse):
        self.site, self.warehouse, self.account = site, warehouse, site.account.account
        self.load("s", TABLES)

    def load(self, schema, collections):
        for collection in map(declared().collections.get, collections):
            batches = self.site.hub.batches(collection.stream)
            files = [self.site.hub.files(each) for each in batches]
            self.warehouse.load(schema, collection, files)
        views = [view.as_view() for view in views_for(collections)]
        put_views(self.warehouse, schema, views, partly=True)

    def ask(self, columns, view, schema="s"):
        query = f"SELECT {columns} FROM {schema}.{view}"
        return [tuple(row) for row in self.warehouse.query(query).rows]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def tables(request, site, tmp_path_factory):
    with ExitStack() as stack:
        if request.param == "duckdb":
            yield Tables(site, open_duckdb(tmp_path_factory.mktemp("named") / "w.duckdb"))
            return
        server = stack.enter_context(database())
        yield Tables(site, open_postgres(stack.enter_context(new_database(server))))


def test_every_reply_has_its_agent_and_both_waits(tables):
    account = tables.account
    (schedule, _), holidays = (
        list(account.list_rows(name).values()) for name in ("schedules", "schedule_holidays")
    )
    closed = [each for each in holidays if each["schedule_id"] == schedule["id"]]
    expected = {
        number: (
            ticket,
            account.users[agent].name,
            truth.as_moment(asked),
            truth.as_moment(replied),
            (replied - asked) // 60,
            truth.business_minutes(schedule, closed, asked, replied),
            is_first,
        )
        for number, (ticket, agent, asked, replied, is_first) in truth.replies(account).items()
    }
    found = tables.ask(
        "comment_id, ticket_id, agent_name, waiting_since, replied_at, minutes, minutes_business, "
        "is_first",
        "analysis_replies",
    )

    assert {number: tuple(rest) for number, *rest in found} == expected
    assert sum(row[5] > 0 for row in expected.values()) > 20
    assert "Lea Former" in {row[1] for row in expected.values()}


def test_first_replies_are_what_zendesk_measured(tables):
    measured = {
        row["ticket_id"]: tuple(row["reply_time_in_minutes"].values())
        for row in tables.site.account.expected("ticket_metrics")
    }
    found = tables.ask("ticket_id, minutes, minutes_business, is_first", "analysis_replies")

    firsts = {ticket: (minutes, business) for ticket, minutes, business, first in found if first}
    assert firsts == {ticket: measured[ticket] for ticket in firsts}
    assert len(firsts) > 80


def test_handling_is_that_of_the_tickets_story(tables):
    found = tables.ask(
        "ticket_id, agent_replies, internal_notes, customer_comments, touches, reopens, "
        "group_handovers, assignee_handovers, is_first_contact_resolved",
        "analysis_ticket_handling",
    )
    expected = truth.handling(tables.account)

    assert {ticket: tuple(rest) for ticket, *rest in found} == expected
    for place in range(8):
        assert len({row[place] for row in expected.values()}) > 1, place


def test_the_backlog_by_group_agent_and_brand_is_that_of_each_day(tables):
    days = {}
    for day, group, agent, brand, count in tables.ask(
        "day, group_id, assignee_id, brand_id, unsolved_tickets", "analysis_backlog_by_group"
    ):
        assert (group, agent, brand) not in days.setdefault(day, {})
        days[day][group, agent, brand] = count
    assert max(days) == (NOW + timedelta(hours=18, days=2)).date()

    for day, found in days.items():
        assert found == truth.backlog(tables.account, day), day
    total = {day: sum(found.values()) for day, found in days.items()}
    assert total == {
        day: count
        for day, count in tables.ask("day, unsolved_tickets", "analysis_backlog_by_day")
        if count
    }


def test_targets_are_met_or_missed_as_zendesk_says(tables):
    events = sorted(tables.site.account.expected("ticket_metric_events"), key=lambda e: e["time"])
    found = {
        tuple(key): (policy, met, breached)
        for *key, policy, met, breached in tables.ask(
            "ticket_id, metric, instance_id, policy_name, is_met, is_breached", "analysis_slas"
        )
    }

    assert found == truth.slas(tables.account, events)
    assert {row[1:] for row in found.values()} >= {(True, False), (False, True)}


def test_a_ticket_is_asked_about_once_with_agent_and_group(tables):
    columns = "ticket_id, score, assignee_name, group_name"
    names = {user.id: user.name for user in tables.account.users.values()}
    groups = {group.id: group.name for group in tables.account.groups.values()}
    expected = {
        ticket: (score, names.get(agent), groups.get(group))
        for ticket, (score, agent, group) in truth.answers(tables.account).items()
    }

    found = tables.ask(columns, "analysis_satisfaction")
    assert {ticket: tuple(rest) for ticket, *rest in found} == expected
    assert len(found) == len(expected) > 20


def test_an_answer_to_a_survey_has_its_number_though_there_are_ratings_too(tables):
    responses = survey_responses(tables.account)
    given = {
        int(each["subjects"][0]["id"]): each["answers"][0]["rating"]
        for each in sorted(responses, key=lambda each: each["id"])
        if each["answers"]
    }
    found = tables.ask("ticket_id, rating", "analysis_satisfaction")

    assert {ticket: rating for ticket, rating in found if rating} == given


def test_surveys_alone_say_the_same(tables):
    tables.load("surveys", ["survey_responses", "tickets", "groups", "users"])
    found = tables.ask("ticket_id, score, source", "analysis_satisfaction", "surveys")

    expected = truth.answers(tables.account)
    assert sorted(found) == sorted((key, row[0], "survey") for key, row in expected.items())


def test_tags_and_requesters_are_counted(tables):
    tags = {
        (month, tag): tuple(counts)
        for month, tag, *counts in tables.ask(
            "month, tag, tickets, unsolved_tickets", "analysis_tags"
        )
    }
    assert tags == truth.tags(tables.account)
    columns = "requester_id, tickets, contacts, email_domain"
    found = {key: tuple(rest) for key, *rest in tables.ask(columns, "analysis_requesters")}
    assert found == truth.requesters(tables.account)


def test_names_and_labels_stand_beside_ids(tables):
    account = tables.account
    forms = {row["id"]: row["name"] for row in account.list_rows("ticket_forms").values()}
    brands = {row["id"]: row["name"] for row in account.list_rows("brands").values()}
    names = {user.id: user.name for user in account.users.values()}
    (product,) = [field for field in account.fields if field.title == "Product"]
    labels = {tag: label for label, tag in product.options}
    expected = {
        ticket.id: (
            names.get(ticket.assignee_id),
            names[ticket.requester_id],
            brands[ticket.brand_id],
            forms[ticket.ticket_form_id],
        )
        for ticket in truth.alive(account)
    }
    columns = "assignee_name, requester_name, brand_name, form_name"
    for view, key in (("analysis_tickets", "id"), ("analysis_ticket_times", "ticket_id")):
        found = tables.ask(f"{key}, {columns}", view)
        assert {ticket: tuple(rest) for ticket, *rest in found} == expected
    found = dict(tables.ask("product, product_label", "analysis_tickets"))
    assert {tag: label for tag, label in found.items() if tag} == {
        tag: labels[tag] for tag in found if tag
    }


def test_without_the_collections_of_names_the_views_stay_and_names_are_missing(tables):
    few = ["tickets", "ticket_metrics", "ticket_events", "groups", "ticket_fields"]
    tables.load("few", few)
    columns = "ticket_id, assignee_id, assignee_name, brand_name, group_name"
    found = tables.ask(columns, "analysis_ticket_times", "few")

    assert {row[2:4] for row in found} == {(None, None)}
    assert len({row[1] for row in found} - {None}) > 3
    assert len({row[4] for row in found} - {None}) > 3
    assert {row[0] for row in tables.ask("minutes_business", "analysis_replies", "few")} == {None}
    assert {view.name for view in views_for(few)} == {
        "analysis_backlog_by_day", "analysis_backlog_by_group", "analysis_replies",
        "analysis_requesters", "analysis_reopen_rate", "analysis_tags", "analysis_ticket_handling",
        "analysis_ticket_times", "analysis_tickets",
    }  # fmt: skip
