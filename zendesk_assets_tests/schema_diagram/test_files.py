"""The files say all that the catalog says, and those in docs/ are today's."""

import io
import re
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.schema_diagram import COMMITTED, Format, render, render_files
from zendesk_assets_tests.schema_diagram.made_up import A3, grow

ROOT = Path(__file__).resolve().parents[2]
CATALOG = declared()
VIEWS = CATALOG.views.values()
PICTURES = [*CATALOG.areas, "views"]
SVG = "{http://www.w3.org/2000/svg}"


once = cache(render)  # what is drawn is the same each time, as a test below says


@cache
def pdf():
    return PdfReader(io.BytesIO(once(Format.PDF)))


def words_of(form, area=""):
    """Return how often each word is in a file, or on the page of an area in the PDF of all."""
    if form is Format.PDF:
        return Counter(pdf().pages[PICTURES.index(area) + 1].extract_text().split())
    content = once(form, area)
    if form is Format.SVG:
        return Counter("\n".join(ET.fromstring(content).itertext()).split())
    return Counter(re.findall(r"[A-Za-z_0-9]+", content.decode()))


def names_in(collections):
    return Counter(
        name
        for each in collections
        for name in (each.name, *(column.name for column in each.columns))
    )


@pytest.mark.parametrize("form", [Format.HTML, Format.MD])
def test_every_property_of_every_table_is_in_the_page_and_the_text(form):
    collections = CATALOG.collections.values()
    ours = Counter(column.name for each in collections for column in each.system_columns)
    of_views = Counter(name for each in VIEWS for name in (each.name, *names_of(each)))
    assert names_in(collections) + ours + of_views <= words_of(form)


def names_of(view):
    return [column.name for column in view.every_column]


@pytest.mark.parametrize("area", CATALOG.areas)
@pytest.mark.parametrize("form", [Format.SVG, Format.PDF])
def test_every_property_of_every_table_is_in_the_picture_of_its_area(form, area):
    collections = [CATALOG.collections[name] for name in CATALOG.areas[area]]
    words = words_of(form, area)
    assert names_in(collections) <= words
    for column in {column for each in collections for column in each.system_columns}:
        assert {column.name, f"{column.name},", f"{column.name}."} & set(words)


@pytest.mark.parametrize("form", [Format.SVG, Format.PDF])
def test_every_view_is_in_the_picture_of_the_views(form):
    wanted = Counter(name for each in VIEWS for name in (each.name, *names_of(each)))
    del wanted["_deleted"]  # said once
    assert wanted <= words_of(form, "views")


@pytest.mark.parametrize("form", Format)
def test_the_files_in_docs_are_current(form):
    files = render_files(form, ROOT / COMMITTED[form])
    for path, content in files.items():
        assert drawn(form, path.read_bytes()) == drawn(form, content), "run `make docs` and commit"
    if form is Format.SVG:
        assert set((ROOT / "docs").glob("schema*.svg")) == set(files)


def test_the_narrow_picture_is_legible_on_a_phone_and_has_every_table():
    files = render_files(Format.SVG, ROOT / COMMITTED[Format.SVG])
    root = ET.fromstring(files[ROOT / "docs/schema-narrow.svg"])
    assert int(root.get("width")) == 400
    pixels = 400 / float(root.get("viewBox").split()[2])
    texts = list(root.iter(f"{SVG}text"))
    assert all(float(each.get("font-size")) * pixels >= 12 for each in texts)
    ends = [float(each.get("x")) + float(each.get("textLength")) for each in texts]
    assert max(ends) <= float(root.get("viewBox").split()[2])
    words = "\n".join(root.itertext()).replace(",", "").split()
    assert set(CATALOG.collections) <= set(words)


def test_the_readme_leads_to_the_picture_of_each_area():
    readme = (ROOT / "README.md").read_text()
    for area in PICTURES:
        assert f"({COMMITTED[Format.SVG].removesuffix('.svg')}-{area}.svg)" in readme


def drawn(form, content):
    """Return what a file shows: another release of ReportLab may wrap it otherwise."""
    if form is not Format.PDF:
        return content.decode()
    pages = PdfReader(io.BytesIO(content)).pages
    return [
        (
            page.mediabox,
            page.get_contents().get_data(),
            [each.get_object().get("/A", {}).get("/URI") for each in page["/Annots"]],
        )
        for page in pages
    ]


def test_the_pdf_begins_with_the_overview_and_its_tables_lead_to_the_page_of_their_area():
    reader = pdf()
    assert len(reader.pages) == 1 + len(PICTURES)
    assert len(reader.outline) == len(reader.pages)
    overview, *areas, views = reader.pages
    assert len(views["/Annots"]) == len(VIEWS)
    assert len(overview["/Annots"]) == len(CATALOG.collections)
    for page, names in zip(areas, CATALOG.areas.values(), strict=True):
        assert [float(each) for each in page.mediabox[2:]] == [*A3]
        assert len(page["/Annots"]) == len(names)


@pytest.mark.parametrize("area", ["", *PICTURES])
def test_an_svg_is_readable_where_styles_are_not_known(area):
    content = once(Format.SVG, area)
    assert b"var(" not in content
    for shape in ET.fromstring(content).iter():
        if shape.tag in {f"{SVG}{name}" for name in ("rect", "polyline", "polygon", "text")}:
            assert re.fullmatch(r"#[0-9a-f]{6}|none", shape.get("fill", "")), shape.attrib
            assert shape.tag != f"{SVG}polyline" or shape.get("stroke", "").startswith("#")


