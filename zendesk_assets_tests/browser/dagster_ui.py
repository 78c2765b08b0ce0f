"""What a user does in the Dagster UI, click by click, and what is then to be seen there.

Names of buttons and tags are Dagster's; a new release that renames one breaks here, in one place.
"""

import re
from contextlib import suppress

from playwright.sync_api import expect

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RUN_SECONDS = 90
PATIENCE = 60_000  # milliseconds: beside other tests, Dagster's answers take long
expect.set_options(timeout=PATIENCE)


class DagsterUI:
    """One page of a browser, on the UI of a server."""

    def __init__(self, page, url, pictures):
        self.page, self.url, self.pictures = page, url, pictures
        page.set_default_timeout(PATIENCE)

    def materialize_from_asset_page(self, asset, partitions):
        """Open the page of an asset, press Materialize, fill the dialog in; return its title.

        Where what it is made from was never materialized, Dagster asks whether to go on.
        """
        self.page.goto(f"{self.url}/assets/{asset}")
        confirm = self.page.get_by_role("button", name="Confirm")
        self._press(self.page.get_by_role("button", name="Materialize").first, confirm)
        if confirm.is_visible():
            confirm.click()
        return self._launch(partitions)

    def materialize_with_upstream(self, asset, partitions):
        """Press "Materialize all" on the upstream lineage of an asset."""
        page = f"{self.url}/assets/{asset}?view=lineage&lineageScope=upstream"
        return self.materialize_all_at(page, partitions)

    def materialize_all_at(self, address, partitions):
        """Press "Materialize all" on a page at this address."""
        self.page.goto(address)
        self.page.get_by_role("button", name="Materialize all").click()
        return self._launch(partitions)

    def follow_launched_run(self, ending="Success"):
        """Follow the link of the note that a run was launched; wait until it says how it ended."""
        expect(self.page.get_by_text("Launched run")).to_be_visible()
        self.page.get_by_role("link", name="View", exact=True).click()
        status = self.page.get_by_text(re.compile("^(Success|Failure|Canceled)$"))
        expect(status.first).to_have_text(ending, timeout=RUN_SECONDS * 1000)
        self.shoot("run")

    def shows_in_log(self, chosen, text):
        """Choose the run's events whose message has `chosen`; one of them must say `text`."""
        self.page.get_by_placeholder("Filter…").fill(chosen)
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible(timeout=RUN_SECONDS * 1000)

    def launched_backfill(self):
        """Return the id of the backfill that a note says was created."""
        note = self.page.get_by_text(re.compile("Created backfill"))
        expect(note.first).to_be_visible()
        self.shoot("launched")
        return note.first.inner_text().split()[-1]

    def leave(self):
        """Leave the UI: no page of it is open."""
        self.page.goto("about:blank")

    def partition_counts(self, asset):
        """Return how many partitions the asset's Partitions page counts in each state."""
        self.page.goto(f"{self.url}/assets/{asset}?view=partitions")
        counted = re.compile(r"^(Failed|Materialized|Materializing|Missing) \((\d+)\)$")
        expect(self.page.get_by_text(counted)).to_have_count(4)
        self.shoot("partitions")
        found = [counted.match(each) for each in self.page.get_by_text(counted).all_inner_texts()]
        return {match[1]: int(match[2]) for match in found}

    def shoot(self, name):
        """Keep a picture of the page."""
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def _dialog(self):
        return self.page.get_by_role("dialog").filter(has_text="Partition selection")

    def _press(self, button, confirm):
        """Press a button until a dialog opens: a page that loads again forgets the first click."""
        for _once_more in range(2):
            button.click()
            with suppress(AssertionError):
                return expect(confirm.or_(self._dialog())).to_be_visible()
        return expect(confirm.or_(self._dialog())).to_be_visible()

    def _launch(self, partitions):
        dialog = self._dialog()
        selection = dialog.get_by_role("textbox")
        selection.fill(partitions)
        selection.press("Enter")
        launch = dialog.get_by_role("button", name="Launch")
        expect(launch).to_be_enabled()
        self.shoot("dialog")
        title = dialog.inner_text()
        launch.click()
        return title
