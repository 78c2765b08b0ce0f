"""The views on what a project has synced equal the account's own story, on both engines.

One life per engine: a year cut down to a month of history, changes, then the older days.
"""

import errno
import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import psycopg
import pytest

from zendesk_assets.analysis import views_for
from zendesk_assets.orchestration import keys
from zendesk_assets.report import CHARTS
from zendesk_assets.storage import durable
from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets_tests.account import NOW, SCHEMA, project
from zendesk_assets_tests.analysis import truth
from zendesk_assets_tests.kinds import USUAL
from zendesk_assets_tests.postgres import database, new_database

pytestmark = [pytest.mark.slow(seconds=30), pytest.mark.long]

HISTORY = 30
VIEWS = {view.name: view for view in views_for(USUAL)}  # some without the tables of names
KEYS = [dg.AssetKey([SCHEMA, name]) for name in VIEWS] + [keys.report_key(SCHEMA)]
SHOWN = sum(chart.view in VIEWS for chart in CHARTS)
STATUS = {"new": "new_tickets", "open": "open_tickets", "pending": "pending_tickets",
          "hold": "on_hold_tickets"}  # fmt: skip


class Life:
    """A project whose account lives on; `month` and `whole` are the views before and after."""

    def __init__(self, here):
        self.here, self.account = here, here.simulator.account
        here.sync(days=HISTORY + 1)
        self.change()
        here.clock.advance(timedelta(hours=26))
        here.sync(days=3)
        begun = (NOW - timedelta(days=HISTORY)).date().replace(day=1)  # whole months are loaded
        self.since = truth.first_second(begun)
        self.first_run, self.first_moment = here.run(KEYS), here.clock.now()
        self.month = self.views()
        self.rebuild()
        self.again = self.views()
        here.run(daily(here), first=here.day(64), last=here.day(HISTORY))
        here.run(KEYS)
        self.whole = self.views()

    def change(self):
        """Let happen to tickets what a seed does not do, within one day and across midnight."""
        account, clock = self.account, self.here.clock
        live = [t for t in account.tickets.values() if t.deleted_at is None]
        solved = [t.id for t in live if t.status == "solved"][:3]
        unsolved = [t.id for t in live if t.status in truth.UNSOLVED][:6]
        account.update_ticket(solved[0], status="open")
        account.update_ticket(unsolved[0], status="solved")
        account.update_ticket(unsolved[0], status="open")  # in the same second
        account.delete_ticket(unsolved[1])
        account.delete_ticket(unsolved[2])
        account.delete_ticket(solved[1])
        account.create_ticket("Solved at once", status="solved")
        account.create_ticket("Nobody saw it")
        account.merge_tickets(unsolved[3], [unsolved[4]])
        account.rate_ticket(solved[2], "bad", "No")
        account.rate_ticket(solved[2], "good", "Yes")
        clock.advance(timedelta(hours=5))
        account.restore_ticket(unsolved[1])
        account.scrub_ticket(unsolved[2])
        account.update_ticket(solved[0], status="solved")

    def rebuild(self):
        """Load everything again, then lose a table and have it back from the hub."""
        days = {"first": self.here.day(HISTORY), "last": self.here.day()}
        tables = [dg.AssetKey([SCHEMA, name]) for name in ("tickets", "ticket_events")]
        replay = {each.to_python_identifier(): {"config": {"replay": True}} for each in tables}
        self.here.run(tables, run_config={"ops": replay}, **days)
        cascade = " CASCADE" if self.here.postgres else ""
        with self.connected() as connection:
            connection.execute(f"DROP TABLE {SCHEMA}.tickets{cascade}")
        self.here.run(tables, **days)
        self.here.run(KEYS)

    def connected(self):
        if self.here.postgres:
            return psycopg.connect(self.here.postgres)
        return duckdb.connect(str(self.here.database))

    def ask(self, query):
        with self.connected() as connection:
            return connection.execute(query).fetchall()

    def views(self):
        warehouse = open_warehouse(self.here.sources)
        return {name: warehouse.read(SCHEMA, name) for name in VIEWS}

    def known(self):
        """Return the tickets that the first month of a sync can know: those that changed in it."""
        return [t for t in self.account.tickets.values() if t.generated >= self.since]


