"""One page with charts of a source's views: self-contained HTML, and its figures as Markdown.

Rows in, text out: querying the warehouse and storing the page happen elsewhere.
"""

from zendesk_assets.report.charts import CHARTS, TILES, Chart, Tile
from zendesk_assets.report.page import Report, build_report
