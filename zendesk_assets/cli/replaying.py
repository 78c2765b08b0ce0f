"""A replay that Dagster's run launcher executes: `zendesk-assets sync --replay --launch`.

The command plans it, by the job that the UI has too; Dagster's daemon starts its runs, on whatever
machines the launcher uses. `orchestration.replays` decides which runs those are.
"""

import time
from collections.abc import Sequence
from typing import Final

import dagster as dg
import typer

from zendesk_assets.cli.opening import check_collections, chosen_sources
from zendesk_assets.cli.planned_run import tags_of
from zendesk_assets.cli.project import Project
from zendesk_assets.cli.run_here import QUIET
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.replays import runs_planned
from zendesk_assets.plain_text import counted

_SENSORS: Final = "SENSOR"
_SILENT_SECONDS: Final = 120  # a daemon reports every 30


def launch_replays(
    project: Project, source_names: list[str] | None, collections: list[str]
) -> None:
    """Have the tables of the sources loaded again by runs that Dagster's daemon starts.

    Raises:
        ZendeskAssetsError: if there is nothing to replay, or the hub cannot be read.
    """
    check_collections(collections)
    for source in chosen_sources(project.sources, source_names):
        schema = source.schema_name
        runs = _plan(project, schema, collections)
        if not runs:
            raise ZendeskAssetsError(
                f"The hub has nothing of {schema} to replay: run `zendesk-assets sync` first."
            )
        tables = "; ".join(", ".join(each) for each in runs)
        typer.echo(f"{schema}: {counted(len(runs), 'run')} will load {tables}.")
    if not _has_daemon(project.instance):
        typer.echo(
            "The runs start when a Dagster daemon does: none is running. Run `dagster dev`, or the "
            "daemon of your deployment.",
            err=True,
        )


def _plan(project: Project, schema: str, collections: Sequence[str]) -> list[list[str]]:
    """Execute the job that plans a replay; return the tables of each run."""
    job = project.definitions.resolve_job_def(keys.replay_job_name(schema))
    planning = {"config": {"collections": list(collections)}}
    try:
        result = job.execute_in_process(
            instance=project.instance,
            run_config={**QUIET, "ops": {keys.replay_step(schema): planning}},
            tags=tags_of(schema),
        )
    except dg.Failure as failure:
        raise ZendeskAssetsError(failure.description or str(failure)) from None
    run = project.instance.get_run_by_id(result.run_id)
    return runs_planned(run) if run else []


def _has_daemon(instance: dg.DagsterInstance) -> bool:
    """Return whether a daemon that evaluates sensors has reported itself lately."""
    found = instance.get_daemon_heartbeats().get(_SENSORS)
    return found is not None and time.time() - found.timestamp < _SILENT_SECONDS
