"""Templates, and the words and links that all of them use. Every value is escaped."""

from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

import jinja2
from starlette.responses import HTMLResponse

from zendesk_assets.orchestration.schedule_times import clock_time
from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile.certificate import sentence

# Nothing is loaded from elsewhere, and no other page may embed this one.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Pages that stand for themselves, such as the report, have their style inside.
POLICY_OF_DOCUMENTS: Final = POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")


class Pages:
    """The templates; `dagster` is the address of the Dagster UI, '' if there is none."""

    def __init__(self, dagster: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("zendesk_assets.ui"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "dagster": dagster,
            "dagster_asset": lambda *key: f"{dagster}/assets/{'/'.join(map(_quoted, key))}",
            "proof": sentence,
            "quoted": _quoted,
        }
        self._environment.filters |= {
            "ago": _ago,
            "counted": counted,
            "time": _time,
            "when": _when,
        }

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page."""
        text = self._environment.get_template(f"{template}.html.j2").render(**values)
        return HTMLResponse(text, status, {"Content-Security-Policy": POLICY})


def document(html: str) -> HTMLResponse:
    """Return a page that stands for itself."""
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY_OF_DOCUMENTS})


def static_file(name: str) -> bytes:
    """Return a file of the package. Raises FileNotFoundError."""
    return (resources.files("zendesk_assets.ui") / "static" / name).read_bytes()


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _read(moment: datetime | str | None) -> datetime | None:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.astimezone(UTC) if found else None


def _time(moment: datetime | str | None) -> str:
    """Return a time to the minute: `2026-11-29 15:00 UTC`, or `never`."""
    found = _read(moment)
    return f"{found:%Y-%m-%d %H:%M} UTC" if found else "never"


def _when(moment: datetime, now: datetime) -> str:
    """Return a coming time: `18:00 UTC, in 2 h`; with its date if that is another one."""
    return f"{clock_time(moment, now)}, in {_span((moment - now).total_seconds() / 60)}"


def _ago(moment: datetime | str | None, now: datetime) -> str:
    """Return how long ago a time was: `12 min ago`, or `never`."""
    found = _read(moment)
    return f"{_span((now - found).total_seconds() / 60)} ago" if found else "never"


def _span(minutes: float) -> str:
    minutes = max(0.0, minutes)  # a simulated account's clock may run ahead
    for unit, each, most in (("min", 1, 120), ("h", 60, 72)):
        if minutes / each < most:
            return f"{minutes / each:.0f} {unit}"
    return f"{minutes / 1440:,.0f} days"
