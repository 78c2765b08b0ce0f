"""Views on tables filled by hand: each definition at its edges, on both engines."""

from collections import Counter
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from zendesk_assets.analysis import PREFIX, VIEWS, views_for
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import measure_views

IDS = count(1)
BACKLOG = "analysis_backlog_by_day"


def change(ticket, moment, status, before=None):
    """Return the row of an event that changes a status, or that creates a ticket with it."""
    return {
        "id": next(IDS),
        "ticket_event_id": next(IDS),
        "ticket_id": ticket,
        "timestamp": f"2026-03-{moment}+00",
        "event_type": "Change" if before else "Create",
        "field_name": "status",
        "value": status,
        "previous_value": before,
    }


def ticket(number, status, created="2026-01-05 10:00:00+00", **more):
    return {"id": number, "status": status, "created_at": created, **more}


# Tickets, events, and the days' unsolved tickets from 1 March on.
HISTORIES = {
    "created and left open": (
        [ticket(1, "open", "2026-03-01 10:00:00+00")],
        [change(1, "01 10:00:00", "new"), change(1, "03 10:00:00", "open", "new")],
        [1, 1, 1],
    ),
    "solved, reopened, solved": (
        [ticket(1, "solved", "2026-03-01 10:00:00+00")],
        [
            change(1, "01 10:00:00", "open"),
            change(1, "02 10:00:00", "solved", "open"),
            change(1, "03 10:00:00", "open", "solved"),
            change(1, "04 10:00:00", "closed", "open"),
        ],
        [1, 0, 1, 0],
    ),
    "older than the events: what the first change replaced": (
        [ticket(1, "closed"), ticket(2, "open")],
        [
            change(3, "01 00:00:00", "open"),
            change(1, "03 10:00:00", "closed", "solved"),
            change(2, "04 10:00:00", "open", "solved"),
            change(3, "04 11:00:00", "pending", "open"),
        ],
        [1, 1, 1, 2],
    ),
    "no change is known: as it is today": (
        [ticket(1, "hold"), ticket(2, "solved"), ticket(4, "new", "2026-03-02 23:59:59+00")],
        [change(3, "01 10:00:00", "open"), change(3, "03 10:00:00", "solved", "open")],
        [2, 3, 2],
    ),
    "midnight belongs to the day that begins": (
        [ticket(1, "solved", "2026-03-02 00:00:00+00")],
        [
            change(2, "01 10:00:00", "solved"),
            change(1, "02 00:00:00", "open"),
            change(1, "03 00:00:00", "solved", "open"),
        ],
        [0, 1, 0],
    ),
    "deleted by an event, restored, deleted again": (
        [ticket(1, "deleted", "2026-03-01 10:00:00+00", _deleted=True)],
        [
            change(1, "01 10:00:00", "open"),
            change(1, "02 10:00:00", "deleted", "open"),
            change(1, "03 10:00:00", "open", "deleted"),
            change(1, "04 10:00:00", "deleted", "open"),
        ],
        [1, 0, 1, 0],
    ),
    "deleted without an event, and wiped a month later": (
        [ticket(1, "deleted", _deleted=True, updated_at="2026-03-02 08:00:00+00",
                generated_timestamp="2026-04-01 08:00:00+00")],
        [change(1, "01 10:00:00", "open", "new"), change(2, "03 10:00:00", "closed")],
        [1, 0, 0],
    ),
    "several changes within one second": (
        [ticket(1, "solved", "2026-03-01 10:00:00+00")],
        [
            change(1, "01 10:00:00", "new"),
            change(1, "01 10:00:00", "solved", "new"),
            change(1, "01 10:00:00", "open", "solved"),
            change(1, "01 10:00:00", "solved", "open"),
        ],
        [0],
    ),
    "no row of the ticket": (
        [],
        [change(1, "01 10:00:00", "open", "0"), change(2, "02 10:00:00", "solved", "pending")],
        [2, 1],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_the_backlog_at_the_end_of_each_day(desk, name):
    tickets, events, expected = HISTORIES[name]
    desk.fill("tickets", *tickets)
    desk.fill("ticket_events", *reversed(events))

    rows = desk.rows(BACKLOG)
    assert [row["unsolved_tickets"] for row in rows] == expected
    assert [row["day"] for row in rows] == [date(2026, 3, 1 + n) for n in range(len(expected))]
    parts = ("new_tickets", "open_tickets", "pending_tickets", "on_hold_tickets")
    assert all(row["unsolved_tickets"] == sum(row[part] for part in parts) for row in rows)
    by_day = Counter()
    for row in desk.rows("analysis_backlog_by_group"):
        by_day[row["day"]] += row["unsolved_tickets"]
    assert by_day == {
        row["day"]: row["unsolved_tickets"] for row in rows if row["unsolved_tickets"]
    }


def test_what_a_day_brought_is_counted(desk):
    tickets, events, _ = HISTORIES["solved, reopened, solved"]
    desk.fill("tickets", *tickets)
    desk.fill("ticket_events", *events)
    flows = ("created_tickets", "solved_tickets", "reopened_tickets")
    found = [tuple(row[name] for name in flows) for row in desk.rows(BACKLOG)]
    assert found == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0)]


