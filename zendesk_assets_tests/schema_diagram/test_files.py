"""The four files say all that the catalog says, and those in docs/ are today's."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from zendesk_assets.catalog import declared
from zendesk_assets.schema_diagram import COMMITTED, Format, render

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = [
    (collection.name, column)
    for collection in declared().collections.values()
    for column in (*collection.columns, *collection.system_columns)
]


@pytest.fixture(scope="module")
def text():
    """Return a function that gives the words of a file as a list, in the order they stand in."""

    def text(form):
        content = render(form)
        if form is Format.PDF:
            return PdfReader(io.BytesIO(content)).pages[0].extract_text().split()
        if form is Format.SVG:
            root = ET.fromstring(content)
            return "\n".join(each for each in root.itertext()).split()
        return re.findall(r"[A-Za-z_0-9]+", content.decode())

    return text


@pytest.mark.parametrize("form", Format)
def test_every_property_of_every_table_is_there(form, text):
    words = text(form)
    for name in declared().collections:
        assert name in words
    for name in {column.name for _, column in COLUMNS}:
        times = sum(column.name == name for _, column in COLUMNS)
        assert words.count(name) >= times, name


@pytest.mark.parametrize("form", Format)
def test_the_file_in_docs_is_current(form):
    committed = (ROOT / COMMITTED[form]).read_bytes()
    assert drawn(form, committed) == drawn(form, render(form)), "run `make docs` and commit"


def drawn(form, content):
    """Return what a file shows: another release of ReportLab may wrap it otherwise."""
    if form is not Format.PDF:
        return content.decode()
    (page,) = PdfReader(io.BytesIO(content)).pages
    links = [each.get_object()["/A"]["/URI"] for each in page["/Annots"]]
    return page.mediabox, page.get_contents().get_data(), links


def test_the_page_needs_no_network():
    page = render(Format.HTML).decode()
    fetched = re.findall(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=|@import|url\(|fetch\(", page
    )
    assert fetched == []


def test_each_property_of_zendesk_links_to_its_documentation():
    page, book = render(Format.HTML).decode(), render(Format.MD).decode()
    for collection in declared().collections.values():
        rows = page.split(f'<section id="{collection.name}">')[1].split("</section>")[0]
        section = book.split(f"## {collection.name}\n")[1].split("\n## ")[0]
        table = rows.split("<tbody>")[1]
        assert table.count(f'href="{collection.docs_url}') == len(collection.columns)
        assert section.count(f"]({collection.docs_url}") == len(collection.columns) + 1


def test_every_link_within_the_page_leads_somewhere():
    page = render(Format.HTML).decode()
    ids = set(re.findall(r'id="([^"]+)"', page))
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets
    assert targets <= ids


def test_what_is_said_of_a_table_is_what_the_catalog_declares():
    book = render(Format.MD).decode()
    metrics = book.split("## ticket_metrics\n")[1].split("\n## ")[0]
    assert "`GET /api/v2/incremental/tickets/cursor?include=metric_sets&support_type" in metrics
    assert "each record's `metric_set`" in metrics
    assert "deletes the one whose `ticket_id` is its `id`" in metrics
    assert "`metric_set.reply_time_in_minutes.calendar`" in metrics
    events = book.split("## ticket_events\n")[1].split("\n## ")[0]
    assert "`attachments.comment_id`" in events
    assert "→ [organizations.id](#organizations)" in events
    assert "→ users.id" in events
