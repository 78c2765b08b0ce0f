"""Views over one table on what a project has synced: they equal the raw records, on both engines.

What they must show is worked out by plain Python from the records in the hub.
"""

import json
from datetime import date, datetime, timedelta

import dagster as dg
import duckdb
import pytest

from zendesk_assets.account import Account
from zendesk_assets.analysis import OBJECT_VIEWS_READ, nested_views_for, object_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.cli.plan import plan_sync
from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.hub.erasure import records_of
from zendesk_assets.orchestration.analysis_assets import analysis_keys
from zendesk_assets.orchestration.keys import NESTED_VIEWS, object_views_key, views_step
from zendesk_assets.orchestration.view_assets import stale_view_keys
from zendesk_assets.simulator.account.custom_data import object_records
from zendesk_assets.warehouse import open_postgres, put_family, put_views
from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.postgres import database, new_database

pytestmark = pytest.mark.slow(seconds=0.3)  # in one piece, for the project that they share
VIEWS = declared().views
PARENTS = sorted({name for view in VIEWS.values() for name in declared().read_by(view)})
TABLES = sorted({*PARENTS, *OBJECT_VIEWS_READ})
KEYS = [dg.AssetKey([SCHEMA, name]) for name in VIEWS]
OF_ALL = {"id", "via", "via_reference_id", "event_type", "previous_value", "added_tags",
          "removed_tags", "rel", "revision_id"}  # fmt: skip


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A project whose tables and views are in DuckDB."""
    folder = tmp_path_factory.mktemp("views")
    settings = {"analysis": True, "collections": {"include": TABLES}}
    with (
        pytest.MonkeyPatch.context() as patch,
        project(folder, tickets=50, history_days=20, settings=settings) as here,
    ):
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        _live(here)
        # Tables without months are loaded first, and then those views that need no others.
        here.runs = [*here.sync(days=30), here.run(KEYS)]
        yield here


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def warehouse(request, synced):
    """The project's warehouse, and one in PostgreSQL that is loaded from the same hub."""
    if request.param == "duckdb":
        yield open_warehouse(synced.sources)
        return
    hub = Account(synced.sources, synced.source).hub
    with database() as server, new_database(server) as url:
        other = open_postgres(url)
        for collection in map(declared().collections.get, TABLES):
            batches = [hub.files(each) for each in hub.batches(collection.stream)]
            other.load(SCHEMA, collection, batches)
        put_views(other, SCHEMA, [view.as_view() for view in nested_views_for(PARENTS)])
        put_family(other, SCHEMA, object_views_for(TABLES))
        yield other


def _live(here):
    """Let happen what a seed does not do."""
    account, (first, *others) = here.simulator.account, here.simulator.account.tickets.values()
    account.update_ticket(first.id, "Café ☕", tags=["vip", "größe", "vip2"])
    account.update_ticket(first.id, tags=["vip2"])
    account.delete_ticket(others[0].id)
    account.delete_ticket(others[1].id)
    here.clock.advance(timedelta(hours=1))
    account.scrub_ticket(others[1].id)
    account.merge_tickets(others[2].id, [others[3].id])
    user, organization = next(iter(account.users)), next(iter(account.organizations.values()))
    account.users[user].tags = ("gold", "beta")
    for conversation in [account.start_side_conversation(first.id) for _ in range(2)]:
        for state in ("closed", "open"):
            account.update_side_conversation(conversation, state=state)
    account.reply_side_conversation(conversation)
    account.update_side_conversation(conversation, subject="Still in stock?")
    account.delete_record(next(iter(account.object_records)))
    organization.tags, organization.domain_names = ("eu", "key"), ("a.example", "b.example")


def raw(here, stream, version):
    """Return the newest record of each id in the hub."""
    hub = Account(here.sources, here.source).hub
    found = {}
    for each in map(json.loads, records_of(hub, stream)):
        key = each["id"]
        if key not in found or each[version] >= found[key][version]:
            found[key] = each
    return found.values()


def children(here):
    for event in raw(here, "ticket_events", "timestamp"):
        for child in event["child_events"]:
            yield event, child