def test_a_reopened_solve_counts_in_the_week_and_month_of_the_solve(desk):
    desk.fill("groups", {"id": 7, "name": "Support"})
    desk.fill("tickets", ticket(1, "solved", group_id=7), ticket(2, "deleted", _deleted=True),
              ticket(3, "solved"))  # fmt: skip
    desk.fill(
        "ticket_events",
        change(1, "01 23:59:59", "solved", "open"),  # a Sunday
        change(1, "20 10:00:00", "open", "solved"),
        change(1, "21 10:00:00", "solved", "open"),
        change(1, "22 10:00:00", "closed", "solved"),
        change(2, "03 10:00:00", "solved", "open"),
        change(3, "02 00:00:00", "solved"),  # created so, on a Monday
        change(3, "02 00:00:01", "deleted", "solved"),
    )
    rows = desk.rows("analysis_reopen_rate", "period, period_start, group_id")
    found = [tuple(row.values()) for row in rows]
    assert found == [
        ("month", date(2026, 3, 1), 7, "Support", 1, 2, 1, 0.5),
        ("month", date(2026, 3, 1), None, None, 1, 1, 0, 0.0),
        ("week", date(2026, 2, 23), 7, "Support", 1, 1, 1, 1.0),
        ("week", date(2026, 3, 2), None, None, 1, 1, 0, 0.0),
        ("week", date(2026, 3, 16), 7, "Support", 1, 1, 0, 0.0),
    ]


def rating(number, ticket_id, score, day, **more):
    moment = f"2026-{day} 12:00:00+00"
    return {"id": number, "ticket_id": ticket_id, "score": score, "created_at": moment,
            "updated_at": moment, "group_id": 7, **more}  # fmt: skip


def test_a_ticket_counts_once_with_its_latest_answer(desk):
    desk.fill("groups", {"id": 7, "name": "Support", "_deleted": True})
    desk.fill(
        "satisfaction_ratings",
        rating(1, 1, "offered", "01-31"),
        rating(2, 1, "good", "02-01", comment="Fine"),
        rating(3, 1, "bad", "02-02", comment=""),
        rating(4, 1, "offered", "03-01"),  # asked again, not answered
        rating(5, 2, "offered", "02-10"),
        rating(6, 3, "good", "02-11", group_id=None, comment="Thanks"),
        rating(7, 4, "unoffered", "02-11"),
        rating(8, 5, "offered", "04-01"),
    )
    rows = desk.rows("analysis_csat", "month, group_id")
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 2, 1), 7, "Support", 2, 1, 0, 1, 0, 0.0, 0.5),
        (date(2026, 2, 1), None, None, 1, 1, 1, 0, 1, 1.0, 1.0),
        (date(2026, 4, 1), 7, "Support", 1, 0, 0, 0, 0, None, 0.0),
    ]


