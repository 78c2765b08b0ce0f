"""Lists that were read recently cost a sync nothing, and are read where anything speaks for it."""

import re

import duckdb
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def synced(run, write_sources, account, within_a_day):
    write_sources(account, collections={"include": ["groups", "locales", "macros"]})
    assert run("sync").code == 0
    return run


def steps(output):
    return {name for name in ("groups", "locales", "macros") if f".{name}" in output}


def test_lists_that_are_not_due_are_left_out_in_one_sentence(synced, account):
    account.requests.clear()
    again = synced("sync")

    assert again.code == 0
    assert steps(again.output) == {"groups"}
    assert re.search(
        r": 2 lists are not due yet, the first of them at \d{4}-\d\d-\d\d \d\d:\d\d UTC; "
        r"--refetch reads them now\.",
        again.output,
    )
    assert {each.path for each in account.requests} == {"/api/v2/groups"}


def test_refetch_and_a_name_read_them_now_or_say_when(synced, account):
    account.requests.clear()
    assert steps(synced("sync", "--refetch").output) == {"groups", "locales", "macros"}
    assert "/api/v2/macros" in {each.path for each in account.requests}
    assert "macros: not due until" in synced("sync", "--collection", "macros").output


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("DROP TABLE zendesk_test.macros", "macros"),
        ("DELETE FROM zendesk_test._loads WHERE collection = 'macros'", "macros"),
        ("DROP TABLE zendesk_test.macros_history", "macros_history"),  # as if it were new
    ],
)
def test_what_is_not_in_its_table_is_loaded_again(synced, tmp_path, statement, table):
    file = next(tmp_path.rglob("*.duckdb"))
    with duckdb.connect(file) as connection:
        connection.execute(statement)
    assert steps(synced("sync").output) == {"groups", "macros"}
    with duckdb.connect(file) as connection:
        rows = connection.execute(f"SELECT count(*) FROM zendesk_test.{table}").fetchone()
    assert rows > (0,)
