"""Draws docs/architecture.svg: a record's path, what is kept where, what a kill leaves behind.

    python docs/architecture.py

The words are here and nowhere else. architecture-narrow.svg is the same for a phone. Each has a
light and a dark variant with its own background, because GitHub shows it as an image.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Final

_WIDTH: Final = 1200
_LEFT: Final = 104
_COLUMN: Final = 169
_GAP: Final = 12
_LINE: Final = 19
# Colours of a light and of a dark screen. Every shape names its light one itself, for viewers that
# know no style.
_INKS: Final = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#59636e", "#9198a1"),
    "edge": ("#c4ccd4", "#3d444d"),
    "box": ("#f6f8fa", "#151b23"),
    "go": ("#0969da", "#4493f8"),
    "ours": ("#ddf4ff", "#0c2d4a"),
    "bad": ("#cf222e", "#f85149"),
}
_FAMILY: Final = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_BOLD: Final = ("b", "go", "bad")
_INK_OF: Final = {"": "ink", "b": "ink", "s": "soft"}

# Of each column: its name and folder of code, what it does, where it keeps it, who holds which
# lock for how long, and what a kill there leaves.
COLUMNS: Final = (
    (
        ("Zendesk", ""),
        ("exports: tickets,", "events, users,", "organizations, …;", "lists: groups, fields,",
         "rules, brands, …"),
        ("your account",),
        ("",),
        ("",),
    ),
    (
        ("Client", "zendesk/"),
        ("10 exports and 200", "requests a minute", "for all processes", "together; retries;",
         "renews the token"),
        ("last minute, tokens:", "files, or PostgreSQL"),
        ("account's minute, or", "a token: a moment"),
        ("the page is", "requested again"),
    ),
    (
        ("Hub", "hub/"),
        ("what Zendesk sent,", "unchanged;", "a batch for each page:", "part.ndjson.zst,",
         "then manifest.json"),
        ("folder hub/, or S3",),
        ("none",),
        ("a part without a", "manifest: unread"),
    ),
    (
        ("Load", "warehouse/"),
        ("DuckDB in memory", "reads, types, keeps", "the newest state;",
         "unreadable rows are", "quarantined"),
        ("temporary folder",),
        ("none",),
        ("nothing was written",),
    ),
    (
        ("Tables", "warehouse/"),
        ("one transaction:", "newer rows replace", "older ones, never the", "reverse; batches and",
         "rejects are recorded"),
        ("warehouse.duckdb,", "PostgreSQL, a lake"),
        ("the DuckDB file, or", "one table: seconds"),
        ("the transaction is", "rolled back"),
    ),
    (
        ("Downstream", ""),
        ("assets of your own,", "SQL, BI tools,", "zendesk-assets query"),
        ("the same warehouse",),
        ("reading a DuckDB file", "keeps loads waiting"),
        ("",),
    ),
)  # fmt: skip
_BOX: Final = 78
_DOES: Final = 126
_ROWS: Final = (("kept in", "s", 275), ("lock", "s", 343), ("kill -9 here", "bad", 411))
_FOOT: Final = 479
_SCHEDULES: Final = (
    ("source sync", "every 3 hours"),
    ("warehouse sync", "half an hour later"),
)
_STARTS: Final = {0: 0, 2: 1}  # after which part an arrow names a schedule
_DAGSTER: Final = (
    "starts both, each by its own cron, knows which months it has, and requests what is missing.",
    "Its state is in .dagster, or PostgreSQL. A run whose process died is found within 20 seconds.",
)


_TITLE: Final = (
    "From Zendesk to your tables: what each part does, keeps, and leaves when it is killed"
)

# The stacked form, for a screen of 400 pixels: one part below the other.
_NARROW: Final = 400
_LABEL: Final = 106


def _at(column: int) -> int:
    return _LEFT + column * (_COLUMN + _GAP)


def _fill(ink: str) -> str:
    return f'fill="{_INKS[ink][0]}" class="fill-{ink}"'


def _text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if style in _BOLD else ""
    ink = _fill(_INK_OF.get(style, style))
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight} {ink}>{escape(words)}</text>'


def _lines(x: float, y: float, lines: tuple[str, ...] | str, style: str = "") -> list[str]:
    found = (lines,) if isinstance(lines, str) else lines
    return [_text(x, y + _LINE * number, line, style) for number, line in enumerate(found) if line]


def _path(course: str, ink: str = "go", width: int = 2) -> str:
    stroke = f'stroke="{_INKS[ink][0]}" stroke-width="{width}" class="edge-{ink}"'
    return f'<path d="{course}" fill="none" {stroke}/>'


def _box(x: float, y: float, width: float, height: float, ink: str) -> str:
    place = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="6"'
    return (
        f'<rect {place} fill="{_INKS[ink][0]}" stroke="{_INKS["edge"][0]}" '
        f'class="fill-{ink} edge-edge"/>'
    )


def _span(first: int, last: int, y: int, name: str, when: str) -> list[str]:
    """Return a schedule: an arrow above the columns it brings up to date."""
    start, end = _at(first) + (94 if first else 10), _at(last) + (75 if not first else _COLUMN - 10)
    middle = (start + end) / 2
    return [
        _path(f"M{start} {y} H{end} m-8 -5 l8 5 l-8 5"),
        _text(middle, y - 12, f"{name}  ·  {when}", "go", "middle"),
    ]


def _columns() -> list[str]:
    drawn: list[str] = []
    for place, ((name, folder), does, *rows) in enumerate(COLUMNS):
        x = _at(place)
        drawn += [
            _box(x, _BOX, _COLUMN, 152, "ours" if folder else "box"),
            _text(x + 10, _BOX + 25, name, "b"),
            _text(x + _COLUMN - 10, _BOX + 25, folder, "s", "end"),
            *_lines(x + 10, _DOES, does),
        ]
        for (_, _, y), lines in zip(_ROWS, rows, strict=True):
            drawn += _lines(x + 10, y, lines)
        if place:
            drawn += [_path(f"M{x - _GAP} 154 h{_GAP} m-5 -5 l5 5 l-5 5")]
    return drawn


def draw() -> str:
    """Return the picture as the text of an SVG file."""
    labels = [_text(_LEFT - 8, y, words, style, "end") for words, style, y in _ROWS]
    rules = [
        _path(f"M12 {y - 25} H{_WIDTH - 12}", "edge", 1) for y in (*(y for _, _, y in _ROWS), _FOOT)
    ]
    foot = [
        _text(_LEFT - 8, _FOOT, "Dagster", "b", "end"),
        *_lines(_LEFT + 10, _FOOT, _DAGSTER),
    ]
    schedules = [
        *_span(0, 2, 50, *_SCHEDULES[0]),
        *_span(2, 4, 50, *_SCHEDULES[1]),
    ]
    return _page(_WIDTH, 515, [*schedules, *_columns(), *rules, *labels, *foot])


def draw_narrow() -> str:
    """Return the same, one part below the other, legible at 400 pixels."""
    y, drawn = 14, list[str]()
    for place, column in enumerate(COLUMNS):
        part, height = _part(y, *column)
        drawn += part
        y += height
        if place < len(COLUMNS) - 1:
            drawn.append(_path(f"M40 {y} v22 m-5 -5 l5 5 l5 -5"))
        if place in _STARTS:
            words = "  ·  ".join(_SCHEDULES[_STARTS[place]])
            drawn.append(_text(56, y + 17, words, "go"))
        y += 24
    foot = _wrapped(_DAGSTER, 52)
    drawn += [_text(10, y + 4, "Dagster", "b"), *_lines(10, y + 4 + _LINE, foot)]
    return _page(_NARROW, y + 20 + _LINE * len(foot), drawn)


def _part(
    y: int, name: tuple[str, str], does: tuple[str, ...], *rows: tuple[str, ...]
) -> tuple[list[str], int]:
    """Return a box with all that is said of a part, and its height."""
    at = y + 25
    said = _wrapped(does, 46)
    drawn = [
        _text(22, at, name[0], "b"),
        _text(_NARROW - 22, at, name[1], "s", "end"),
        *_lines(22, at + _LINE, said),
    ]
    at += 4 + _LINE * (1 + len(said))
    for (label, style, _), lines in zip(_ROWS, rows, strict=True):
        if any(lines):
            words = _wrapped(lines, 35)
            drawn += [_text(22, at, label, style), *_lines(_LABEL + 12, at, words)]
            at += _LINE * len(words)
    height = at - y - 6
    return [_box(10, y, _NARROW - 20, height, "ours" if name[1] else "box"), *drawn], height


def _wrapped(lines: tuple[str, ...], width: int) -> tuple[str, ...]:
    return tuple(wrap(" ".join(lines), width, break_on_hyphens=False))


def _page(width: int, height: int, drawn: list[str]) -> str:
    dark = "".join(
        f".fill-{name}{{fill:{ink}}}.edge-{name}{{stroke:{ink}}}"
        for name, (_, ink) in _INKS.items()
    )
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{_FAMILY}" font-size="14.5">\n'
        f"<title>{_TITLE}</title>\n"
        f"<style>@media screen and (prefers-color-scheme:dark){{{dark}}}</style>\n"
        f'<rect width="{width}" height="{height}" {_fill("paper")}/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    for name, picture in (("", draw()), ("-narrow", draw_narrow())):
        Path(__file__).with_name(f"architecture{name}.svg").write_text(picture, encoding="utf-8")
