"""Custom fields as columns: names, types, and what happens to those who use them."""

from contextlib import ExitStack
from datetime import date

import psycopg
import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.analysis._custom_fields import name_fields
from zendesk_assets.analysis._labels import name_labels
from zendesk_assets.clock import ManualClock
from zendesk_assets_tests.analysis.conftest import Desk
from zendesk_assets_tests.warehouse.engines import DuckDBEngine, PostgresEngine
from zendesk_assets_tests.warehouse.helpers import T0

VIEW = "analysis_tickets"
FIXED = len(VIEWS[VIEW].columns)  # the columns of custom fields come after these


def field(number, title, kind="text", **more):
    return {"id": number, "title": title, "type": kind, "active": True, **more}


def custom(**values):
    return [{"id": int(key[1:]), "value": value} for key, value in values.items()]


def test_names_need_no_quotes_and_are_each_used_once():
    titles = {
        1: "Größe (cm)", 2: "Order", 3: "Status", 4: "2nd line?", 5: "顧客番号", 6: "Größe  cm",
        7: "", 8: "x" * 90, 9: "x" * 91, 10: "Order field",
    }  # fmt: skip
    found = name_fields(titles, ["status"], ["order"])
    assert found == {
        1: "grosse_cm", 2: "order_field", 3: "status_3", 4: "field_2nd_line", 5: "field_5",
        6: "grosse_cm_6", 7: "field_7", 8: "x" * 40, 9: "x" * 40 + "_9", 10: "order_field_10",
    }  # fmt: skip


def test_no_two_fields_ever_have_one_name_whatever_their_titles():
    long = 10**18
    titles = {
        1: "A", 2: "a 5", 3: "a_5_", 4: "field 6", 5: "a", 6: "?", 7: "ROWID", 8: "rowid field",
        9: "9" * 90, long: "9" * 90, long + 1: "9" * 90, 11: "field 11", 12: "", 13: "field_12",
        14: "É", 15: "e", 16: "ﬁeld", 17: "Status", 18: "status 17",
    }  # fmt: skip
    found = name_fields(titles, ["status"], ["rowid"])
    assert len(set(found.values())) == len(titles)
    assert all(len(name) <= 63 for name in found.values())
    assert (found[2], found[5]) == ("a_5", "field_5")


def test_a_field_that_comes_later_never_takes_the_name_of_another():
    before = name_fields({5: "Region", 7: "Region", 9: "Site"}, [], [])
    more = {1: "Region", 3: "region 7", 5: "Region", 7: "Region", 8: "Site", 9: "Site"}
    after = name_fields(more, [], [], before)
    assert {key: after[key] for key in before} == before == {5: "region", 7: "region_7", 9: "site"}
    assert len(set(after.values())) == len(more)
    renamed = name_fields({5: "Place", 7: "Region"}, [], [], before)
    assert renamed == {5: "place", 7: "region_7"}


def test_a_label_gives_way_to_a_field_of_its_name_and_keeps_the_one_that_it_has():
    taken = ["region", "site", "site_label"]
    assert name_labels({1: "region", 2: "site"}, taken) == {1: "region_label", 2: "site_label_2"}
    kept = name_labels({1: "region", 2: "place"}, ["region", "place"], {1: "region_label_1"})
    assert kept == {1: "region_label_1", 2: "place_label"}
    long = name_labels({1: "x" * 63, 2: "x" * 63}, ["x" * 63])
    assert all(len(name) <= 63 for name in long.values())
    assert len(set(long.values())) == 2


def test_columns_keep_their_names_when_a_field_of_the_same_title_comes(desk):
    desk.fill("groups")
    desk.fill("ticket_fields", field(5, "Region"), field(7, "region!"))
    desk.fill("tickets", {"id": 1, "custom_fields": custom(_3="new", _5="old", _7="other")})
    assert list(desk.rows(VIEW)[0])[FIXED:] == ["region", "region_7"]
    desk.engine.run(
        "INSERT INTO s.ticket_fields (id, title, type, active, _deleted) "
        "VALUES (3, 'REGION', 'text', true, false)"
    )
    (row,) = desk.rows(VIEW)
    assert (row["region"], row["region_7"], row["region_3"]) == ("old", "other", "new")