def daily(here):
    names = ("tickets", "ticket_metrics", "ticket_events")
    hub = [dg.AssetKey([SCHEMA, "hub", name]) for name in ("tickets", "ticket_events")]
    return hub + [dg.AssetKey([SCHEMA, name]) for name in names]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def life(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("life")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        postgres = request.param == "postgres"
        url = stack.enter_context(new_database(stack.enter_context(database()))) if postgres else ""
        started = (NOW - timedelta(days=65)).date()
        settings = {"analysis": True, "history_start": started}
        yield Life(
            stack.enter_context(
                project(folder, tickets=150, history_days=60, settings=settings, postgres=url)
            )
        )


def rows(frame):
    """Return a view's rows as plain values, missing ones as None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize("part", ["month", "whole"])
def test_the_backlog_of_each_day_is_what_the_account_knows(life, part):
    found = rows(getattr(life, part)["analysis_backlog_by_day"])
    tickets = life.known() if part == "month" else list(life.account.tickets.values())
    expected = truth.backlog(life.account, found[0]["day"], found[-1]["day"], tickets)

    assert len(found) == len(expected) >= HISTORY
    assert found[-1]["day"] == (NOW + timedelta(hours=5)).date()
    for row in found:
        counted = {status: row[name] for status, name in STATUS.items() if row[name]}
        assert counted == dict(expected[row["day"]]), row["day"]
        assert row["unsolved_tickets"] == expected[row["day"]].total()
    assert len({row["unsolved_tickets"] for row in found}) > 10


def test_tickets_older_than_the_events_are_in_the_backlog_from_the_first_day(life):
    first = rows(life.month["analysis_backlog_by_day"])[0]
    older = [t for t in life.known() if t.created < life.since]
    assert first["unsolved_tickets"] > 0
    assert sum(truth.status_at(t, life.since) in truth.UNSOLVED for t in older) > 3


def test_times_are_those_of_the_events(life):
    found = {row["ticket_id"]: row for row in rows(life.whole["analysis_ticket_times"])}
    tickets = {t.id: t for t in life.account.tickets.values() if t.deleted_at is None}

    assert set(found) == set(tickets)
    for key, ticket in tickets.items():
        row = found[key]
        pair = row["first_reply_minutes"], row["full_resolution_minutes"]
        assert pair == truth.times(ticket), key
        assert row["is_solved"] == (ticket.status in {"solved", "closed"})
        groups = life.account.groups
        assert row["group_name"] == (groups[ticket.group_id].name if ticket.group_id else None)
    assert any(row["full_resolution_minutes_business"] for row in found.values())


@pytest.mark.parametrize("period", ["week", "month"])
def test_reopened_solves_are_those_of_the_account(life, period):
    for part, since in (("month", life.since), ("whole", 0)):
        found = {
            (row["period_start"], row["group_id"]): (row["solves"], row["reopens"])
            for row in rows(getattr(life, part)["analysis_reopen_rate"])
            if row["period"] == period
        }
        assert found == truth.solves(life.account, since, period)
        assert sum(reopens for _, reopens in found.values()) > 2


def test_satisfaction_is_that_of_the_account(life):
    found = {
        (row["month"], row["group_id"]): (row["offered"], row["good"], row["bad"])
        for row in rows(life.whole["analysis_csat"])
    }
    assert found == truth.satisfaction(life.account)
    assert sum(bad for _, _, bad in found.values())


def test_custom_fields_are_columns_with_the_accounts_values(life):
    names = ["order_number", "product", "under_warranty", "units_affected", "contact_reasons",
             "delivery_date", "refund_amount", "internal_notes"]  # fmt: skip
    found = {row["id"]: row for row in rows(life.whole["analysis_tickets"])}
    for ticket in life.account.tickets.values():
        if ticket.deleted_at is not None:
            assert ticket.id not in found
            continue
        values = list(ticket.custom)
        got = [found[ticket.id][name] for name in names]
        got[4] = None if got[4] is None else tuple(json_list(got[4]))
        got[5] = None if got[5] is None else got[5].isoformat()
        assert got == values, ticket.id


def json_list(text):
    return text.strip("[]").replace('"', "").replace(" ", "").split(",") if len(text) > 2 else []


def test_replays_and_a_lost_table_leave_the_views_as_they_were(life):
    for name, before in life.month.items():
        order = list(VIEWS[name].grain)
        one, other = (f.sort_values(order, ignore_index=True) for f in (before, life.again[name]))
        assert one.equals(other), name


def test_a_materialization_says_what_can_be_plotted_and_where_columns_come_from(life):
    found = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in life.first_run.get_asset_materialization_events()
    }
    backlog = found["analysis_backlog_by_day"]
    last = life.month["analysis_backlog_by_day"].sort_values("day").iloc[-1]
    assert backlog["unsolved_tickets"].value == last["unsolved_tickets"]
    assert backlog["dagster/row_count"].value == len(life.month["analysis_backlog_by_day"])
    assert isinstance(found["analysis_csat"]["ratings_received"].value, int)
    assert 0 < found["analysis_csat"]["csat_percent"].value <= 100
    columns = found["analysis_tickets"]["dagster/column_schema"].value.columns
    assert {each.name: each.type for each in columns}["refund_amount"] == "number"
    lineage = found["analysis_tickets"]["dagster/column_lineage"].value.deps_by_column
    assert {dep.column_name for dep in lineage["refund_amount"]} == {"custom_fields"}
    assert lineage["group_name"][0].asset_key == dg.AssetKey([SCHEMA, "groups"])
    assert found["report"]["charts"].value == SHOWN
    backlog = life.month["analysis_backlog_by_day"]
    whole = backlog[backlog["day"].astype(str) < f"{life.first_moment:%Y-%m-%d}"]
    unsolved = whole.sort_values("day").iloc[-1]["unsolved_tickets"]
    assert f"at the end of the last day | {unsolved} |" in found["report"]["summary"].value


def test_the_report_is_one_file_that_needs_no_other(life):
    path = life.here.folder / "reports" / f"{SCHEMA}.html"
    html = path.read_text()
    assert html.count("<svg") == SHOWN
    assert "Technical support" in html
    assert "Nothing to show yet" not in html
    for loader in ("src=", "@import", "url(", "<script", "<link", "href="):
        assert loader not in html
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_leaves_the_numbers_in_the_ui(life, monkeypatch):
    folder = life.here.folder / "reports"
    before = sorted(folder.iterdir())
    refused = OSError(errno.EROFS, "Read-only file system")
    monkeypatch.setattr(durable, "rename_durably", lambda *_: (_ for _ in ()).throw(refused))
    result = life.here.run([keys.report_key(SCHEMA)])
    (event,) = result.get_asset_materialization_events()
    assert set(event.materialization.metadata) >= {"summary", "pictures", "charts"}
    assert "report" not in event.materialization.metadata
    assert sorted(folder.iterdir()) == before


def test_an_asset_downstream_reads_a_view_as_a_frame(life):
    seen = {}

    key = dg.AssetKey([SCHEMA, "analysis_backlog_by_day"])

    @dg.asset(ins={"backlog": dg.AssetIn(key, metadata={"columns": ["day"]})})
    def mine(backlog) -> None:
        seen["columns"], seen["rows"] = backlog.columns.tolist(), len(backlog)

    assets = life.here.definitions.assets
    dg.materialize([*assets, mine], resources=life.here.definitions.resources, selection=[mine])
    assert seen == {"columns": ["day"], "rows": len(life.whole["analysis_backlog_by_day"])}


def test_the_documented_queries_run_and_tell_the_same_of_replies(life):
    text = (Path(__file__).resolve().parents[2] / "docs" / "analysis.md").read_text()
    queries = re.findall(r"```sql\n(.*?)\n```", text, re.DOTALL)
    (asked,) = (query for query in queries if "as same" in query)
    ((tickets, same),) = life.ask(asked.replace("zendesk_prod", SCHEMA))
    assert tickets == same > 50
    for name, view in VIEWS.items():
        life.ask(view.example.format(view=f"{SCHEMA}.{name}"))
