"""Take the pictures of the documentation from a running demo, with headless Chromium.

    zendesk-assets demo &
    python docs/screenshots.py http://127.0.0.1:3000

Needs Chromium on the PATH. Writes docs/lineage.png and docs/tickets.png.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).parent
SIZE = {"width": 1500, "height": 1150}
OPENED = "global@global:zendesk_acme_hub,global@global:zendesk_acme"
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main(url: str) -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium") or sys.exit("There is no chromium on the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport=SIZE)
        shoot_lineage(page, url)
        shoot_table(page, url)
        browser.close()


def shoot_lineage(page: Page, url: str) -> None:
    """Show both layers of one account; the address says which groups are opened."""
    page.goto(f"{url}/asset-groups?expanded={quote(OPENED)}")
    expect(page.locator("svg").get_by_text("100% filled").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "lineage.png")


def shoot_table(page: Page, url: str) -> None:
    """Show the page of a table."""
    page.goto(f"{url}/assets/zendesk_acme/tickets")
    expect(page.get_by_text("Latest materialization")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "tickets.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
