"""Which months of a hub asset were requested last by a run that failed, as Dagster knows it."""

import dagster as dg

from zendesk_assets.orchestration import keys


def failed_months(instance: dg.DagsterInstance, schema: str, stream: str) -> frozenset[str]:
    """Return the months of a stream whose last run failed before it brought them."""
    key = keys.hub_key(schema, stream)
    storage = instance.event_log_storage
    tried = storage.get_latest_asset_partition_materialization_attempts_without_materializations(
        key
    )
    runs = list({run_id for run_id, _ in tried.values()})
    found = instance.get_runs(dg.RunsFilter(run_ids=runs)) if runs else []
    failed = {each.run_id for each in found if each.status is dg.DagsterRunStatus.FAILURE}
    return frozenset(month for month, (run_id, _) in tried.items() if run_id in failed)
