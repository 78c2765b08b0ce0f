"""`compare` shows a copy beside our table, on what a sync has loaded, and changes nothing."""

import json

import duckdb
import pytest

pytestmark = pytest.mark.slow(seconds=8)


def test_a_copy_is_shown_beside_our_table_and_the_exit_code_says_whether_all_is_explained(
    run, write_sources, account, tmp_path
):
    write_sources(account, collections={"include": ["tickets"]})
    assert run("sync").code == 0
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema fivetran; create table fivetran.ticket as select "
            "* exclude (created_at, custom_fields), created_at at time zone 'UTC' as created_at, "
            "now() as _fivetran_synced, false as _fivetran_deleted from zendesk_test.tickets"
        )
    same = run("compare", "--with", "fivetran.ticket")
    assert same.code == 0, same.output
    for said in ("(Fivetran)", "created in", "Every difference is explained", "custom_fields"):
        assert said in same.output

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update fivetran.ticket set subject = 'other' where id = 7")
    other = run("compare", "--with", "fivetran.ticket", "--table", "tickets", "--json")
    assert other.code == 1
    (field,) = json.loads(other.output)["fields"]
    assert (field["column"], field["reasons"]) == ("subject", {"unexplained": 1})
    assert field["examples"][0][::2] == ["7", "other"]

    for words, sentence in (
        (("--with", "ticket"), "give the schema and the table"),
        (("--with", "nowhere.ticket"), "no table nowhere.ticket"),
        (("--with", "zendesk_test.tickets"), "is ours, and would be compared with itself"),
        (("--with", "zendesk_test_fivetran.ticket"), "is ours, and would be compared"),
        (("--with", "fivetran.ticket", "--source", "x"), "no source called x"),
    ):
        refused = run("compare", *words)
        assert refused.code != 0
        assert sentence in " ".join(refused.output.split())
