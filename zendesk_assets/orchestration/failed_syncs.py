"""Why the last sync of each hub asset failed, as its check in Dagster says.

Which months a failed run leaves behind is in `failed_months`.
"""

from collections.abc import Iterable

import dagster as dg

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.dagster_internals.names import AssetCheckExecutionRecordStatus
from zendesk_assets.orchestration.sync_check import sync_check
from zendesk_assets.plain_text import unescape_markdown


def failed_syncs(
    instance: dg.DagsterInstance, schema: str, streams: Iterable[str]
) -> dict[str, str]:
    """Return the sentence about each stream whose last sync failed, by its name.

    A stream that was not tried, because another had found out that it would fail, is left out.
    """
    checks = {sync_check(keys.hub_key(schema, name)).key: name for name in streams}
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks))
    said = {}
    for key, record in found.items():
        event = record.event.dagster_event if record.event else None
        if record.status is AssetCheckExecutionRecordStatus.FAILED and event:
            evaluation = event.asset_check_evaluation_data
            if evaluation.severity is dg.AssetCheckSeverity.ERROR:
                said[checks[key]] = unescape_markdown(evaluation.description or "")
    return said
