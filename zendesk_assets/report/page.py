"""Charts as SVG by pygal, in one self-contained page: no scripts, no network."""

import base64
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any, Final

import jinja2

from zendesk_assets.report.charts import CHARTS, TILES, Chart, Kind, Tile

Rows = list[tuple[Any, ...]]
# Runs a query on the view of that name; returns no rows if there is no such view.
Ask = Callable[[str, str], Rows]


def _pygal() -> Any:
    """Return pygal, without its plug-in hook, which every later import would have to query."""
    import pygal  # noqa: PLC0415 # importing it changes how Python imports
    import pygal.style  # noqa: PLC0415 # the same

    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]
    return pygal


def _style(soft: str, ink: str, rule: str, colors: tuple[str, ...], family: str = "inherit") -> Any:
    size = 13
    return _pygal().style.Style(
        background="transparent",
        plot_background="transparent",
        foreground=soft,
        foreground_strong=ink,
        foreground_subtle=rule,
        guide_stroke_color=rule,
        major_guide_stroke_color=rule,
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        colors=colors,
        font_family=family,
        opacity=".75",
        opacity_hover="1",
        label_font_size=size,
        major_label_font_size=size,
        legend_font_size=size,
        value_font_size=size,
    )


# The page's own colours, which follow the reader's choice of light or dark.
_ON_PAGE: Final = ("var(--soft)", "var(--ink)", "var(--rule)")
_PAGE_COLORS: Final = ("var(--one)", "var(--two)", "var(--three)", "var(--four)")
# A picture has no page around it: these colours are readable on white and on black.
_ALONE: Final = ("#7f8894", "#7f8894", "#8f98a466")
_ALONE_COLORS: Final = ("#3b78d8", "#d98a1f", "#8f63cf", "#3f9d6b")
_WIDTH: Final = 640
_HEIGHT: Final = 300
_LABELS: Final = 7
_POINTS: Final = 60  # the number of days, or weeks, that fit into a picture


@dataclass(frozen=True)
class Report:
    """The page; for the UI its numbers and some charts in Markdown.

    `charts` counts those that have data.
    """

    html: str
    summary: str
    pictures: str
    charts: int


def build_report(
    nickname: str, schema: str, ask: Ask, views: Iterable[str], at: datetime
) -> Report:
    """Return the report on a source's views, of which only `views` exist."""
    there = set(views)
    tiles = [(tile, _number(tile, ask)) for tile in TILES if tile.view in there]
    answers = [
        (chart, _answer(chart, ask(chart.view, chart.query)))
        for chart in CHARTS
        if chart.view in there
    ]
    style = _style(*_ON_PAGE, _PAGE_COLORS)
    drawn = [(chart, _draw(chart, rows, style) if rows else "") for chart, rows in answers]
    html = _template().render(
        nickname=nickname,
        schema=schema,
        at=f"{at:%Y-%m-%d %H:%M} UTC",
        tiles=tiles,
        charts=drawn,
    )
    pictures = "\n\n".join(
        _picture(chart, rows) for chart, rows in answers if chart.pictured and rows
    )
    return Report(html, _summary(tiles), pictures, sum(bool(svg) for _, svg in drawn))


def _number(tile: Tile, ask: Ask) -> str:
    rows = ask(tile.view, tile.query)
    value = rows[0][0] if rows else None
    if value is None:
        return "-"
    return f"{float(value):,.{1 if tile.unit else 0}f} {tile.unit}".strip()


def _answer(chart: Chart, rows: Rows) -> Rows:
    """Return the rows that have a value, with numbers as floats instead of engine types."""
    plain = [(row[0], *(None if v is None else float(v) for v in row[1:])) for row in rows]
    kept = [row for row in plain if any(value is not None for value in row[1:])]
    return kept if any(row[1:] != (0.0,) * len(chart.series) for row in kept) else []


def _picture(chart: Chart, rows: Rows) -> str:
    """Return the chart's last points as an image embedded in Markdown."""
    style = _style(*_ALONE, _ALONE_COLORS, "sans-serif")
    svg = _draw(chart, rows[-_POINTS:], style, height=220, explicit_size=True)
    data = base64.b64encode(svg.encode()).decode()
    return f"**{chart.title}.** {chart.note}\n\n![{chart.title}](data:image/svg+xml;base64,{data})"


def _draw(
    chart: Chart, rows: Rows, style: Any, height: int = _HEIGHT, *, explicit_size: bool = False
) -> str:
    """Return the chart as an SVG element."""
    pygal = _pygal()
    kinds = {Kind.AREA: pygal.StackedLine, Kind.LINES: pygal.Line, Kind.BARS: pygal.HorizontalBar}
    bars = chart.kind is Kind.BARS
    height = max(120, 60 + 34 * len(rows)) if bars else height
    drawing = kinds[chart.kind](
        style=style,
        js=[],
        explicit_size=explicit_size,
        width=_WIDTH,
        height=height,
        margin=8,
        margin_right=28,
        disable_xml_declaration=True,
        fill=chart.kind is Kind.AREA,
        show_dots=chart.kind is Kind.LINES and len(rows) < _POINTS // 2,
        dots_size=2.5,
        show_legend=len(chart.series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(chart.series),
        include_x_axis=True,
        value_formatter=lambda value: _said(value, chart),
        truncate_label=-1,
        truncate_legend=-1,
        show_minor_x_labels=False,
    )
    names = [f"{row[0]}: {_said(row[1], chart)}" if bars else _day(row[0]) for row in rows]
    drawing.x_labels = names
    drawing.x_labels_major = names if bars else _some(names)
    for at, series in enumerate(chart.series, start=1):
        drawing.add(series, [row[at] for row in rows])
    svg: str = drawing.render(is_unicode=True)
    return re.sub(r"<script.*?</script>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL)


def _some(names: Sequence[str]) -> list[str]:
    """Return as many labels as fit, evenly spread."""
    step = -(-len(names) // _LABELS)
    return list(names[:: max(1, step)])


def _day(value: Any) -> str:
    return f"{value:%d %b}".lstrip("0") if isinstance(value, date) else str(value)


def _said(value: float | None, chart: Chart) -> str:
    if value is None:
        return ""
    text = f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
    return f"{text} %" if chart.percent else text


def _summary(tiles: Sequence[tuple[Tile, str]]) -> str:
    """Return the numbers as a Markdown table."""
    lines = [f"| **{tile.title}**, {tile.note} | {value} |" for tile, value in tiles]
    return "\n".join(["| | |", "|---|---|", *lines])


def _template() -> jinja2.Template:
    source = resources.files("zendesk_assets.report") / "report.html.j2"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(source.read_text(encoding="utf-8"))
