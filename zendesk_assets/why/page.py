"""A history as one self-contained page of HTML: no scripts, no network, every text escaped."""

from collections.abc import Sequence
from datetime import UTC, datetime

from zendesk_assets.templates import fill
from zendesk_assets.why import wording
from zendesk_assets.why.history import History


def build_page(histories: Sequence[History], at: datetime, back: str = "") -> str:
    """Return the page about a row, as several sources may have it; `at` is when it was asked.

    It leads `back` to another page, if it is shown beside others.
    """
    asked = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    known = {"histories": histories, "wording": wording, "at": asked, "back": back}
    return fill("zendesk_assets.why", "page.html.j2", **known)
