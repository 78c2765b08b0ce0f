"""The page of the schema is searched as a person does, without a network."""

import pytest
from playwright.sync_api import expect, sync_playwright

from zendesk_assets.catalog import declared
from zendesk_assets.schema_diagram import Format, render
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS

pytestmark = pytest.mark.slow(seconds=5)  # in one piece, for the page that they share


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    written = tmp_path_factory.mktemp("page") / "schema.html"
    written.write_bytes(render(Format.HTML))
    return written


@pytest.fixture
def page(chromium, file):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        errors, asked = [], []
        page.on("pageerror", lambda error: errors.append(error.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        yield page
        assert errors == []
        assert asked == [file.as_uri()]
        browser.close()


def test_search_shows_the_properties_that_have_all_its_words(page):
    rows, tables = page.locator("tbody tr:visible"), page.locator("section:visible")
    every = sum(
        len(each.columns) + len(each.system_columns) for each in declared().collections.values()
    ) + sum(len(each.every_column) for each in declared().views.values())
    expect(rows).to_have_count(every)

    page.keyboard.press("/")
    page.keyboard.type("Author_ID users")
    columns = {name: each.columns for name, each in declared().collections.items()}
    columns |= {name: each.every_column for name, each in declared().views.items()}
    pointing = [
        name
        for name, found in columns.items()
        for column in found
        if column.references
        and column.references.collection == "users"
        and "author_id" in column.name
    ]
    expect(rows).to_have_count(len(pointing))
    expect(tables).to_have_count(len(set(pointing)))
    expect(page.get_by_role("status")).to_have_text(f"{len(pointing)} properties")
    expect(page.locator(".picture:visible")).to_have_count(0)

    page.locator("#search").fill("first reply in seconds messaging")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("reply_time_in_seconds_calendar")

    page.locator("#search").fill("nothing of this kind")
    expect(page.get_by_text("No property has all of these words.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(every)


def test_a_link_to_a_row_that_the_search_hides_shows_it(page):
    page.locator("#search").fill("problem_id")
    page.get_by_role("link", name="tickets.id").first.click()
    expect(page.locator("[id='tickets.id']")).to_be_visible()
    expect(page.locator("#search")).to_have_value("")


def test_overview_areas_and_tables_lead_to_each_other(page):
    page.locator("#overview").get_by_role("link", name="organizations").click()
    expect(page.locator("section#organizations h3")).to_be_in_viewport()

    page.get_by_role("navigation").get_by_role("link", name="ticketing").click()
    picture = page.locator("#area-ticketing .picture")
    expect(picture).to_be_in_viewport()
    picture.get_by_role("link", name="ticket_fields").click()
    expect(page.locator("section#ticket_fields h3")).to_be_in_viewport()


def test_a_search_shows_only_the_areas_in_which_something_is_found(page):
    page.locator("#search").fill("time_zone schedules")
    expect(page.locator("article:visible")).to_have_count(1)
    expect(page.locator("#area-business_rules h2")).to_be_visible()
