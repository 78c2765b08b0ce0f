"""One page with charts of a source's views: self-contained HTML, and its figures as Markdown.

Rows in, text out: who asks the warehouse and where the page is kept is not known here.
"""

from __future__ import annotations

from zendesk_assets.report.charts import CHARTS, TILES, Chart, Tile
from zendesk_assets.report.page import Report, build_report

__all__ = ["CHARTS", "TILES", "Chart", "Report", "Tile", "build_report"]