def test_the_page_needs_no_network():
    page = once(Format.HTML).decode()
    fetched = re.findall(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=|@import|url\(|fetch\(", page
    )
    assert fetched == []


def test_each_property_of_zendesk_links_to_its_documentation():
    page, book = once(Format.HTML).decode(), once(Format.MD).decode()
    for collection in CATALOG.collections.values():
        rows = page.split(f'<section id="{collection.name}">')[1].split("</section>")[0]
        section = section_of(book, collection.name)
        table = rows.split("<tbody>")[1]
        assert table.count(f'href="{collection.docs_url}') == len(collection.columns)
        assert section.count(f"]({collection.docs_url}") == len(collection.columns) + 1


def section_of(book, name):
    return re.split(r"\n##+ ", book.split(f"### {name}\n")[1])[0]


def test_every_link_within_the_page_leads_somewhere():
    page = once(Format.HTML).decode()
    ids = re.findall(r' id="([^"]+)"', page)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert len(ids) == len(set(ids))
    assert {f"area-{area}" for area in PICTURES} <= targets <= set(ids)


def test_page_and_text_show_each_table_under_its_area():
    page, book = once(Format.HTML).decode(), once(Format.MD).decode()
    articles = re.findall(r'<article id="area-(\w+)">(.*?)</article>', page, re.DOTALL)
    parts = re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", book, re.DOTALL | re.MULTILINE)
    heading, reasons = parts.pop()
    assert heading == "What is left out"
    assert all(f"| {name} | {reason} |" in reasons for name, reason in CATALOG.left_out)
    for (area, article), (name, part) in zip(articles, parts, strict=True):
        assert name == ("Views" if area == "views" else f"Area: {area.replace('_', ' ')}")
        tables = sorted(CATALOG.areas.get(area, CATALOG.views))
        assert re.findall(r'<section id="(\w+)">', article) == tables
        assert re.findall(r"^### (\w+)", part, re.MULTILINE) == tables


def test_an_area_that_is_unknown_and_a_format_that_has_all_say_what_to_do():
    with pytest.raises(ZendeskAssetsError, match=r"no product area sales\. Choose one of .*people"):
        render(Format.SVG, "sales")
    with pytest.raises(ZendeskAssetsError, match="leave out --area"):
        render(Format.HTML, "people")


def test_twenty_tables_more_make_the_same_files_each_time():
    grown = grow(20)
    for form in Format:
        content = render(form, catalog=grown)
        assert content == render(form, catalog=grown)
        if form in {Format.HTML, Format.MD}:
            assert all(name.encode() in content for name in grown.collections)


def test_what_is_said_of_a_view_is_what_the_catalog_declares():
    values = section_of(once(Format.MD).decode(), "ticket_custom_field_values")
    assert (
        "`tickets` and `ticket_fields`; a row is an element of `custom_fields[].value[]`" in values
    )
    assert "- Key: `ticket_id`, `position`, `value_position`." in values
    assert "- Left out: what has no `field_id` or `value`" in values
    assert "→ [ticket_fields.id](#ticket_fields)" in values
    assert "[`tickets.custom_fields[].id`](#tickets)" in values
    assert "[`ticket_fields.custom_field_options`](#ticket_fields)" in values
    history = section_of(once(Format.MD).decode(), "ticket_tag_history")
    assert "`ticket_events.added_tags[], ticket_events.removed_tags[]`" in history


def test_what_is_said_of_a_table_is_what_the_catalog_declares():
    book = once(Format.MD).decode()
    metrics = section_of(book, "ticket_metrics")
    assert "`GET /api/v2/incremental/tickets/cursor?include=metric_sets&support_type" in metrics
    assert "each record's `metric_set`" in metrics
    assert "deletes the one whose `ticket_id` is its `id`" in metrics
    assert "`metric_set.reply_time_in_minutes.calendar`" in metrics
    events = section_of(book, "ticket_events")
    assert "`attachments.comment_id`" in events
    assert "→ [organizations.id](#organizations)" in events
    assert "→ [users.id](#users)" in events
    assert "→ list of [sharing_agreements.id](#sharing_agreements)" in section_of(book, "tickets")
    assert "→ nowhere.id" in render(Format.MD, catalog=grow(54)).decode()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("sla_policies", "a list with offset pagination; it is read whole each time"),
        ("sla_policies", "- How often: once in each hour (UTC), by its first sync."),
        ("sla_policies", "- Needs: a plan with service level agreements"),
        ("tags", "- Newest state: the one that was received last"),
        ("tags", "once in each day (UTC)"),
        ("agents_activity", "- Key: `agent_id`, `received_at`"),
        ("agents_activity", "- Series: each reading is a row of its own"),
        ("account_overview", "a single object without a list; it is read whole each time"),
        ("group_memberships", "true when a complete walk no longer shows the record"),
        ("schedule_holidays", "`GET /api/v2/business_hours/schedules/{schedule_id}/holidays`"),
        ("schedule_holidays", "one list for each record of `GET /api/v2/business_hours/schedules`"),
        ("user_identities", "the `identities` of the same pages, each kept in the record whose id"),
        ("user_identities", "no longer has it in `identities`"),
    ],
)
def test_the_special_traits_of_a_table_are_said_in_words(table, said):
    assert said in section_of(once(Format.MD).decode(), table)