def test_every_view_has_the_columns_it_declares_with_or_without_tables(desk):
    for name in VIEWS:
        assert desk.put(name).fields == ()  # nothing is loaded: nothing is made
    assert (
        desk.engine.query("SELECT 1 FROM information_schema.tables WHERE table_schema = 's'") == []
    )

    desk.fill("activities")
    for name, view in VIEWS.items():
        state = desk.put(name)
        assert state.missing == view.reads
        assert [field.name for field in state.fields] == [each.name for each in view.columns]
        assert desk.engine.query(f"SELECT * FROM s.{name}") == []
        assert measure_views(desk.warehouse, "s", [view.as_view()])[name]["rows"] == 0
        described = dict(desk.engine.columns(name)[0])
        assert described == {each.name: each.description for each in view.columns}
    for name in declared().collections:
        if name != "activities":
            desk.fill(name)
    for name, view in VIEWS.items():
        state = desk.put(name)
        assert (state.changed, state.missing) == (True, ())
        assert desk.engine.query(f"SELECT * FROM s.{name}") == []
        assert not desk.put(name).changed
        assert desk.warehouse.read("s", name).columns.tolist() == [c.name for c in view.columns]


def test_declarations_hold_together():
    assert not [name for name in declared().collections if name.startswith(PREFIX)]
    assert {view.name for view in views_for(declared().collections)} == set(VIEWS)
    assert [view.name for view in views_for(["tickets", "groups"])] == ["analysis_tags"]
    for name, view in VIEWS.items():
        assert name.startswith(PREFIX)
        assert set(view.grain) <= {column.name for column in view.columns}
        assert view.description.endswith(".")
        assert "{view}" in view.example
        for column in view.columns:
            assert column.description.endswith(".")
            for source in column.made_from:
                table, _, field = source.partition(".")
                assert table in {*view.reads, *view.reads_if_there}
                assert declared().collections[table].column(field)


def test_every_view_is_documented_with_its_words_columns_and_example():
    text = (Path(__file__).resolve().parents[2] / "docs" / "analysis.md").read_text()
    for name, view in VIEWS.items():
        assert " ".join(view.description.split()) in " ".join(text.split()), name
        assert f"```sql\n{view.example.format(view=f'zendesk_prod.{name}')}\n```" in text, name
        assert not [each.name for each in view.columns if f"`{each.name}`" not in text], name


@pytest.mark.parametrize("kind", ["TABLE", "VIEW", "MATERIALIZED VIEW"])
def test_what_others_made_in_the_place_of_a_view_is_left_alone(desk, kind):
    if kind == "MATERIALIZED VIEW" and desk.engine.name != "postgres":
        pytest.skip("DuckDB has none")
    desk.fill("groups")
    desk.engine.run(f"CREATE {kind} s.analysis_csat AS SELECT 'precious' AS theirs")
    wanted = f"is a {kind.lower()} that this project did not make"
    with pytest.raises(WarehouseError, match=wanted) as caught:
        desk.put("analysis_csat")
    assert "drop" not in str(caught.value)
    assert desk.engine.query("SELECT * FROM s.analysis_csat") == [{"theirs": "precious"}]


def test_days_are_utc_in_whatever_time_zone_somebody_asks(desk):
    tickets, events, expected = HISTORIES["midnight belongs to the day that begins"]
    desk.fill("tickets", *tickets)
    desk.fill("ticket_events", *events)
    desk.fill("groups")
    desk.fill(
        "satisfaction_ratings", rating(1, 1, "good", "02-01", created_at="2026-02-01 00:30:00Z")
    )
    desk.put(BACKLOG)
    desk.put("analysis_csat")
    desk.put("analysis_reopen_rate")
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        ask = f"SELECT day, unsolved_tickets FROM s.{BACKLOG} ORDER BY day"
        found = desk.ask(zone, ask)
        assert found == [(date(2026, 3, 1 + n), count) for n, count in enumerate(expected)]
        assert desk.ask(zone, "SELECT month FROM s.analysis_csat") == [(date(2026, 2, 1),)]
        ask = "SELECT period_start FROM s.analysis_reopen_rate WHERE period = 'week' ORDER BY 1"
        assert desk.ask(zone, ask) == [(date(2026, 2, 23),), (date(2026, 3, 2),)]
