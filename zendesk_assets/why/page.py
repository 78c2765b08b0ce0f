"""A history as one self-contained page of HTML: no scripts, no network, every text escaped."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import jinja2

from zendesk_assets.why import wording
from zendesk_assets.why.history import History


def build_page(histories: Sequence[History], at: datetime, back: str = "") -> str:
    """Return the page about a row, as several sources may have it; `at` is when it was asked.

    It leads `back` to another page, if it is shown beside others.
    """
    source = resources.files("zendesk_assets.why") / "page.html.j2"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.from_string(source.read_text(encoding="utf-8"))
    asked = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return page.render(histories=histories, wording=wording, at=asked, back=back)
