"""Asset check results from verdicts, and earlier evaluations from Dagster's event log.

https://docs.dagster.io/guides/test/asset-checks
"""

from typing import Any, Final

import dagster as dg

from zendesk_assets.orchestration.dagster_internals.names import AssetCheckExecutionRecordStatus
from zendesk_assets.orchestration.verdicts import Verdict
from zendesk_assets.plain_text import escape_markdown

_ENDED: Final = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def check_result(key: dg.AssetCheckKey, verdict: Verdict) -> dg.AssetCheckResult:
    """Return the result of a check."""
    is_error = verdict.outcome == "error"
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=verdict.outcome == "passed",
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=escape_markdown(verdict.sentence),
        metadata=verdict.figures,
    )


def earlier_evaluations(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, limit: int
) -> list[dg.AssetCheckEvaluation]:
    """Return the last evaluations of a check, the newest first."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=limit, status=_ENDED
    )
    events = [record.event.dagster_event for record in history if record.event]
    found: list[Any] = [event.event_specific_data for event in events if event]
    return [each for each in found if each]
