"""The local page in a real browser: wide, on a phone and dark, without anything from elsewhere."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from zendesk_assets.ui import Serving, build_app
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS
from zendesk_assets_tests.ui.conftest import synced  # noqa: F401 # a fixture

pytestmark = pytest.mark.slow(seconds=30)
HOME = "/zendesk_test"
CALENDARS_FIT = (
    "[...document.querySelectorAll('.calendar')]"
    ".every(each => each.scrollWidth <= each.parentElement.clientWidth)"
)
PATHS = ["/", f"{HOME}/tables", f"{HOME}/coverage", f"{HOME}/tables/tickets", f"{HOME}/certificate"]


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def address(synced, monkeypatch):  # noqa: F811 # the fixture
    monkeypatch.chdir(synced.folder)

    def failed(_schema, stream):
        return ("2026-01",) if stream == "tickets" else ()

    with Serving(build_app(failed, "http://127.0.0.1:3000"), 0) as serving:
        yield serving.url


@pytest.fixture
def page(browser, address):
    """A page that fails the test for an error in it, or for a request to anywhere else."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page, errors, asked = context.new_page(), [], []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    assert errors == []
    assert {urlsplit(each).netloc for each in asked} == {urlsplit(address).netloc}
    context.close()


def test_a_person_walks_from_an_account_to_why_a_row_is_as_it_is(page):
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_role("link", name="tickets", exact=True).click()
    expect(page.get_by_role("heading", name="tickets", exact=True)).to_be_visible()
    page.get_by_label("Why is a row as it is?").fill("3")
    page.get_by_role("button", name="Show every state").click()
    expect(page.get_by_role("heading", name=re.compile("tickets 3"))).to_be_visible()


def test_a_month_is_clicked_and_its_command_is_copied(page, address):
    page.goto(f"{address}{HOME}/coverage")
    page.get_by_role("table", name="Months of tickets").get_by_role("link").last.click()
    expect(page.locator("#month")).to_be_in_viewport()
    page.locator("#month").get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("zendesk-assets sync --source zendesk_test --collection tickets")
    link = page.get_by_role("link", name="This month in Dagster")
    assert "/assets/zendesk_test/hub/tickets?view=partitions" in link.get_attribute("href")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 400])
def test_every_page_fits_and_can_be_read_by_day_and_by_night(browser, address, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in PATHS:
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CALENDARS_FIT), path  # in December too
        assert contrast(page) > 7, (path, scheme)
    page.close()


def contrast(page):
    """Return the contrast of text and background, as WCAG defines it."""
    colors = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    light, dark = sorted((luminance(each) for each in colors), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color):
    parts = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
    linear = [
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
