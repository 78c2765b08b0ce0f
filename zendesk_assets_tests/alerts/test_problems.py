"""One message for each cause, and one when it is over."""

from datetime import UTC, datetime, timedelta

from zendesk_assets.alerts import Finding, follow

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
REFUSED = "Zendesk refuses the credentials: connect the account again."


def said(messages):
    return [(each.status, each.assets, each.sentence) for each in messages]


def failing(names, sentence=REFUSED):
    return [Finding(name, sentence, "http://ui/runs/1") for name in names]


def test_hundreds_of_tables_that_fail_for_one_cause_are_one_message():
    names = [f"acme.table_{number}" for number in range(300)]
    problems, messages = follow([], failing(names), NOW)
    assert said(messages) == [("failed", names, REFUSED)]
    assert messages[0].title == "✗ acme.table_0, acme.table_1, acme.table_2 and 297 more"
    assert follow(problems, failing(["acme.later"]), NOW)[1] == []


def test_it_is_over_when_the_last_of_them_is_well_and_the_message_says_how_long_it_took():
    problems, _ = follow([], failing(["acme.a", "acme.b"]), NOW)
    later = NOW + timedelta(hours=3, minutes=10)
    problems, messages = follow(problems, [Finding("acme.a", "")], later)
    assert messages == []
    problems, (message,) = follow(problems, [Finding("acme.b", "", "http://ui/runs/2")], later)
    assert message.link == "http://ui/runs/2"
    assert (message.status, message.assets) == ("recovered", ["acme.a", "acme.b"])
    assert message.title == "✓ acme.a, acme.b: recovered after 3 h 10 min"
    assert problems == []


def test_what_never_failed_is_never_said_to_be_well_again():
    assert follow([], [Finding("acme.a", "")], NOW) == ([], [])


def test_what_failed_and_was_well_again_before_anybody_looked_makes_no_message():
    assert follow([], [*failing(["acme.a"]), Finding("acme.a", "")], NOW) == ([], [])


def test_a_sentence_with_other_numbers_has_the_same_cause():
    problems, _ = follow([], failing(["acme.a"], "3 rows were quarantined."), NOW)
    _, messages = follow(problems, failing(["acme.a"], "14 rows were quarantined."), NOW)
    assert messages == []


def test_another_cause_is_told_and_is_no_recovery_from_the_first():
    problems, _ = follow([], failing(["acme.a"]), NOW)
    problems, messages = follow(problems, failing(["acme.a"], "The disk is full."), NOW)
    assert said(messages) == [("failed", ["acme.a"], "The disk is full.")]
    _, messages = follow(problems, [Finding("acme.a", "")], NOW)
    assert said(messages) == [("recovered", ["acme.a"], "The disk is full.")]


def test_what_fails_again_after_it_was_well_is_told_again():
    problems, _ = follow([], failing(["acme.a"]), NOW)
    _, messages = follow(problems, [Finding("acme.a", ""), *failing(["acme.a"])], NOW)
    assert [each.status for each in messages] == ["recovered", "failed"]
