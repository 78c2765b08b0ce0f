"""One page with charts of a source's views: self-contained HTML, and its figures as Markdown.

Rows in, text out: querying the warehouse and storing the page happen elsewhere.
"""

from zendesk_assets.report.again import identify, note_page, take_again
from zendesk_assets.report.charts import CHARTS
from zendesk_assets.report.page import Report, Subject, build_report
from zendesk_assets.report.period import Period, choose_period
from zendesk_assets.report.this_week import SPLITS, TABLES, TILES
