"""`query --as-of` takes days and times, and asks the hub and not the warehouse."""

from datetime import UTC, datetime

import pytest

QUERY = "select count(*) as found from zendesk_test.groups"


@pytest.mark.slow
def test_a_query_is_answered_from_what_the_hub_had(run, write_sources, account, tmp_path):
    write_sources(account, collections={"include": ["groups"]})
    assert run("sync").code == 0
    (tmp_path / "warehouse.duckdb").unlink()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    expected = len(account.expected("groups"))
    answer = run("query", "--csv", "--as-of", now.replace("+00:00", "Z"), QUERY)
    while "Nothing of" in answer.output:  # it landed in this second
        now = datetime.now(UTC).isoformat(timespec="seconds")
        answer = run("query", "--csv", "--as-of", now, QUERY)
    assert answer.code == 0
    assert f"found\n{expected}\n" in answer.output
    assert "zendesk_test.groups as of" in answer.output
    assert not (tmp_path / "warehouse.duckdb").exists()
    before = run("query", "--as-of", f"{datetime.now(UTC):%Y-%m-%d}", QUERY)
    assert "the first batch came on" in " ".join(before.output.split())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("yesterday", "Not a date: yesterday. Use YYYY-MM-DD"),
        ("2026-02-30", "Not a date: 2026-02-30."),
        ("2026-10-01T09:30", "or a time with its zone"),
        ("9000-01-01", "9000-01-01 00:00 UTC has not come yet"),
    ],
)
def test_another_moment_is_refused(run, write_sources, account, typed, told):
    write_sources(account)
    outcome = run("query", "--as-of", typed, QUERY)
    assert outcome.code == 2
    assert told in " ".join(outcome.output.replace("│", " ").split())
