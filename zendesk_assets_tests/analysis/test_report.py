"""The page made of the views, without a warehouse: what it shows, with data and without."""

import base64
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.report import (
    CHARTS,
    SPLITS,
    TABLES,
    TILES,
    Subject,
    build_report,
    choose_period,
)
from zendesk_assets.report.parts import Kind
from zendesk_assets.report.period import Step
from zendesk_assets.spec import Window

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
HOSTILE = "Returns & <b>repairs</b><script>alert(1)</script>"
DEFINITIONS = {view.name: view.description for view in VIEWS.values()}


def about(views=DEFINITIONS, fetched=(), nickname="Acme"):
    return Subject(nickname, "zendesk_prod", views, choose_period(AT, fetched), AT)


def answers(subject, changed=None):
    """Answer each question: names, or a figure for each week or month; a tile has 12 after 10."""
    known = {subject.query(part): part for part in subject.parts()}

    def ask(_view, query):
        part = known[query]
        if part in SPLITS:
            return (changed or {}).get(part.what, [(HOSTILE, 5, 5)])
        if part in TILES:
            return [(12, 10)]
        if part in TABLES:
            return [(HOSTILE, 4, 3, 20, 1.25, None)]
        if part.kind is Kind.BARS:
            return [(HOSTILE, 12.5), ("Support", 50)]
        return [
            (first, *(at % 9 + 1,) * len(part.series))
            for at, first in enumerate(subject.period.steps(part.step))
        ]

    return ask


def days(*spans):
    return [
        Window(
            *(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) for day in span)
        )
        for span in spans
    ]


def test_every_part_asks_one_view_for_what_it_shows():
    for part in (*CHARTS, *TILES, *TABLES, *SPLITS):
        assert part.view in VIEWS
        assert "{view}" in part.query
    assert {part.view for part in CHARTS} <= set(VIEWS)


def test_names_from_the_account_are_shown_as_they_are_and_run_nothing():
    subject = about(nickname="<script>alert(1)</script>")
    made = build_report(subject, answers(subject, {"group": [(HOSTILE, 40, 5)]}))
    assert made.charts == len(CHARTS) == made.html.count("<svg")
    assert "<script" not in made.html
    assert "<b>repairs" not in made.html
    assert "Returns &amp; &lt;b&gt;repairs&lt;/b&gt;" in made.html
    assert "2026-03-04 12:00 UTC" in made.html
    for loader in ("src=", "@import", "url(", "<link", "href="):
        assert loader not in made.html


def test_thirteen_months_are_shown_or_what_was_fetched_of_them():
    whole = choose_period(AT, ())
    assert (whole.since, whole.until) == (date(2025, 3, 1), date(2026, 3, 4))
    assert len(whole.steps(Step.MONTH)) == 13
    young = choose_period(AT, days(("2026-01-10", "2026-03-02")))
    assert (young.since, young.last_day) == (date(2026, 1, 10), date(2026, 3, 1))
    old = choose_period(AT, days(("2015-01-01", "2026-03-04")))
    assert old.since == whole.since


def test_what_was_not_fetched_is_a_gap_in_each_chart_over_time_and_is_said():
    fetched = days(("2025-03-01", "2025-06-10"), ("2025-08-01", "2026-03-04"))
    subject = about(fetched=fetched)
    made = build_report(subject, answers(subject))
    assert "2025-06-10 to 2025-08-01" in made.html
    backlog = figures(made.html, "Backlog")
    known = {row[0]: row[1] for row in backlog}
    assert known["2 Jun 2025"]
    assert [known[week] for week in ("9 Jun 2025", "7 Jul 2025", "28 Jul 2025")] == ["", "", ""]
    assert known["4 Aug 2025"]
    assert {row[0]: row[1] for row in figures(made.html, "Satisfaction")}["Jul 2025"] == ""
    without = about(fetched=days(("2025-03-01", "2026-03-04")))
    assert "Not fetched" not in build_report(without, answers(without)).html


