"""What a certificate says in words, without an account."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.hub import Certificate
from zendesk_assets.reconcile.certificate import build_page, sentence, summary, to_json

SUNDAY = datetime(2026, 11, 29, 5, tzinfo=UTC)


def certificate(collection="tickets", **changes):
    usual = {
        "warehouse": "w",
        "asked": SUNDAY,
        "outcome": "passed",
        "here": 1_899,
        "at_zendesk": 1_899,
        "compared": 500,
    }
    return Certificate(collection=collection, **(usual | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            (
                "1,899 tickets here, 1,899 at Zendesk; 500 compared property by property, "
                "0 differ; 0 ids missing; compared on Sunday, 2026-11-29."
            ),
        ),
        (
            {"is_about": True, "differing": 3, "missing": 1},
            (
                "1,899 tickets here, about 1,899 by Zendesk's own count; 500 compared property by "
                "property, 3 differ; 1 id missing; compared on Sunday, 2026-11-29."
            ),
        ),
        (
            {"here": 1, "at_zendesk": None, "incomplete_seconds": (SUNDAY,)},
            (
                "1 row of tickets here; 500 compared property by property, 0 differ; "
                "0 ids missing; 1 second may be incomplete; compared on Sunday, 2026-11-29."
            ),
        ),
        (
            {
                "here": 29,
                "at_zendesk": 172,
                "is_about": True,
                "fetched_from": SUNDAY.replace(month=9, day=1),
            },
            (
                "29 tickets here (fetched from 2026-09-01 on), about 172 by Zendesk's own count, "
                "which leaves out archived ones; 500 compared property by property, 0 differ; "
                "0 ids missing; compared on Sunday, 2026-11-29."
            ),
        ),
        ({"is_comparable": False}, "Zendesk has no other route to it: it is not compared."),
    ],
)
def test_a_certificate_is_one_sentence(changes, said):
    assert sentence(certificate(**changes)) == said


def test_events_are_compared_with_audits_and_not_property_by_property():
    assert "500 compared with audits" in sentence(certificate("ticket_events"))


def test_a_repair_is_said_with_its_day():
    mended = certificate(repaired=SUNDAY.replace(day=30))
    assert sentence(mended).endswith(
        "compared on Sunday, 2026-11-29, repaired on Monday, 2026-11-30."
    )


def test_the_summary_adds_up_and_names_what_differs_and_what_was_left():
    found = [certificate(), certificate("users", differing=2, missing=1, outcome="error")]
    said = summary(found, ["tickets", "users", "groups"])
    assert "2 tables compared with Zendesk, the last on Sunday, 2026-11-29: 1,000 records" in said
    assert "2 differ, 1 id missing. Differing: users" in said
    assert "Not compared yet: groups." in said


def test_certificates_of_collections_that_are_no_longer_synced_do_not_count():
    assert "1 table compared" in summary([certificate(), certificate("users")], ["tickets"])


def test_without_any_comparison_the_next_step_is_said():
    assert "`zendesk-assets reconcile`" in summary([], ["tickets"])


def test_page_and_json_have_every_sentence_and_escape_what_is_foreign():
    wrong = certificate("users", outcome="error", differences=("✗ 5 <b>differs</b>",))
    page = build_page({"zendesk_prod": [certificate(), wrong]}, SUNDAY)
    assert sentence(wrong) in page
    assert "<b>differs" not in page
    found = to_json("zendesk_prod", [certificate()])
    assert found["tables"][0]["sentence"] == sentence(certificate())
