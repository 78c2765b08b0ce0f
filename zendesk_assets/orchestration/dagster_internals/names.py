"""Private names of Dagster that other modules need: a release that renames one breaks here."""

from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.tags import (
    AUTOMATION_CONDITION_TAG,
    BACKFILL_ID_TAG,
    WILL_RETRY_TAG,
)
from dagster._utils.schedules import cron_string_iterator, reverse_cron_string_iterator