def text(value):
    """Return a value as a table has it in a text column."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def moment(value):
    return datetime.fromisoformat(value)


def comments(here):
    for event, child in children(here):
        if child["event_type"] == "Comment" and child.get("body") is not None:
            yield {
                "id": child["id"],
                "ticket_id": event["ticket_id"],
                "ticket_event_id": event["id"],
                "type": child["type"],
                "author_id": child["author_id"],
                "public": child["public"],
                "body": child["body"],
                "html_body": child["html_body"],
                "created_at": moment(event["created_at"]),
                "updater_id": event["updater_id"],
            }


def field_history(here):
    for event, child in children(here):
        if child["event_type"] in {"Create", "Change"}:
            (name,) = set(child) - OF_ALL
            value, custom = child[name], None
            if name == "custom_ticket_fields":
                ((name, value),) = value.items()
                custom = int(name)
            yield {
                "id": child["id"],
                "ticket_id": event["ticket_id"],
                "field_name": name,
                "custom_ticket_field_id": custom,
                "value": text(value),
                "previous_value": text(child.get("previous_value")),
                "updated_at": moment(event["created_at"]),
                "user_id": event["updater_id"],
                "via": child["via"],
                "via_reference_id": child["via_reference_id"],
            }


def tag_history(here):
    for event, child in children(here):
        for tagged, name in ((True, "added_tags"), (False, "removed_tags")):
            for place, tag in enumerate(child.get(name, ()), start=1):
                yield {
                    "change_id": child["id"],
                    "tagged": tagged,
                    "position": place,
                    "ticket_id": event["ticket_id"],
                    "tag": tag,
                    "created_at": moment(event["created_at"]),
                    "user_id": event["updater_id"],
                }


def lists(stream, version, parent, column, element):
    """Return how a view of a plain list is worked out; a deleted ticket is still a ticket."""

    def expected(here):
        for record in raw(here, stream, version):
            is_deleted = record.get("status") == "deleted" or bool(record.get("deleted_at"))
            for place, value in enumerate(record[column], start=1):
                row = {parent: record["id"], "position": place, element: value}
                yield {**row, "_deleted": is_deleted}

    return expected


def custom_field_values(here):
    fields = {each["id"]: each for each in raw(here, "ticket_fields", "updated_at")}
    for ticket in raw(here, "tickets", "generated_timestamp"):
        for place, field in enumerate(ticket["custom_fields"], start=1):
            value = field["value"]
            title = fields[field["id"]]["title"]
            options = fields[field["id"]].get("custom_field_options") or ()
            for inner, each in enumerate(value if isinstance(value, list) else [value], start=1):
                if each is not None:
                    names = [option["name"] for option in options if option["value"] == each]
                    yield {
                        "ticket_id": ticket["id"],
                        "position": place,
                        "value_position": inner,
                        "field_id": field["id"],
                        "value": text(each),
                        "field_title": title,
                        "option_name": names[0] if names else None,
                    }


def keyed(records, parent, column, fields, **more):
    """Yield the members of an object in each record, with the title and option of its field."""
    for record in records:
        for key, value in (record[column] or {}).items():
            if value is not None:
                field = next((each for each in fields if is_field(each, record, key)), {})
                options = field.get("custom_field_options") or ()
                names = [each["name"] for each in options if each["value"] == value]
                yield {
                    parent: record["id"],
                    **{name: record[name] for name in more},
                    "field_key": key,
                    "value_position": 1,
                    "value": text(value),
                    "field_title": field.get("title"),
                    "option_name": names[0] if names else None,
                }


def is_field(field, record, key):
    objects = [each.get("custom_object_key") for each in (field, record)]
    return field["key"] == key and objects[0] == objects[1]


def organization_values(here):
    records = raw(here, "organizations", "updated_at")
    fields = list(raw(here, "organization_fields", "updated_at"))
    return keyed(records, "organization_id", "organization_fields", fields)


def user_values(here):
    fields = list(raw(here, "user_fields", "updated_at"))
    return keyed(raw(here, "users", "updated_at"), "user_id", "user_fields", fields)


def record_values(here):
    hub = Account(here.sources, here.source).hub
    records, fields = (
        [json.loads(each) for each in records_of(hub, name)]
        for name in ("custom_object_records", "custom_object_fields")
    )
    fields = [{**each, **each["field"]} for each in fields]
    records = [each["record"] for each in records]
    more = {"custom_object_key": True}
    return keyed(records, "record_id", "custom_object_fields", fields, **more)


def links(here):
    for ticket in raw(here, "tickets", "generated_timestamp"):
        if ticket["problem_id"] is not None:
            yield {"incident_id": ticket["id"], "problem_id": ticket["problem_id"]}


def hours(here):
    for schedule in raw(here, "schedules", "updated_at"):
        for place, each in enumerate(schedule["intervals"], start=1):
            weekday = each["start_time"] // 1440
            yield {"schedule_id": schedule["id"], "position": place, "weekday": weekday, **each}


def values_of(value):
    return value if isinstance(value, list) and value else [value]


def conditions(stream, column, parent):
    def expected(here):
        for rule in raw(here, stream, "updated_at"):
            for side in ("all", "any"):
                for place, each in enumerate(rule[column].get(side, ()), start=1):
                    for inner, value in enumerate(values_of(each.get("value")), start=1):
                        yield {
                            parent: rule["id"],
                            "all_or_any": side,
                            "position": place,
                            "value_position": inner,
                            "field": each["field"],
                            "operator": each.get("operator"),
                            "value": text(value),
                        }

    return expected


def actions(stream, parent):
    def expected(here):
        for rule in raw(here, stream, "updated_at"):
            for place, each in enumerate(rule["actions"], start=1):
                for inner, value in enumerate(values_of(each["value"]), start=1):
                    row = {parent: rule["id"], "position": place, "value_position": inner}
                    yield {**row, "field": each["field"], "value": text(value)}

    return expected


def variants(here):
    for item in raw(here, "dynamic_content_items", "updated_at"):
        for place, each in enumerate(item["variants"], start=1):
            yield {
                "item_id": item["id"],
                "position": place,
                "content": each["content"],
                "created_at": moment(each["created_at"]),
            }


def slas(here):
    events = list(raw(here, "ticket_metric_events", "time"))

    def first(kind, applied):
        same = ("ticket_id", "metric", "instance_id")
        times = [
            moment(each["time"])
            for each in events
            if each["type"] == kind
            and not each.get("deleted")
            and all(each[name] == applied[name] for name in same)
        ]
        return min(times, default=None)

    for each in events:
        if each["type"] == "apply_sla":
            yield {
                "id": each["id"],
                "ticket_id": each["ticket_id"],
                "policy_id": each["sla"]["policy"]["id"],
                "target": each["sla"]["target"],
                "applied_at": moment(each["time"]),
                "fulfilled_at": first("fulfill", each),
                "breached_at": first("breach", each),
            }


def side_conversations(here):
    events = sorted(
        raw(here, "side_conversation_events", "created_at"), key=lambda each: each["created_at"]
    )
    for first in events:
        if first["type"] == "create":
            same = [each for each in events if each["side_conversation_id"] == first["id"]]
            states = [each["updates"]["state"] for each in same if "state" in each["updates"]]
            subjects = [each["updates"]["subject"] for each in same if "subject" in each["updates"]]
            yield {
                "id": first["id"],
                "ticket_id": first["ticket_id"],
                "created_by": first["actor"]["user_id"],
                "created_at": moment(first["created_at"]),
                "subject": first["message"]["subject"],
                "new_subject": subjects[-1] if subjects else None,
                "state": states[-1] if states else None,
                "updated_at": moment(same[-1]["created_at"]),
            }


def recipients(here):
    for event in raw(here, "side_conversation_events", "created_at"):
        for place, each in enumerate(event["message"]["to"] if event["message"] else (), start=1):
            row = {name: each[name] for name in ("user_id", "name", "email")}
            yield {"event_id": event["id"], "position": place, **row}


_TICKETS = ("tickets", "generated_timestamp", "ticket_id")
_ORGANIZATIONS = ("organizations", "updated_at", "organization_id")
EXPECTED = {
    "ticket_comments": comments,
    "ticket_field_history": field_history,
    "ticket_tag_history": tag_history,
    "ticket_tags": lists(*_TICKETS, "tags", "tag"),
    "ticket_followers": lists(*_TICKETS, "follower_ids", "user_id"),
    "ticket_email_ccs": lists(*_TICKETS, "email_cc_ids", "user_id"),
    "ticket_collaborators": lists(*_TICKETS, "collaborator_ids", "user_id"),
    "ticket_custom_field_values": custom_field_values,
    "ticket_links": links,
    "organization_tags": lists(*_ORGANIZATIONS, "tags", "tag"),
    "organization_domain_names": lists(*_ORGANIZATIONS, "domain_names", "domain_name"),
    "user_tags": lists("users", "updated_at", "user_id", "tags", "tag"),
    "user_field_values": user_values,
    "organization_field_values": organization_values,
    "custom_object_record_values": record_values,
    "schedule_intervals": hours,
    "ticket_slas": slas,
    "sla_policy_filters": conditions("sla_policies", "filter", "policy_id"),
    "trigger_conditions": conditions("triggers", "conditions", "trigger_id"),
    "automation_conditions": conditions("automations", "conditions", "automation_id"),
    "trigger_actions": actions("triggers", "trigger_id"),
    "macro_actions": actions("macros", "macro_id"),
    "dynamic_content_variants": variants,
    "side_conversations": side_conversations,
    "side_conversation_recipients": recipients,
}
# The simulator's tickets have none.
EMPTY = {"ticket_sharing_agreements", "ticket_followups", "user_photos", "user_field_options"}


def rows_of(warehouse, name):
    found = warehouse.query(f"SELECT * FROM {SCHEMA}.{name}")
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_are_those_of_the_records(synced, warehouse, name):
    expected, key = list(EXPECTED[name](synced)), VIEWS[name].primary_key
    found = [{column: row[column] for column in expected[0]} for row in rows_of(warehouse, name)]
    assert len(found) > 1
    by_key = [{tuple(row[each] for each in key): row for row in rows} for rows in (found, expected)]
    assert by_key[0] == by_key[1]


@pytest.mark.parametrize("name", VIEWS)
def test_the_key_is_unique_and_never_null(warehouse, name):
    rows = rows_of(warehouse, name)
    assert (not rows) == (name in EMPTY)
    keys = [tuple(row[each] for each in VIEWS[name].primary_key) for row in rows]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if None in key]
    assert {row["_deleted"] for row in rows} <= {True, False}


def test_deleted_tickets_are_marked_and_wiped_ones_have_no_tags(synced, warehouse):
    deleted = [t for t in synced.simulator.account.tickets.values() if t.deleted_at is not None]
    assert len(deleted) > 1
    marked = {row["ticket_id"] for row in rows_of(warehouse, "ticket_tags") if row["_deleted"]}
    assert marked
    assert marked <= {ticket.id for ticket in deleted}


def test_one_step_writes_all_views_and_says_what_they_are_made_from(synced):
    steps = [each.step_key for each in synced.runs[-1].all_node_events if each.is_step_success]
    assert steps == [views_step(SCHEMA, NESTED_VIEWS)]
    first, _, last = ({event.asset_key.path[-1]: event.materialization.metadata
                       for event in run.get_asset_materialization_events()}
                      for run in synced.runs)  # fmt: skip
    assert set(last) == set(VIEWS)
    assert "user_tags" in first
    assert "ticket_tags" not in first
    assert not any(each["view_was_changed"].value for each in last.values())
    lineage = last["ticket_custom_field_values"]["dagster/column_lineage"].value.deps_by_column
    (option,) = lineage["option_name"]
    assert (option.asset_key.path[-1], option.column_name) == (
        "ticket_fields",
        "custom_field_options",
    )


def test_a_sync_with_nothing_new_has_no_step_of_these_views(synced, monkeypatch):
    names = [view.name for view in nested_views_for(PARENTS)]

    def stale():
        return stale_view_keys(synced.source, PARENTS, PARENTS, synced.instance)

    assert len(names) == len(VIEWS)
    assert stale() == ()
    runs = plan_sync(synced.source, [], SyncScope.BOTH, Span(), synced.instance)
    assert not {key for run in runs for key in run.assets} & set(KEYS)
    monkeypatch.setattr(
        "zendesk_assets.orchestration.view_assets.definition_version", lambda name: name
    )
    assert set(stale()) == set(KEYS)
    without = stale_view_keys(
        synced.source, PARENTS, PARENTS, synced.instance, lambda stream: stream == "ticket_fields"
    )
    assert {key.path[-1] for key in set(KEYS) - set(without)} == {
        "ticket_custom_field_values",
        "ticket_field_options",
    }
    runs = plan_sync(synced.source, ["users"], SyncScope.BOTH, Span(), synced.instance)
    of_users = {
        dg.AssetKey([SCHEMA, name]) for name in ("user_tags", "user_photos", "user_field_values")
    }
    assert {key for run in runs for key in run.assets} & set(KEYS) == of_users
    assert views_step(SCHEMA, NESTED_VIEWS) in runs[-1].steps


OF_OBJECTS = {
    "equipment": {"serial_number": str, "model": str, "installed_on": date.fromisoformat,
                  "organization": str},
    "service_contract": {"organization": str, "level": str},
}  # fmt: skip


@pytest.mark.parametrize("key", OF_OBJECTS)
def test_the_records_of_an_object_are_a_view_with_its_fields(synced, warehouse, key):
    typed = OF_OBJECTS[key]
    records = [record for _, _, record in object_records(synced.simulator.account, key)]
    expected = {
        each["id"]: {
            name: typed[name](value) for name, value in each["custom_object_fields"].items()
        }
        | {"name": each["name"], "created_at": moment(each["created_at"])}
        for each in records
        if each["name"] != "[DELETED]"
    }
    assert len(records) - len(expected) == (key == "equipment")  # one was deleted
    rows = rows_of(warehouse, f"object_{key}")
    assert rows
    columns = ["name", "created_at", *typed]
    assert {row["id"]: {name: row[name] for name in columns} for row in rows} == expected


def test_the_asset_of_the_views_of_objects_follows_their_tables_and_says_which_there_are(synced):
    key = object_views_key(SCHEMA)
    assert key in analysis_keys(synced.source, TABLES, ["custom_object_fields"])
    assert key not in analysis_keys(synced.source, TABLES, ["users"])
    assert key not in analysis_keys(synced.source, PARENTS, PARENTS)
    (event,) = synced.run([key]).get_asset_materialization_events()
    found = event.materialization.metadata
    assert found["views_changed"].value == 0
    views = {row.data["view"]: row.data["columns"] for row in found["views"].records}
    assert set(views) == {f"{SCHEMA}.object_{each}" for each in OF_OBJECTS}
    assert "installed_on date, organization text" in views[f"{SCHEMA}.object_equipment"]


def test_an_object_whose_view_another_program_has_fails_the_asset_by_name(synced):
    key = object_views_key(SCHEMA)
    with duckdb.connect(str(synced.database)) as connection:
        connection.execute(f"DROP VIEW {SCHEMA}.object_equipment")
        connection.execute(f"CREATE TABLE {SCHEMA}.object_equipment AS SELECT 1 AS theirs")
    failed = synced.run([key], raise_on_error=False)
    (event,) = failed.get_step_failure_events()
    assert "object_equipment is a table" in event.step_failure_data.error_display_string
    with duckdb.connect(str(synced.database)) as connection:
        connection.execute(f"DROP TABLE {SCHEMA}.object_equipment")
    (event,) = synced.run([key]).get_asset_materialization_events()
    assert event.materialization.metadata["views_changed"].value == 1


def test_views_of_a_table_that_was_dropped_come_back_with_it(synced):
    names = ["ticket_tags", "ticket_custom_field_values"]
    warehouse = open_warehouse(synced.sources)
    before = {name: rows_of(warehouse, name) for name in names}
    with duckdb.connect(str(synced.database)) as connection:
        connection.execute(f"DROP TABLE {SCHEMA}.tickets")
        connection.execute(f"DROP VIEW {SCHEMA}.ticket_tags")  # as CASCADE does elsewhere
    tickets = dg.AssetKey([SCHEMA, "tickets"])
    synced.run([tickets], first=synced.day(29), last=synced.day())
    for name in names:
        found = rows_of(warehouse, name)
        assert sorted(map(str, found)) == sorted(map(str, before[name]))
