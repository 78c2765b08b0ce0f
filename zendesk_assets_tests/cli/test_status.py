"""`status` fits on a screen, however many tables there are, and shows first what changed."""

import json
import re
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from rich.console import Console

from zendesk_assets.catalog import declared
from zendesk_assets.cli.status_report import status_lines
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Window, months_in
from zendesk_assets.status import CollectionStatus, problems_of_source
from zendesk_assets_tests.account import SCHEMA

SOURCE = Source.model_validate(
    {"nickname": "A", "schema": "a", "subdomain": "a", "auth": {"type": "oauth"}}
)


def ago(**age):
    return f"{datetime.now(UTC) - timedelta(**age):%Y-%m-%dT%H:%M:%SZ}"


def row(name, **changes):
    """Return a table that was read two hours ago and did not change."""
    usual = {
        "rows": 1_000_000,
        "covered_to": None,
        "lag_minutes": 130.0,
        "last_landed": ago(hours=2),
        "last_loaded": ago(),
        "batches": 1,
        "batches_to_load": 0,
        "abandoned": 0,
        "quarantined": 0,
        "synced_from": ago(minutes=3),
    }
    return CollectionStatus(source="a", collection=name, **(usual | changes))


def shown(rows, width=100, *, everything=False):
    console = Console(width=width)
    with console.capture() as captured:
        for line in status_lines(
            SOURCE,
            rows,
            None,
            width,
            everything=everything,
            problems=list(problems_of_source(rows, {})),
        ):
            console.print(line)
    return captured.get().splitlines()


def quiet():
    return [row(f"list_{number:02}") for number in range(50)]


def refused():
    return [
        row(
            f"refused_{number}",
            needs="an Enterprise plan, and an admin",
            unavailable="it is not available",
            unavailable_since="2026-11-29T08:06:00Z",
            last_loaded=None,
        )
        for number in range(8)
    ]


@pytest.mark.parametrize("width", [100, 80])
def test_what_changed_comes_first_and_what_did_not_is_one_line(width):
    changed = [row("tickets", changed=12), row("ticket_events", changed=40)]
    lines = shown([*quiet()[:25], *changed, *quiet()[25:], *refused()], width)

    assert " UTC, 3 min ago: 52 changed rows in 2 tables." in lines[1]
    assert lines[2].startswith("table ")
    assert [line.split()[0] for line in lines[3:5]] == ["ticket_events", "tickets"]
    assert lines[5] == "50 tables unchanged, read 2 h ago; `status --all` shows them."
    grey = " ".join(" ".join(lines[6:-1]).split())
    assert grey.startswith("· refused_0, refused_1, ")
    assert "not available since 2026-11-29 08:06, needs an Enterprise plan, and an admin" in grey
    assert len(lines) <= 12
    assert max(map(len, lines)) <= width
    assert len(shown([*quiet(), *changed, *refused()], width, everything=True)) > 60


def test_a_table_that_needs_attention_is_shown_among_any_number_that_changed():
    changed = [row(f"table_{number:02}", changed=100 + number) for number in range(40)]
    wrong = [
        row("late", batches_to_load=3),
        row("bad", quarantined=2),
        row("odd", warnings=1),
        row("denied", unavailable="Zendesk refuses it.", unavailable_since="2026-11-29T08:06:00Z"),
    ]
    lines = shown([*quiet(), *changed, *wrong])
    first = [line.split()[0] for line in lines[3:23]]

    assert first == [
        *(f"table_{number}" for number in range(39, 23, -1)),
        "late",
        "bad",
        "odd",
        "denied",
    ]
    assert lines[23].startswith("24 more tables changed, read 2 h ago;")
    assert lines[24].startswith("50 tables unchanged,")
    assert any(line.startswith("✗ denied has not been available since 2026") for line in lines)
    assert any(line.startswith("! odd: 1 row with a value") for line in lines)


def test_few_tables_are_all_shown_and_new_ones_are_named():
    lines = shown([row("groups"), row("tags", last_loaded=None, rows=0)])
    assert [line.split()[0] for line in lines[3:5]] == ["groups", "tags"]
    assert ": nothing new." in lines[1]
    fresh = row("fresh", last_landed=ago(hours=1))
    lines = shown([*quiet(), fresh, row("tags", last_loaded=None, rows=0)])
    assert any(line.startswith("51 tables unchanged, read 60 min to 2 h ago") for line in lines)
    assert "1 table not loaded yet: tags." in lines


def test_a_part_that_was_refused_is_named():
    lines = shown([row("articles", not_read=("brand_id 7",))])
    said = " ".join(" ".join(lines).split())
    assert "! articles: Zendesk refused a part of it the last time (brand_id 7); the" in said


def test_of_many_parts_that_were_refused_some_are_named():
    parent = declared().streams["article_comments"].parent
    refused = ["7", "7/12", *(f"8/{number}" for number in range(4_000))]
    lines = shown([row("article_comments", not_read=tuple(map(parent.describe, refused)))])
    said = " ".join(" ".join(lines).split())
    assert "(brand_id 7, article_id 12 of brand_id 7, article_id 0 of brand_id 8, …); the" in said


def test_a_history_that_others_are_in_the_way_of_is_named(run, write_sources, account, tmp_path):
    write_sources(account, collections={"include": ["groups", "macros"]})
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"CREATE TABLE {SCHEMA}.macros_history AS SELECT 5 AS n")
    rows = {each["collection"]: each for each in json.loads(run("status", "--json").output)}
    assert rows["groups"]["no_room_for_history"] is None
    assert rows["macros"]["no_room_for_history"] == f"{SCHEMA}.macros_history"
    said = " ".join(run("status").output.split())
    assert f"! macros has no history, because {SCHEMA}.macros_history is not of this" in said


def test_the_signs_that_are_shown_are_explained_and_no_others():
    calm = " ".join(shown([row("groups", requests=1)]))
    assert "Signs:" not in calm
    odd = shown([row("odd", warnings=1, lag_minutes=None), *refused()])
    assert odd[-1] == "Signs: ! worth a look, · not in this account, - nothing yet."


def test_the_next_sync_and_the_months_that_are_missing_are_said(run, account, write_sources):
    """The next sync is said with its day if that is not today."""
    months = months_in(Window(datetime.now(UTC) - timedelta(days=150), datetime.now(UTC)))
    begin, end = f"{months[1]}-01", f"{months[3]}-01"
    write_sources(
        account,
        collections={"include": ["tickets"]},
        source_sync_cron="0 6 * * *",
        warehouse_sync_cron="30 6 * * *",
        history_start=f"{months[0]}-01",
    )
    before = " ".join(run("status").output.split())
    assert re.search(r"Next sync (\w{3} [\d-]{10} )?06:00 UTC, its tables (.{14} )?06:30", before)
    assert f"No history was fetched yet. `zendesk-assets sync --from {months[0]}-01 --to" in before

    assert run("sync", "--hub-only", "--from", begin, "--to", end).code == 0
    said = " ".join(run("status").output.split())
    # Nothing has happened in these months, so the walk ends with what is new.
    assert re.search(rf"History from {begin} to [\d-]{{10}} [\d:]{{5}} UTC; 1 month is miss", said)
    assert f"`zendesk-assets sync --from {months[0]}-01 --to {begin}` fetches" in said