@pytest.mark.parametrize(
    ("kind", "sent", "read"),
    [
        ("decimal", "1,2", 1.2), ("decimal", "-1,25", -1.25), ("decimal", ".5", 0.5),
        ("decimal", ",5", 0.5), ("decimal", "+2", 2.0), ("decimal", " 3.5 ", 3.5),
        ("decimal", "1,234.5", 1234.5), ("decimal", "1.234,5", 1234.5),
        ("decimal", "1,234,567", 1234567.0), ("decimal", "1.234.567", 1234567.0),
        ("decimal", "1 234,5", 1234.5), ("decimal", "1e-7", 1e-7), ("decimal", 1e-7, 1e-7),
        ("decimal", 0.1 + 0.2, 0.1 + 0.2), ("decimal", "1,2,3", None), ("decimal", "", None),
        ("decimal", "1e999", None), ("decimal", "NaN", None), ("decimal", "12 34", None),
        ("integer", " 12 ", 12), ("integer", "12.0", 12), ("integer", "+7", 7),
        ("integer", "1 234", 1234), ("integer", 2**63 - 1, 2**63 - 1), ("integer", 2**63, None),
        ("integer", "9" * 30, None), ("integer", "1,5", None),
        ("checkbox", "TRUE", True), ("checkbox", "0", False), ("checkbox", 1, True),
        ("date", "0000-01-31", None), ("date", "0001-01-31", date(1, 1, 31)),
        ("date", "9999-12-31", date(9999, 12, 31)), ("date", "20266-01-01", None),
        ("date", "2024-02-30", None), ("date", "tomorrow", None), ("date", "2024-00-10", None),
        ("lookup", 12345678901234, "12345678901234"), ("lookup", "01AB", "01AB"),
        ("partialcreditcard", "XXXXXXXXXXXX1234", "XXXXXXXXXXXX1234"), ("tagger", "gone", "gone"),
    ],
)  # fmt: skip
def test_each_value_is_read_or_null_and_the_view_stays_readable(values, kind, sent, read):
    assert values[kind, repr(sent)] == read


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def values(request, tmp_path_factory):
    """Return what one view shows of every value that the test above asks for."""
    (mark,) = (
        each
        for each in test_each_value_is_read_or_null_and_the_view_stays_readable.pytestmark
        if each.name == "parametrize"
    )
    cases = mark.args[1]
    kinds = {kind: at for at, kind in enumerate(dict.fromkeys(kind for kind, _, _ in cases), 1)}
    clock = ManualClock(T0)
    with ExitStack() as stack:
        if request.param == "duckdb":
            engine = DuckDBEngine(tmp_path_factory.mktemp("values") / "w" / "w.duckdb", clock)
        else:
            url = request.getfixturevalue("postgres_server")
            engine = stack.enter_context(PostgresEngine.on(url, clock))
        desk = Desk(engine, engine.warehouse(threads=1, lock_timeout=5))
        desk.fill("groups")
        desk.fill("ticket_fields", *(field(at, kind, kind) for kind, at in kinds.items()))
        tickets = (
            {"id": at, "custom_fields": [{"id": kinds[kind], "value": sent}]}
            for at, (kind, sent, _) in enumerate(cases)
        )
        desk.fill("tickets", *tickets)
        rows = {row["id"]: list(row.values())[FIXED:] for row in desk.rows(VIEW)}
    return {
        (kind, repr(sent)): rows[at][kinds[kind] - 1] for at, (kind, sent, _) in enumerate(cases)
    }


