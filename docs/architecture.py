"""Draws docs/architecture.svg: a record's path, what is kept where, what a kill leaves behind.

    python docs/architecture.py

The words are here and nowhere else. The picture has a light and a dark variant, each with its own
background, because GitHub shows it as an image.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

_WIDTH: Final = 1200
_LEFT: Final = 104
_COLUMN: Final = 169
_GAP: Final = 12
_LINE: Final = 19
_STYLE: Final = """
svg{--paper:#fff;--ink:#1f2328;--soft:#59636e;--edge:#c4ccd4;--box:#f6f8fa;--go:#0969da;
--ours:#ddf4ff;--bad:#cf222e}
@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--soft:#9198a1;
--edge:#3d444d;--box:#151b23;--go:#4493f8;--ours:#0c2d4a;--bad:#f85149}}
text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:14.5px;fill:var(--ink)}
.b{font-weight:bold}.s{fill:var(--soft)}.go{fill:var(--go);font-weight:bold}
.bad{fill:var(--bad);font-weight:bold}
rect{fill:var(--box);stroke:var(--edge)}.paper{fill:var(--paper);stroke:none}.ours{fill:var(--ours)}
path{fill:none;stroke:var(--go);stroke-width:2}
"""

# Of each column: its name and folder of code, what it does, where it keeps it, who holds which
# lock for how long, and what a kill there leaves.
COLUMNS: Final = (
    (
        ("Zendesk", ""),
        ("3 exports: tickets,", "ticket_events,", "organizations;", "4 lists: groups, fields,",
         "activities, ratings"),
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
        ("warehouse.duckdb,", "or PostgreSQL"),
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
_DAGSTER: Final = (
    "starts both, each by its own cron, knows which days are there, and requests what is missing.",
    "Its state is in .dagster, or PostgreSQL. A run whose process died is found within 20 seconds.",
)


def _at(column: int) -> int:
    return _LEFT + column * (_COLUMN + _GAP)


def _text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def _lines(x: float, y: float, lines: tuple[str, ...] | str, style: str = "") -> list[str]:
    found = (lines,) if isinstance(lines, str) else lines
    return [_text(x, y + _LINE * number, line, style) for number, line in enumerate(found) if line]


def _span(first: int, last: int, y: int, name: str, when: str) -> list[str]:
    """Return a schedule: an arrow above the columns it brings up to date."""
    start, end = _at(first) + (94 if first else 10), _at(last) + (75 if not first else _COLUMN - 10)
    middle = (start + end) / 2
    return [
        f'<path d="M{start} {y} H{end} m-8 -5 l8 5 l-8 5"/>',
        _text(middle, y - 12, f"{name}  ·  {when}", "go", "middle"),
    ]


def _columns() -> list[str]:
    drawn: list[str] = []
    for place, ((name, folder), does, *rows) in enumerate(COLUMNS):
        x, style = _at(place), "ours" if folder else ""
        drawn += [
            f'<rect x="{x}" y="{_BOX}" width="{_COLUMN}" height="152" rx="6" class="{style}"/>',
            _text(x + 10, _BOX + 25, name, "b"),
            _text(x + _COLUMN - 10, _BOX + 25, folder, "s", "end"),
            *_lines(x + 10, _DOES, does),
        ]
        for (_, _, y), lines in zip(_ROWS, rows, strict=True):
            drawn += _lines(x + 10, y, lines)
        if place:
            drawn += [f'<path d="M{x - _GAP} 154 h{_GAP} m-5 -5 l5 5 l-5 5"/>']
    return drawn


def draw() -> str:
    """Return the picture as the text of an SVG file."""
    labels = [_text(_LEFT - 8, y, words, style, "end") for words, style, y in _ROWS]
    rules = [
        f'<path d="M12 {y - 25} H{_WIDTH - 12}" style="stroke:var(--edge);stroke-width:1"/>'
        for y in (*(y for _, _, y in _ROWS), _FOOT)
    ]
    foot = [
        _text(_LEFT - 8, _FOOT, "Dagster", "b", "end"),
        *_lines(_LEFT + 10, _FOOT, _DAGSTER),
    ]
    schedules = [
        *_span(0, 2, 50, "source sync", "every 3 hours"),
        *_span(2, 4, 50, "warehouse sync", "half an hour later"),
    ]
    title = "From Zendesk to your tables: what each part does, keeps, and leaves when it is killed"
    body = "\n".join([*schedules, *_columns(), *rules, *labels, *foot])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} 515" role="img">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="paper" width="{_WIDTH}" height="515"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
