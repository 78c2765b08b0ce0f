"""Failures of targets, without the requests and answers, which hold texts of tickets and keys."""

from zendesk_assets.catalog._columns import ident, integer, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import ComparedBy, Pagination

TARGET_FAILURES = plain_list(
    "target_failures",
    "Requests of targets that failed. Zendesk shows the last 25 of each target; the table keeps "
    "every one it has seen.",
    page="targets/target_failures/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an admin",
    version="created_at",
    vanishes=False,
    compared_by=ComparedBy.FORGETFUL_LIST,
    secrets=("raw_request", "raw_response"),
    columns=(
        ident("id", "The id of the failure."),
        text("url", "The API address of the failure."),
        text("target_name", "The title of the target."),
        integer("status_code", "The HTTP status of the answer."),
        integer("consecutive_failure_count", "How often in a row it has failed."),
        timestamp("created_at", "When it failed."),
    ),
)
