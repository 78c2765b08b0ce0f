"""Many queries on one view: each is answered as by itself, on both engines."""

from zendesk_assets.analysis import VIEWS
from zendesk_assets.warehouse import select_all
from zendesk_assets_tests.analysis.test_views import BACKLOG, change, ticket

COUNT = (BACKLOG, "SELECT count(*) FROM {view}")
LAST = (BACKLOG, "SELECT unsolved_tickets FROM {view} ORDER BY day DESC LIMIT 1")
MISSING = ("analysis_csat", "SELECT 1 FROM {view}")


def ask(desk, *asked):
    with desk.warehouse.reading() as session:
        return select_all(session, "s", asked, {BACKLOG})


def test_a_view_that_is_kept_while_it_is_asked_answers_as_it_does_itself(desk):
    assert VIEWS[BACKLOG].is_short
    desk.fill("tickets", ticket(1, "open", "2026-03-01 10:00:00+00"))
    desk.fill("ticket_events", change(1, "01 10:00:00", "new"), change(1, "03 10:00:00", "open"))
    desk.put(BACKLOG)
    alone = {**ask(desk, COUNT), **ask(desk, LAST)}
    assert alone == {COUNT: [(3,)], LAST: [(1,)]}
    assert ask(desk, COUNT, MISSING, LAST) == {**alone, MISSING: []}


def test_nothing_is_kept_from_one_look_to_the_next(desk):
    desk.fill("tickets", ticket(1, "open", "2026-03-01 10:00:00+00"))
    desk.fill("ticket_events", change(1, "01 10:00:00", "new"))
    desk.put(BACKLOG)
    assert ask(desk, COUNT, LAST)[COUNT] == [(1,)]
    events = VIEWS[BACKLOG].reads[1]
    desk.engine.run(f"DELETE FROM s.{events}")  # a name of ours
    assert ask(desk, COUNT, LAST) == {COUNT: [(0,)], LAST: []}
