"""Renders docs/benchmarks.md from the figures of a run. The prose is `document.md.j2`."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import psutil

from comparison.streams import STREAMS
from comparison.truth import CAUSES

__all__ = ["machine", "render"]

_HERE: Final = Path(__file__).resolve().parent
_OURS: Final = "zendesk-assets"
# The tap lets no more than 450 tickets pass in a minute and two seconds, in groups of 20.
_TAP_GROUP, _TAP_SECONDS = 460, 62

Row = dict[str, Any]
_HEAD: Final = (
    "", "requests", "of them exports", "seconds", "CPU seconds", "peak memory, MB",
    "rows missing", "rows outdated", "records sent again",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Return what the figures depend on, without names or places."""
    return {
        "cores": os.cpu_count(),
        "memory": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def render(figures: dict[str, Any]) -> str:
    """Return the document."""
    loader = jinja2.FileSystemLoader(_HERE)
    environment = jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown
    )
    environment.filters |= {
        "measured": measured,
        "ratios": ratios,
        "missing": missing,
        "number": number,
        "restarted": restarted,
    }
    template = environment.get_template("document.md.j2")
    return template.render(
        **figures, streams=STREAMS, loads=_loads(figures), tap_minutes=_tap_minutes(figures)
    )


def _loads(figures: dict[str, Any]) -> tuple[float, float]:
    """Return the least and the most load of the machine before a measurement."""
    works = (figures["first"], figures["next"], figures["killed"], *figures["floods"].values())
    loads = [row["load"] for rows in works for row in rows]
    return min(loads), max(loads)


def _tap_minutes(figures: dict[str, Any]) -> float:
    return float(figures["tickets"]) / _TAP_GROUP * _TAP_SECONDS / 60


def number(value: float) -> str:
    """Return a number for a reader: no more than three digits that matter, thousands apart."""
    if isinstance(value, int) or value >= 100:  # noqa: PLR2004 # readable
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def measured(rows: Sequence[Row]) -> str:
    """Return the table of a work."""
    names = ("requests", "exports", "seconds", "cpu", "peak_mb", "missing", "outdated", "repeated")
    cells = [(_name(row), *(number(row[name]) for name in names)) for row in rows]
    return _table(_HEAD, cells)


def restarted(rows: Sequence[Row], first: Sequence[Row]) -> str:
    """Return the table of syncs that were killed and started again."""
    undisturbed = {row["name"]: row["requests"] for row in first}
    head = (
        "", "requests before", "requests after", "of an undisturbed sync", "more than needed",
        "seconds after", "rows missing", "rows outdated", "records sent again",
    )  # fmt: skip
    cells = [
        (
            _name(row),
            number(row["before"]),
            number(row["requests"]),
            number(undisturbed[row["name"]]),
            f"{row['whole'] / undisturbed[row['name']] - 1:+.0%}",
            *(number(row[name]) for name in ("seconds", "missing", "outdated", "repeated")),
        )
        for row in rows
    ]
    return _table(head, cells)


def ratios(rows: Sequence[Row]) -> str:
    """Return how the others compare with us, as multiples of ours."""
    ours = next(row for row in rows if row["name"] == _OURS)
    names = {
        "requests": "requests",
        "seconds": "seconds",
        "cpu": "CPU seconds",
        "peak_mb": "memory",
    }
    cells = [
        (row["name"], *(f"{row[name] / ours[name]:.1f} times" for name in names))
        for row in rows
        if row is not ours
    ]
    return _table((f"beside {_OURS}", *names.values()), cells)


def missing(rows: Sequence[Row]) -> str:
    """Return a list of what is missing: a line a contestant, by stream and cause."""
    lines = [
        f"- {row['name']}: {', '.join(_stream(*each) for each in row['causes'].items())}."
        for row in rows
        if row["causes"]
    ]
    return "\n".join(["What is missing:", "", *lines]) if lines else "Nothing is missing."


def _stream(stream: str, causes: dict[str, int]) -> str:
    parts = ", ".join(f"{CAUSES[cause]} {number(count)}" for cause, count in causes.items())
    return f"{number(sum(causes.values()))} `{stream}` ({parts})"


def _name(row: Row) -> str:
    note = row["stopped"] or (f"ended with exit code {row['code']}" if row["code"] else "")
    return f"{row['name']} ({note})" if note else str(row["name"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
