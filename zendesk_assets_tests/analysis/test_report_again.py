"""A report that would be the same is not made again; any other is."""

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.report import build_report, choose_period, identify, note_page, take_again
from zendesk_assets_tests.analysis.test_report import AT, about, answers, days

LATER = AT + timedelta(hours=3)
GAP = (("2025-03-01", "2025-06-10"), ("2025-08-01", "2026-03-04"))
STATES = ("tickets: 3", "ticket_events: 5")


@pytest.fixture(scope="module")
def report():
    return build_report(about(), answers(about()))


@pytest.fixture
def made(tmp_path, report):
    """A report that was written and noted: the subject, the page, the note."""
    subject, page, note = about(), tmp_path / "s.html", tmp_path / "state" / "page.json"
    page.write_text(report.html)
    note_page(note, subject, identify(subject, STATES), report)
    return subject, page, note, report


def again(made, subject, states=STATES):
    _, page, note, _ = made
    return take_again(note, page, subject, identify(subject, states))


def without_ids(html):
    """Return a page without what tells drawings apart, which is random."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", html)


def test_only_the_time_differs(made):
    subject, _, _, report = made
    later = replace(subject, at=LATER)
    found, fresh = again(made, later), build_report(later, answers(later))
    assert without_ids(found.html) == without_ids(fresh.html) != without_ids(report.html)
    assert replace(found, html="") == replace(report, html="")
    assert "as loaded by 2026-03-04 15:00 UTC" in found.html


def test_it_can_be_taken_again_and_again(made):
    subject, page, note, _ = made
    for hours in range(1, 4):
        now = replace(subject, at=AT + timedelta(hours=hours))
        found = again(made, now)
        page.write_text(found.html)
        note_page(note, now, identify(now, STATES), found)
    assert "as loaded by 2026-03-04 15:00 UTC" in page.read_text()


def test_windows_that_reach_further_are_no_other_report(made):
    subject, _, _, _ = made
    one, two = (days(("2025-03-01", end)) for end in ("2026-03-04", "2026-03-05"))
    subject, later = (replace(subject, period=choose_period(AT, fetched)) for fetched in (one, two))
    assert identify(subject, STATES) == identify(later, STATES)


@pytest.mark.parametrize(
    "changes",
    [
        {"nickname": "Other"},
        {"schema": "other"},
        {"compared": "9 tables compared"},
        {"views": {"analysis_csat": "another definition"}},
        {"period": choose_period(AT + timedelta(days=1), ())},
        {"period": choose_period(AT, days(*GAP))},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_another_subject_is_another_report(made, changes):
    assert again(made, replace(made[0], at=LATER, **changes)) is None


def test_other_data_are_another_report(made):
    assert again(made, made[0], ("tickets: 4", "ticket_events: 5")) is None
    assert again(made, made[0], STATES[::-1])


def test_a_page_that_was_changed_or_deleted_is_made_anew(made):
    subject, page, _, _ = made
    page.write_text(page.read_text() + " ")
    assert again(made, subject) is None
    page.unlink()
    assert again(made, subject) is None


@pytest.mark.parametrize("damage", ["", "[]", "{", "null"])
def test_without_its_note_it_is_made_anew(made, damage):
    subject, page, note, _ = made
    note.write_text(damage)
    assert again(made, subject) is None
    note.unlink()
    assert again(made, subject) is None
    assert take_again(None, page, subject, identify(subject, STATES)) is None


def test_a_note_of_an_earlier_release_does_no_harm(made):
    subject, _, note, _ = made
    note.write_text(json.dumps({"identity": identify(subject, STATES)}))
    assert again(made, subject) is None


def test_the_note_has_nothing_about_a_person(made):
    _, _, note, report = made
    noted = note.read_text()
    drawn = [base64.b64decode(each).decode() for each in re.findall(r"base64,([\w+/=]+)", noted)]
    assert "alert(1)" in report.html  # a name of the account
    assert drawn
    for text in (noted, *drawn):
        assert "alert(1)" not in text
