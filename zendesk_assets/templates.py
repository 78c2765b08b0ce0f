"""Fills templates, in which every text is escaped; what they say is in the packages they lie in."""

from importlib import resources
from typing import Any


def fill(package: str, template: str, **values: Any) -> str:
    """Return the page that a template makes of `values`, all of which it has to know."""
    import jinja2  # noqa: PLC0415 # most syncs write no page

    source = (resources.files(package) / template).read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(source).render(**values)