def figures(html, title):
    """Return the rows of the figures beneath a chart."""
    section = next(each for each in re.split("<section[^>]*>", html) if f">{title}<span>" in each)
    rows = re.findall(r"<tr>(<td>.*?)</tr>", section, flags=re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", row) for row in rows]


def test_each_chart_has_its_definition_its_words_its_figures_and_its_sql():
    subject = about()
    made = build_report(subject, answers(subject))
    for part in (*CHARTS, *TABLES):
        section = next(
            each for each in re.split("<section[^>]*>", made.html) if f">{part.title}<span>" in each
        )
        assert f"from zendesk_prod.{part.view}".lower() in section.lower()
        assert "{" not in re.search(r"<pre>(.*?)</pre>", section, re.DOTALL)[1]
        assert DEFINITIONS[part.view][:40] in section
    assert made.html.count('aria-label="') == len(CHARTS)
    assert 'aria-label="Backlog. open: 24 Feb 2025 1, ' in made.html
    axis = re.findall(r'class="major[^>]*>([^<]*)</text>', made.html)
    assert {"Apr 2025", "3 Mar 2025", "5 May 2025"} <= set(axis)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (12, 10, "up 20 %, from 10"),
        (5, 10, "down 50 %, from 10"),
        (10, 10, "unchanged"),
        (3, 0, "up from 0"),
        (3, None, "not known for the week before"),
    ],
)
def test_this_week_is_set_beside_the_last_one(now, before, said):
    subject = about()
    ask = answers(subject)
    created = next(tile for tile in TILES if tile.title == "Created")

    def changed(view, query):
        return [(now, before)] if query == subject.query(created) else ask(view, query)

    made = build_report(subject, changed)
    assert f"| **Created**, tickets | {now} | {said} |" in made.summary
    assert f"<b>{now}</b><em>{said}</em>" in made.html


def test_a_share_differs_by_points_not_by_percent():
    subject = about()
    ask = answers(subject)
    share = next(tile for tile in TILES if tile.unit == "%")

    def changed(view, query):
        return [(60, 80)] if query == subject.query(share) else ask(view, query)

    assert "<b>60 %</b><em>down 20 points, from 80 %</em>" in build_report(subject, changed).html


def test_a_chart_begins_where_there_is_something():
    subject = about()
    ask = answers(subject)
    backlog = next(chart for chart in CHARTS if chart.title == "Backlog")

    def late(view, query):
        rows = ask(view, query)
        if query != subject.query(backlog):
            return rows
        return [(row[0], *(0,) * 4) if row[0] < date(2025, 12, 1) else row for row in rows]

    assert figures(build_report(subject, late).html, "Backlog")[0][0] == "1 Dec 2025"


def test_what_changed_most_comes_first_and_chance_is_left_out():
    subject = about()
    counts = {"group": [("Sales", 60, 50), ("Returns", 90, 20)], "channel": [("email", 0, 30)]}
    made = build_report(subject, answers(subject, counts))
    rows = re.findall(r"<tr><td>(\w+)</td><td>(\w+)</td>.*?<td>([+-]\d+)</td></tr>", made.html)
    assert rows == [("group", "Returns", "+70"), ("channel", "email", "-30")]
    calm = build_report(subject, answers(subject, {"group": [("Sales", 65, 50), ("Few", 7, 0)]}))
    assert "Nothing changed by more than chance." in calm.html


def test_pictures_for_the_ui_stand_alone_and_stay_small():
    subject = about()
    made = build_report(subject, answers(subject))
    images = re.findall(r"!\[([\w ]+)\]\(data:image/svg\+xml;base64,([^)]+)\)", made.pictures)
    assert [title for title, _ in images] == [each.title for each in CHARTS if each.pictured]
    for _, data in images:
        svg = base64.b64decode(data).decode()
        picture = ET.fromstring(svg)
        assert picture.get("width")
        assert "var(" not in svg
        assert len(data) < 120_000


def test_an_empty_account_gets_a_page_that_says_so():
    subject = about()
    made = build_report(subject, lambda view, query: [])
    assert made.charts == 0
    assert made.html.count("Nothing to show yet.") == len(CHARTS) + len(TABLES)
    assert (made.pictures, made.summary.count("| - |")) == ("", len(TILES))
    alone = about({"analysis_csat": DEFINITIONS["analysis_csat"]})
    nulls = build_report(alone, lambda view, query: [(None,) * 5])
    assert nulls.charts == 0
    assert "Backlog" not in nulls.html  # its view is not there


def test_the_first_second_of_a_history_has_no_whole_day_yet():
    at = AT + timedelta(seconds=1)
    subject = about(fetched=[Window(AT, at)])
    made = build_report(subject, lambda view, query: [])
    assert made.charts == 0
