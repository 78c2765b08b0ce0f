"""Fills templates, escaping all text; each template is in the package that it belongs to."""

from importlib import resources
from typing import Any


def fill(package: str, template: str, **values: Any) -> str:
    """Return the page; a name that the template uses and `values` lacks is an error."""
    import jinja2  # noqa: PLC0415 # most syncs write no page

    source = (resources.files(package) / template).read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(source).render(**values)
