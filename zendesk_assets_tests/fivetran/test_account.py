"""The relations on what a project has synced equal the account's own story, on both engines.

A project with `fivetran: true` makes them by itself; nothing here asks for them.
"""

import json
from contextlib import ExitStack
from datetime import timedelta

import dagster as dg
import duckdb
import psycopg
import pytest

from zendesk_assets.cli.plan import plan_sync
from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.orchestration import keys
from zendesk_assets.simulator.expected import expected_rows
from zendesk_assets_tests.account import NOW, SCHEMA, project
from zendesk_assets_tests.fivetran import truth
from zendesk_assets_tests.postgres import database, new_database

# In one piece, for the project that they share; the relations one by one are in `test_relations`.
pytestmark = [pytest.mark.slow(seconds=0.8), pytest.mark.long]

HOME = f"{SCHEMA}_fivetran"
READ = sorted({name for each in RELATIONS.values() for name in each.reads})


class Life:
    """A project whose account has had what a seed does not do, synced with all relations."""

    def __init__(self, here):
        self.here, self.account = here, here.simulator.account
        self.change()
        here.sync(days=61)
        # Views are refreshed after all loads, as the last run of a sync does.
        run = self.last_run(["tickets"])
        here.run([key for key in run.assets if key.path[0] == HOME])

    def last_run(self, names):
        here = self.here
        return plan_sync(here.source, names, SyncScope.WAREHOUSE, Span(), here.instance)[-1]

    def change(self):
        account = self.account
        live = [each for each in account.tickets.values() if each.deleted_at is None]
        open_ones = [each.id for each in live if each.status in {"new", "open", "pending"}][:7]
        for status in ("pending", "hold", "open"):  # within one second
            account.update_ticket(open_ones[0], status=status)
        account.update_ticket(open_ones[1], assignee_id=None)
        account.delete_ticket(open_ones[2])
        account.merge_tickets(open_ones[3], [open_ones[4]])
        account.apply_sla(open_ones[5], minutes=60)
        agents = [user.id for user in account.users.values() if user.role == "agent"]
        account.update_user(agents[-1], role="end-user")
        account.delete_user(agents[-2])
        self.here.clock.advance(timedelta(hours=2))

    def rows(self, name):
        """Return the rows of a relation by its key, as dicts without what the sync adds."""
        if self.here.postgres:
            connection = psycopg.connect(self.here.postgres, options="-c TimeZone=Asia/Kolkata")
        else:
            connection = duckdb.connect(str(self.here.database), read_only=True)
            connection.execute("SET TimeZone = 'Asia/Kolkata'")
        with connection:
            found = connection.execute(f'SELECT * FROM {HOME}."{name}"')
            names = [each[0] for each in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        grain = RELATIONS[name].grain
        by_key = {tuple(row[each] for each in grain): row for row in rows}
        assert len(by_key) == len(rows), name
        return {key[0] if len(key) == 1 else key: row for key, row in by_key.items()}

    def expected(self, collection):
        return {row["id"]: row for row in expected_rows(self.account, collection)}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def life(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("life")
    settings = {
        "fivetran": True,
        "history_start": (NOW - timedelta(days=65)).date(),
        "collections": {"include": READ},
    }
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        postgres = request.param == "postgres"
        url = stack.enter_context(new_database(stack.enter_context(database()))) if postgres else ""
        here = project(folder, tickets=150, history_days=60, settings=settings, postgres=url)
        yield Life(stack.enter_context(here))


def test_tickets_are_all_there_as_they_are(life):
    found = life.rows("ticket")
    assert set(found) == set(life.account.tickets)
    for key, ticket in life.account.tickets.items():
        row = found[key]
        assert row["status"] == ("deleted" if ticket.deleted_at is not None else ticket.status)
        assert row["created_at"] == truth.moment(ticket.created)
        assert row["_fivetran_deleted"] == (ticket.deleted_at is not None)
        if not ticket.scrubbed:
            assert (row["assignee_id"], row["group_id"]) == (ticket.assignee_id, ticket.group_id)
            assert row["via_channel"] == ticket.channel
            assert row["custom_order_number"] == ticket.custom[0]
            assert row["custom_refund_amount"] == ticket.custom[6]
    tags = {(t.id, tag) for t in life.account.tickets.values() if not t.scrubbed for tag in t.tags}
    assert set(life.rows("ticket_tag")) == tags


def test_comments_are_those_of_the_account(life):
    found = {
        key: (row["ticket_id"], row["user_id"], row["public"], row["voice_comment"], row["created"])
        for key, row in life.rows("ticket_comment").items()
    }
    assert found == truth.comments(life.account)
    assert {row[3] for row in found.values()} == {True, False}


def test_the_history_of_every_field_is_that_of_the_account(life):
    def plain(name, value):
        return truth.text(name, json.loads(value)) if value and value[0] in "[{" else value

    found = {
        key: (plain(key[1], row["value"]), row["user_id"])
        for key, row in life.rows("ticket_field_history").items()
    }
    assert found == truth.field_history(life.account)
    fields = {key[1] for key in found}
    assert fields >= {"sla_policy", "requester_wait_time", *truth.RATED, "assignee_id", "status"}


def test_people_are_all_there_with_the_roles_of_today_and_when_these_changed(life):
    users = life.rows("user")
    assert set(users) == set(life.account.users)
    for key, user in life.account.users.items():
        assert (users[key]["role"], users[key]["active"]) == (user.role, user.active)
    assert [row for row in users.values() if not row["active"]]
    texts = [row["change_description"] for row in life.rows("audit_log").values()]
    assert [each for each in texts if each] == ["Support role changed from agent to end-user"]


@pytest.mark.parametrize(
    ("relation", "collection", "column"),
    [
        ("group", "groups", "name"),
        ("organization", "organizations", "name"),
        ("brand", "brands", "subdomain"),
        ("schedule_holiday", "schedule_holidays", "start_date"),
        ("sla_policy", "sla_policies", "title"),
        ("ticket_custom_field", "ticket_fields", "title"),
        ("satisfaction_rating", "satisfaction_ratings", "score"),
        ("group_member", "group_memberships", "user_id"),
        ("organization_member", "organization_memberships", "user_id"),
    ],
)
def test_lists_are_those_of_the_account(life, relation, collection, column):
    wanted = life.expected(collection)
    if relation == "ticket_custom_field":
        wanted = {key: row for key, row in wanted.items() if row["removable"]}
    assert {key: row[column] for key, row in life.rows(relation).items()} == {
        key: row[column] for key, row in wanted.items()
    }


def test_schedules_targets_forms_and_domains_are_those_of_the_account(life):
    schedules = life.expected("schedules")
    intervals = {
        (key, each["start_time"]): (each["end_time"], row["time_zone"])
        for key, row in schedules.items()
        for each in row["intervals"]
    }
    found = life.rows("schedule")
    assert {key: (row["end_time"], row["time_zone"]) for key, row in found.items()} == intervals
    zones = {row["time_zone"] for row in schedules.values()}
    assert set(life.rows("time_zone")) == zones == {key[0] for key in life.rows("daylight_time")}
    targets = [
        (key, place, each["metric"], each["target"])
        for key, row in life.expected("sla_policies").items()
        for place, each in enumerate(row["policy_metrics"])
    ]
    found = life.rows("sla_policy_metric_history")
    assert sorted((k[0], k[2], row["metric"], row["target"]) for k, row in found.items()) == targets
    forms = life.rows("ticket_form_history")
    assert {key[0] for key in forms} == set(life.expected("ticket_forms"))
    domains = {key: row["domain_name"] for key, row in life.rows("domain_name").items()}
    assert domains == {
        (key, place): name
        for key, row in life.account.organizations.items()
        for place, name in enumerate(row.domain_names)
    }


def test_the_policies_that_tickets_got_are_those_of_the_account(life):
    found = {key: row["sla_policy_id"] for key, row in life.rows("ticket_sla_policy").items()}
    assert found == truth.applied(life.account)
    assert found


def test_relations_are_assets_of_their_own_that_a_sync_refreshes_in_one_step(life):
    graph = life.here.definitions.resolve_asset_graph()
    wanted = {keys.table_key(HOME, name) for name in RELATIONS}
    assert {key for key in graph.get_all_asset_keys() if key.path[0] == HOME} == wanted
    node = graph.get(keys.table_key(HOME, "user"))
    assert node.group_name == HOME
    assert node.parent_keys == {keys.table_key(SCHEMA, name) for name in ("users", "user_fields")}
    run = life.last_run(["users"])
    assert wanted <= set(run.assets)
    assert keys.views_step(SCHEMA, keys.FIVETRAN_VIEWS) in run.steps
    (sensor,) = [
        each for each in life.here.definitions.sensors if each.name == keys.analysis_name(SCHEMA)
    ]
    assert sensor.asset_selection.resolve(graph) == wanted
    materialized = life.here.instance.get_latest_materialization_event(
        dg.AssetKey([HOME, "ticket"])
    )
    columns = materialized.asset_materialization.metadata["dagster/column_schema"].value.columns
    assert {"custom_order_number"} <= {each.name for each in columns}
