"""What the sources file leaves out or hashes is nowhere: hub, tables, quarantine, logs, Dagster."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
import yaml

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, project, source_settings
from zendesk_assets_tests.commands import run_command
from zendesk_assets_tests.secret_search import everything_in, places_in

SUBJECT, RATING = "aardvark-subject-4711", "badger-rating-4711"
BODY, FIELD, FILE = "cormorant-body-4711", "dormouse-field-4711", "echidna-file-4711.pdf"
SPEECH, NOTES, CONTROL = "flamingo-activity-4711", "gazelle-notes-4711", "hoopoe-visible-4711"
HIDDEN = (SUBJECT, RATING, BODY, FIELD, FILE, SPEECH, NOTES)

RULES = {
    "tickets": {
        "hash": ["subject"],
        "exclude": ["description", "custom_fields", "satisfaction_rating"],
    },
    "ticket_events": {
        "hash": ["body"],
        "exclude": [
            "html_body",
            "plain_body",
            "subject",
            "previous_value",
            "custom_ticket_fields",
            "satisfaction_comment",
        ],
    },
    "attachments": {"exclude": ["file_name", "content_url", "mapped_content_url", "thumbnails"]},
    "satisfaction_ratings": {"hash": ["comment"]},
    "activities": {"exclude": ["title", "object", "target", "user", "actor"]},
    "organizations": {"hash": ["notes"]},
}


@pytest.fixture
def account():
    clock = SystemClock(timedelta(minutes=-30))
    with Simulator(tickets=15, history_days=2, clock=clock) as account:
        fill(account.account)
        account.clock.advance(timedelta(minutes=30))
        yield account


def fill(desk):
    """Put what is to be hidden everywhere; also into records that end up in quarantine."""
    file = {"file_name": FILE, "width": 100, "height": 100, "content_type": "image/png"}
    for poison in (None, ("has_incidents", '"two"'), ("external_id", '"\\ud83d"')):
        ticket = desk.create_ticket(SUBJECT, BODY, attachments=[file])
        event = desk.update_ticket(
            ticket, BODY, subject=SUBJECT + "!",
            custom_fields=[{"id": desk.fields[0].id, "value": FIELD}],
        )  # fmt: skip
        rating = desk.rate_ticket(ticket, "bad", RATING)
        activity = desk.add_activity(ticket, text=SPEECH)
        if poison:
            desk.set_raw("tickets", ticket, *poison)
            desk.set_raw("child_events", event + 3, "audit_id", '"none"')
            desk.set_raw("satisfaction_ratings", rating, "created_at", '"never"')
            desk.set_raw("activities", activity, "created_at", '"never"')
    organization = next(iter(desk.organizations))
    desk.update_organization(organization, notes=NOTES, details=CONTROL)


@pytest.mark.slow
def test_what_is_left_out_or_hashed_is_nowhere(tmp_path, account, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    write_dagster_yaml(tmp_path)
    start = (datetime.now(UTC) - timedelta(days=3)).date()
    settings = source_settings(account, history_start=start, properties=RULES)
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    printed = ""
    for command in (["sync"], ["rejects"], ["status"], ["sync", "--warehouse-only", "--replay"]):
        outcome = run_command(monkeypatch, capfd, *command)
        assert outcome.code == 0, outcome.output
        printed += outcome.output

    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        rejects = connection.execute(f"select collection, record from {SCHEMA}._rejects").fetchall()
        hashed = connection.execute(
            f"select notes from {SCHEMA}.organizations where details = $1", [CONTROL]
        ).fetchall()
        body = connection.execute(
            f"select count(*) from {SCHEMA}.ticket_events where body = $1", [sha(BODY)]
        ).fetchall()
    assert {"tickets", "ticket_events", "satisfaction_ratings", "activities"} <= dict(
        rejects
    ).keys()
    assert any(sha(SUBJECT + "!") == json.loads(text).get("subject") for _, text in rejects)
    assert hashed == [(sha(NOTES),)]
    assert body[0][0] >= 1
    places = dict(everything_in(tmp_path))
    shown = {
        (place, word)
        for place, content in places.items()
        for word in HIDDEN
        if word[:12].encode() in content
    }
    assert shown == set()
    assert [word for word in HIDDEN if word[:12] in printed] == []
    seen = {place for place, content in places.items() if CONTROL.encode() in content}
    assert any(place.endswith("unpacked") for place in seen)  # the search does find things
    assert f"warehouse.duckdb {SCHEMA}.organizations" in seen


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_can_hold_a_secret_is_never_written(tmp_path):
    names = ["webhooks", "targets", "app_installations", "target_failures"]
    settings = {"collections": {"include": names}}
    with project(tmp_path, tickets=3, settings=settings) as site:
        sent = str([row for name in names for row in site.simulator.expected(name)])
        secrets = set(re.findall(r"top-secret-\d", sent))
        site.run(site.definitions.resolve_asset_graph().get_all_asset_keys())
        assert site.differences() == []

    assert len(secrets) > 2
    assert places_in(tmp_path, secrets) == []
    assert places_in(tmp_path, ["Tells the warehouse"]) != []  # the search does find what is there
