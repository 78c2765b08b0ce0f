"""The page made of the views, without a warehouse: what it shows, with data and without."""

import base64
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

from zendesk_assets.analysis import VIEWS
from zendesk_assets.report import CHARTS, TILES, build_report

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answers(view, query):
    """Answer each question with two groups, or ninety days, one figure missing."""
    for chart in CHARTS:
        if query == chart.query:
            if chart.kind.value == "bars":
                return [("Returns & <b>repairs</b>", 12.5), ("Support", 50)]
            first = date(2025, 12, 1)
            figures = [(n % 9,) * len(chart.series) for n in range(90)]
            figures[3] = (None,) * len(chart.series)
            return [(first + timedelta(days=n), *row) for n, row in enumerate(figures)]
    return [(1234,)]


def test_every_chart_and_tile_asks_one_view_for_what_it_draws():
    for each in (*CHARTS, *TILES):
        assert each.view in VIEWS
        assert "{view}" in each.query
    assert len({each.view for each in CHARTS}) == 4


def test_names_from_the_account_are_shown_as_they_are_and_run_nothing():
    made = build_report("<script>alert(1)</script>", "zendesk_prod", answers, VIEWS, AT)
    assert made.charts == len(CHARTS) == made.html.count("<svg")
    assert "<script" not in made.html
    assert "<b>repairs" not in made.html
    assert "Returns &amp; &lt;b&gt;repairs&lt;/b&gt;: 12.5 %" in made.html
    assert "1,234" in made.html
    assert "2026-03-01 12:00 UTC" in made.html
    for loader in ("src=", "@import", "url(", "<link", "href="):
        assert loader not in made.html


def test_pictures_for_the_ui_stand_alone_and_stay_small():
    made = build_report("Acme", "zendesk_prod", answers, VIEWS, AT)
    images = re.findall(r"!\[([\w ]+)\]\(data:image/svg\+xml;base64,([^)]+)\)", made.pictures)
    assert [title for title, _ in images] == [each.title for each in CHARTS if each.pictured]
    for _, data in images:
        svg = base64.b64decode(data).decode()
        picture = ET.fromstring(svg)
        assert picture.get("width")
        assert "var(" not in svg
        assert len(data) < 40_000


def test_an_empty_account_gets_a_page_that_says_so():
    made = build_report("Acme", "zendesk_prod", lambda view, query: [], VIEWS, AT)
    assert made.charts == 0
    assert made.html.count("Nothing to show yet.") == len(CHARTS)
    assert (made.pictures, made.summary.count("| - |")) == ("", len(TILES))
    nulls = build_report("Acme", "s", lambda view, query: [(None,) * 5], ["analysis_csat"], AT)
    assert nulls.charts == 0
    assert "Backlog" not in nulls.html  # its view is not there
