"""Answers of views are kept while view and tables stay, and only then, on both engines."""

import json
from datetime import date
from pathlib import Path

import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.warehouse import keeping_answers, measure_views, select_all
from zendesk_assets_tests.analysis.test_views import BACKLOG, change, ticket

VIEW = VIEWS[BACKLOG].as_view()
DAYS = (BACKLOG, "SELECT day, unsolved_tickets FROM {view} ORDER BY day")
TEXTS = (BACKLOG, "SELECT 'Sam', count(*) FROM {view}")
LOADED = "2026-03-05 10:00:00+00"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "answers" / "s.json"


@pytest.fixture
def filled(desk):
    """A desk with a ticket that is open for three days."""
    desk.fill("tickets", {**ticket(1, "open", "2026-03-01 10:00:00+00"), "loaded_at": LOADED})
    events = (change(1, "01 10:00:00", "new"), change(1, "03 10:00:00", "open", "new"))
    desk.fill("ticket_events", *({**each, "loaded_at": LOADED} for each in events))
    desk.put(BACKLOG)
    return desk


def measure(desk, file):
    return measure_views(desk.warehouse, "s", [VIEW], file)[BACKLOG]


def spoil(file: Path) -> None:
    """Make every kept number 77, to see what is taken from the file."""
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({key: [[77] * len(row) for row in kept[key]] for key in kept}))


def is_taken(desk, file):
    """Return whether the figures are those of the file."""
    spoil(file)
    return set(measure(desk, file).values()) == {77}


def test_figures_are_taken_while_nothing_has_changed(filled, file):
    assert measure(filled, file) == measure(filled, None)
    assert is_taken(filled, file)


@pytest.mark.parametrize(
    "change_made",
    [
        f"INSERT INTO s.tickets (id, _deleted, loaded_at) VALUES (2, false, '{LOADED}')",
        "UPDATE s.tickets SET loaded_at = '2026-03-06 00:00:00+00'",
        "UPDATE s.tickets SET loaded_at = '2026-03-01 00:00:00+00'",  # by a clock that is slow
        "DELETE FROM s.ticket_events WHERE event_type = 'Create'",
    ],
)
def test_they_are_measured_again_after_any_change_of_a_table(filled, file, change_made):
    measure(filled, file)
    assert is_taken(filled, file)
    filled.engine.run(change_made)
    assert not is_taken(filled, file)
    assert measure(filled, file) == measure(filled, None)


def test_a_change_of_one_row_of_many_counts_even_if_others_are_newer(filled, file):
    rows = "(2, false, '2026-03-09 00:00:00+00'), (3, false, '2026-03-07 00:00:00+00')"
    filled.engine.run(f"INSERT INTO s.tickets (id, _deleted, loaded_at) VALUES {rows}")
    measure(filled, file)
    filled.engine.run("UPDATE s.tickets SET loaded_at = '2026-03-08 00:00:00+00' WHERE id = 3")
    assert not is_taken(filled, file)


def test_they_are_measured_again_after_another_definition(filled, file):
    measure(filled, file)
    filled.engine.run(f"DROP VIEW s.{BACKLOG}")
    columns = "date '2026-03-01' AS day, 1 AS unsolved_tickets, 2 AS created_tickets"
    filled.engine.run(f"CREATE VIEW s.{BACKLOG} AS SELECT {columns}, 3 AS solved_tickets")
    assert not is_taken(filled, file)


def test_only_numbers_and_days_are_kept(filled, file):
    for _ in range(2):
        with keeping_answers(file) as kept, filled.warehouse.reading() as session:
            found = select_all(session, "s", [DAYS, TEXTS], {BACKLOG}, {BACKLOG: VIEW}, kept)
        assert found[TEXTS] == [("Sam", 3)]
        assert found[DAYS] == [(date(2026, 3, day), 1) for day in (1, 2, 3)]
        assert "Sam" not in file.read_text()
        assert len(json.loads(file.read_text())) == 1


def test_what_is_not_asked_any_more_is_not_kept(filled, file):
    measure(filled, file)
    with keeping_answers(file) as kept, filled.warehouse.reading() as session:
        select_all(session, "s", [DAYS], {BACKLOG}, {BACKLOG: VIEW}, kept)
    with keeping_answers(file) as kept, filled.warehouse.reading() as session:
        select_all(session, "s", [TEXTS], {BACKLOG}, {BACKLOG: VIEW}, kept)
    assert json.loads(file.read_text()) == {}


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"a": '])
def test_a_damaged_file_is_as_good_as_none(filled, file, damaged):
    right = measure(filled, file)
    file.write_text(damaged)
    assert measure(filled, file) == right
    assert is_taken(filled, file)


def test_where_nothing_can_be_written_everything_is_asked(filled, tmp_path):
    (tmp_path / "answers").write_text("not a folder")
    file = tmp_path / "answers" / "s.json"
    assert measure(filled, file) == measure(filled, file) == measure(filled, None)
