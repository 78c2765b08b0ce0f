"""Charts as SVG, drawn by pygal, and the same in words for those who do not see them."""

import re
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from zendesk_assets.report.parts import Chart, Kind
from zendesk_assets.report.period import Step

Rows = list[tuple[Any, ...]]

# The page's own colours, which follow the reader's choice of light or dark.
_ON_PAGE: Final = ("var(--soft)", "var(--ink)", "var(--rule)")
_PAGE_COLORS: Final = ("var(--one)", "var(--two)", "var(--three)", "var(--four)")
# A picture has no page around it: these colours are readable on white and on black.
_ALONE: Final = ("#7f8894", "#7f8894", "#8f98a466")
_ALONE_COLORS: Final = ("#3b78d8", "#d98a1f", "#8f63cf", "#3f9d6b")
_WIDTH: Final = 640
_HEIGHT: Final = 300
_LABELS: Final = 7


def draw(chart: Chart, rows: Rows, *, alone: bool = False) -> str:
    """Return the chart as an SVG element; `alone` is for an image without a page around it.

    Args:
        chart: The chart.
        rows: A point each, with None for what is not known.
        alone: Whether it has colours and a size of its own, instead of the page's.
    """
    pygal = _pygal()
    kinds = {
        Kind.STACKED: pygal.StackedBar,
        Kind.LINES: pygal.Line,
        Kind.BARS: pygal.HorizontalBar,
    }
    drawing = kinds[chart.kind](
        style=_style(*_ALONE, _ALONE_COLORS, "sans-serif")
        if alone
        else _style(*_ON_PAGE, _PAGE_COLORS),
        js=[],
        explicit_size=alone,
        width=_WIDTH,
        height=_height(chart, rows, alone=alone),
        margin=8,
        margin_right=28,
        disable_xml_declaration=True,
        allow_interruptions=True,
        dots_size=2.5,
        show_legend=len(chart.series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(chart.series),
        include_x_axis=True,
        value_formatter=lambda value: say(value, chart.unit),
        truncate_label=-1,
        truncate_legend=-1,
        show_minor_x_labels=False,
    )
    names = [_name_point(chart, row) for row in rows]
    drawing.x_labels = names
    drawing.x_labels_major = names if chart.kind is Kind.BARS else _major(rows, names)
    for at, series in enumerate(chart.series, start=1):
        drawing.add(series, [row[at] for row in rows])
    svg: str = drawing.render(is_unicode=True)
    return re.sub(r"<script.*?</script>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL)


def describe(chart: Chart, rows: Rows) -> str:
    """Return what the chart shows in words: where each series begins and ends, and its extremes.

    >>> chart = Chart("Backlog", "", "v", Kind.LINES, "", ("open",), Step.MONTH)
    >>> describe(chart, [(date(2026, 1, 1), 3.0), (date(2026, 3, 1), 1.0)])
    'Backlog. open: Jan 2026 3, Mar 2026 1, lowest 1, highest 3.'
    """
    said = [_describe_series(chart, rows, at) for at in range(1, len(chart.series) + 1)]
    return f"{chart.title}. {' '.join(each for each in said if each)}"


def _describe_series(chart: Chart, rows: Rows, at: int) -> str:
    known = [(_label(chart, row[0]), row[at]) for row in rows if row[at] is not None]
    if not known:
        return ""
    shown = known if chart.kind is Kind.BARS else [known[0], known[-1]]
    points = ", ".join(f"{name} {say(value, chart.unit)}" for name, value in shown)
    values = [value for _name, value in known]
    lowest, highest = say(min(values), chart.unit), say(max(values), chart.unit)
    extremes = "" if chart.kind is Kind.BARS else f", lowest {lowest}, highest {highest}"
    return f"{chart.series[at - 1]}: {points}{extremes}."


def say(value: float | None, unit: str = "") -> str:
    """Return a figure as it is read: thousands apart, one decimal if it has any.

    >>> say(12.34, "%"), say(1200.0), say(None)
    ('12.3 %', '1,200', '')
    """
    if value is None:
        return ""
    text = f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
    return f"{text} {unit}".strip()


def table_of(chart: Chart, rows: Rows) -> list[list[str]]:
    """Return the chart's figures as rows of text."""
    return [[_label(chart, row[0]), *(say(value, chart.unit) for value in row[1:])] for row in rows]


def _label(chart: Chart, point: Any) -> str:
    if not isinstance(point, date):
        return str(point)
    month = f"{point:%b %Y}"
    return month if chart.step is Step.MONTH else f"{point.day} {month}"


def _name_point(chart: Chart, row: tuple[Any, ...]) -> str:
    name = _label(chart, row[0])
    return f"{name}: {say(row[1], chart.unit)}" if chart.kind is Kind.BARS else name


def _major(rows: Rows, names: Sequence[str]) -> list[str]:
    """Return the labels that are shown: the first points of months, or of every second or third."""
    months = [(row[0].year, row[0].month) for row in rows]
    firsts = [at for at in range(1, len(rows)) if months[at] != months[at - 1]]
    if not firsts or firsts[0] >= len(rows) / _LABELS:  # no other label is close
        firsts.insert(0, 0)
    step = -(-len(firsts) // _LABELS)
    return [names[at] for at in firsts[::step]]


def _height(chart: Chart, rows: Rows, *, alone: bool) -> int:
    if chart.kind is Kind.BARS:
        return max(120, 60 + 34 * len(rows))
    return 220 if alone else _HEIGHT


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
