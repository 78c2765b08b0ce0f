"""Private names of Dagster that other modules need: a release that renames one breaks here."""

from collections.abc import Mapping
from typing import Any, Final

from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.tags import (
    AUTOMATION_CONDITION_TAG,
    BACKFILL_ID_TAG,
    WILL_RETRY_TAG,
)
from dagster._utils.schedules import cron_string_iterator, reverse_cron_string_iterator

# During a step, Dagster would replace standard output, where a sync shows its progress, by a file,
# and start a process for it that crashes with a traceback on Ctrl-C.
NO_CAPTURE: Final[Mapping[str, Any]] = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
