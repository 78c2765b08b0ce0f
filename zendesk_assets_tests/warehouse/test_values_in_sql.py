"""Values in a statement are what they would be as its parameters, and need no pandas."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest

from zendesk_assets.warehouse.values_in_sql import with_values

HOSTILE = """it's "$1" -- /* \\ */ 'a; DROP TABLE t"""
AWARE = datetime(2026, 3, 4, 5, 6, 7, 890123, timezone(timedelta(hours=-7)))
VALUES = {
    "nothing": None,
    "true": True,
    "zero": 0,
    "negative": -5,
    "large": 2**62,
    "smallest": -(2**63),
    "empty": "",
    "hostile": HOSTILE,
    "other alphabets": "Grüße 你好 😀\n\t",
    "moment": AWARE,
    "first moment": datetime(1, 1, 2, tzinfo=UTC),
    "texts": ["a", HOSTILE, None],
    "numbers": [3, -1, 2**40],
    "moments": [AWARE, None],
}
# What can only be passed as a parameter.
PASSED = {
    "a NUL": "a\0b",
    "too large": 2**63,
    "a fraction": 0.1,
    "bytes": b"\0\xff",
    "local time": datetime(2026, 3, 4),  # noqa: DTZ001 # it is about one without a zone
    "a long list": list(range(501)),
    "a list with a NUL": ["a", "b\0"],
}


@pytest.fixture
def memory():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("name", [*VALUES, *PASSED])
def test_a_value_is_the_same_as_its_parameter(memory, name):
    value = {**VALUES, **PASSED}[name]
    query = "SELECT $1 AS value, typeof($1)"
    statement, left = with_values(query, [value])
    assert bool(left) == (name in PASSED)
    written = memory.execute(statement, left).fetchall()
    passed = memory.execute(query, [value]).fetchall()
    assert written[0][0] == passed[0][0]
    if value is not None:
        assert written[0][1] == passed[0][1]


def test_only_parameters_are_replaced(memory):
    query = """SELECT '$1', "$2", $2, '''$1''', $1, $10 FROM (SELECT 3 AS "$2")"""
    values = [HOSTILE, "second", *range(3, 10), "tenth"]
    statement, left = with_values(query, values)
    assert not left
    found = memory.execute(statement).fetchall()
    assert found == [("$1", 3, "second", "'$1'", HOSTILE, "tenth")]


def test_a_statement_without_values_stays():
    assert with_values("SELECT '$1'", []) == ("SELECT '$1'", [])


def test_a_load_imports_no_pandas(tmp_path):
    code = """
import sys
from pathlib import Path
from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import open_duckdb
warehouse = open_duckdb(sys.argv[1])
for name in ("tickets", "ticket_events"):
    warehouse.load("s", declared().collections[name], [])
    warehouse.loaded_batches("s", name)
with warehouse.changing("s", "t") as session:
    session.ask("SELECT $1, $2", ["a", 1]) if session else None
assert "duckdb" in sys.modules
print("pandas" in sys.modules)
"""
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "w.duckdb")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "False"