def test_values_have_the_type_of_their_field_and_what_does_not_fit_is_null(desk):
    options = [{"value": "high", "name": "High (3)"}, {"value": "low"}, {"name": "none"}, 7]
    desk.fill("groups")
    desk.fill(
        "ticket_fields",
        field(1, "Status", "status"),
        field(2, "Severity", "tagger", active=False, custom_field_options=options),
        field(3, "Units", "integer"),
        field(4, "Refund", "decimal"),
        field(5, "Warranty", "checkbox"),
        field(6, "Delivered", "date"),
        field(7, "Reasons", "multiselect"),
        field(8, "Severity", "some new type"),
    )
    desk.fill(
        "tickets",
        {"id": 1, "custom_fields": custom(
            _2="high", _3=12, _4=1.5, _5=True, _6="2026-02-28", _7=["a", "b"], _8=None)},
        {"id": 2, "custom_fields": custom(
            _3="745", _4="-3", _5="false", _6="2026-02-28T00:00:00Z", _7=[], _8={"x": 1})},
        {"id": 3, "custom_fields": custom(
            _2="", _3="1.7", _4="a lot", _5="perhaps", _6="2026-02-31", _7=None,
            _9="nobody knows")},
        {"id": 4, "custom_fields": None},
        {"id": 5, "custom_fields": {"not": "a list"}},
        {"id": 6, "custom_fields": ["text", 7, None, {"id": None, "value": "x"}, {"value": "y"}]},
        {"id": 7, "custom_fields": custom(_2="gone"), "_deleted": True},
    )  # fmt: skip
    rows = {row["id"]: list(row.values())[FIXED:] for row in desk.rows(VIEW)}
    rows[2][-1] = rows[2][-1].replace(" ", "")  # PostgreSQL's way to write JSON
    day, nothing = date(2026, 2, 28), [None] * 8
    assert rows == {
        1: ["high", "High (3)", 12, 1.5, True, day, '["a","b"]', None],
        2: [None, None, 745, -3.0, False, day, "[]", '{"x":1}'],
        3: ["", None, None, None, None, None, None, None],
        4: nothing,
        5: nothing,
        6: nothing,
    }
    # null as JSON would look the same in Python
    nulls = desk.engine.query(f"SELECT count(*) AS n FROM s.{VIEW} WHERE reasons IS NULL")
    assert nulls == [{"n": 4}]
    names = [name for name, _ in desk.engine.columns(VIEW)[0]]
    assert names[FIXED:] == [
        "severity", "severity_label", "units", "refund", "warranty", "delivered", "reasons",
        "severity_8",
    ]  # fmt: skip


def test_a_field_that_comes_or_is_renamed_is_followed_and_what_people_built_stays(desk):
    desk.fill("groups")
    desk.fill("ticket_fields", field(1, "Severity"), field(2, "Reason"))
    desk.fill("tickets", {"id": 1, "custom_fields": custom(_1="high", _2="why", _3="new")})
    assert desk.put(VIEW).changed
    desk.engine.run(f"CREATE VIEW s.mine AS SELECT severity FROM s.{VIEW}")
    if desk.engine.name == "postgres":
        desk.engine.run(f"GRANT SELECT ON s.{VIEW} TO PUBLIC")

    desk.engine.run("UPDATE s.ticket_fields SET title = 'Reason' WHERE id = 1")
    desk.engine.run("UPDATE s.ticket_fields SET title = 'Severity' WHERE id = 2")
    desk.engine.run(
        "INSERT INTO s.ticket_fields (id, title, type, active, _deleted) "
        "VALUES (3, 'First', 'text', true, false)"
    )
    state = desk.put(VIEW)
    assert (state.changed, state.remark) == (True, "")
    (row,) = desk.rows(VIEW)
    assert {name: row[name] for name in ("reason", "severity", "first")} == {
        "reason": "high", "severity": "why", "first": "new",
    }  # fmt: skip
    # DuckDB looks columns up by name, PostgreSQL knows which column was meant.
    meant = "high" if desk.engine.name == "postgres" else "why"
    assert desk.engine.query("SELECT * FROM s.mine") == [{"severity": meant}]
    if desk.engine.name == "postgres":
        assert granted(desk.engine)


