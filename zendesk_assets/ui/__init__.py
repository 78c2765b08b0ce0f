"""One local page on everything: accounts, coverage, tables, the report, why, the certificate.

Read-only HTML over hub and warehouse, served on 127.0.0.1; it sends no request to Zendesk.
`calendar` judges months, `figures` collects what is shown, `pages` answers requests, `app` puts
them together, `serving` serves them. What runs beside it (`dagster dev`) is the command's business.
"""

from zendesk_assets.ui.app import build_app
from zendesk_assets.ui.figures import FailedMonths
from zendesk_assets.ui.serving import Serving