def test_a_label_is_renamed_with_its_field_and_stays_where_another_field_takes_its_name(desk):
    options = [{"value": "high", "name": "High"}]
    desk.fill("groups")
    desk.fill("ticket_fields", field(1, "Severity", "tagger", custom_field_options=options))
    desk.fill("tickets", {"id": 1, "custom_fields": custom(_1="high", _2="mine")})
    desk.put(VIEW)
    desk.engine.run(
        "INSERT INTO s.ticket_fields (id, title, type, active, _deleted) "
        "VALUES (2, 'Severity label', 'text', true, false)"
    )
    (row,) = desk.rows(VIEW)
    assert (row["severity_label"], row["severity_label_2"]) == ("High", "mine")

    desk.engine.run("UPDATE s.ticket_fields SET title = 'Urgency' WHERE id = 1")
    assert desk.put(VIEW).remark == ""
    (row,) = desk.rows(VIEW)
    assert (row["urgency"], row["urgency_label"]) == ("high", "High")
    assert "mine" in (row.get("severity_label"), row.get("severity_label_2"))


def test_a_field_that_is_gone_takes_its_column_along_unless_somebody_needs_it(desk):
    desk.fill("groups")
    desk.fill("ticket_fields", field(1, "Severity"), field(2, "Reason"))
    desk.fill("tickets", {"id": 1, "custom_fields": custom(_1="high", _2="why")})
    desk.put(VIEW)
    postgres = desk.engine.name == "postgres"
    if postgres:
        desk.engine.run(f"GRANT SELECT ON s.{VIEW} TO PUBLIC")
    desk.engine.run(f"CREATE VIEW s.mine AS SELECT id FROM s.{VIEW}")
    desk.engine.run("DELETE FROM s.ticket_fields WHERE id = 1")
    desk.engine.run("UPDATE s.ticket_fields SET title = 'Severity' WHERE id = 2")

    if postgres:
        state = desk.put(VIEW)
        assert "is left as it was, because s.mine depends on it" in state.remark
        assert desk.engine.query(f"SELECT severity FROM s.{VIEW}") == [{"severity": "high"}]
        desk.engine.run("DROP VIEW s.mine")
    assert desk.put(VIEW).remark == ""
    (row,) = desk.rows(VIEW)
    assert "reason" not in row
    assert row["severity"] == "why"
    assert not postgres or granted(desk.engine)


def granted(engine):
    query = f"SELECT has_table_privilege('pg_monitor', 's.{VIEW}', 'SELECT') AS may"
    return engine.query(query) == [{"may": True}]


def test_a_table_under_a_view_is_dropped_with_it_and_both_come_back(desk):
    desk.fill("groups")
    desk.fill("ticket_fields", field(1, "Severity"))
    desk.fill("tickets", {"id": 1, "custom_fields": custom(_1="high")})
    desk.put(VIEW)
    if desk.engine.name == "postgres":
        with pytest.raises(psycopg.errors.DependentObjectsStillExist):
            desk.engine.run("DROP TABLE s.tickets")
        desk.engine.run("DROP TABLE s.tickets CASCADE")
    else:
        desk.engine.run("DROP TABLE s.tickets")
    assert desk.put(VIEW).missing == ("tickets",)
    assert desk.rows(VIEW) == []

    desk.fill("tickets", {"id": 2, "custom_fields": custom(_1="low")})
    desk.engine.run("ALTER TABLE s.tickets ADD COLUMN more INTEGER")
    assert desk.put(VIEW).missing == ()
    assert [(row["id"], row["severity"]) for row in desk.rows(VIEW)] == [(2, "low")]
