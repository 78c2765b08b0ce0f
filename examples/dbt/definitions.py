"""Your dbt models after the tables of zendesk_assets, in one code location of Dagster.

Copy this folder, and point `workspace.yaml` to this file in place of zendesk_assets.definitions.
"""

from pathlib import Path

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from zendesk_assets.dagster import writers_pool
from zendesk_assets.definitions import defs as zendesk

SCHEMA = "zendesk_prod"  # of sources.yaml, and of models/sources.yml

project = DbtProject(Path(__file__).parent)
project.prepare_if_dev()  # elsewhere, `dbt parse` writes the manifest while deploying


class OnceLoaded(DagsterDbtTranslator):
    """Builds models after the loads of what they read."""

    def get_automation_condition(self, _properties) -> dg.AutomationCondition:
        """Return eager; of a table's months only the current one has to be there."""
        condition = dg.AutomationCondition
        latest_missing = condition.missing() & condition.in_latest_time_window()
        eager = condition.eager().without(~condition.any_deps_missing())
        return eager & ~condition.any_deps_match(latest_missing)


class Build(dg.Config):
    """Settings of one build: after a backfill of older months, `full_refresh: true`."""

    full_refresh: bool = False


@dbt_assets(
    manifest=project.manifest_path,
    exclude=f"source:{SCHEMA}",  # tests of sources: the checks of our own assets say the same
    pool=writers_pool(SCHEMA),
    dagster_dbt_translator=OnceLoaded(),
)
def models(context: dg.AssetExecutionContext, dbt: DbtCliResource, config: Build):
    """Build the models and run their tests."""
    arguments = ["build", *(["--full-refresh"] if config.full_refresh else [])]
    yield from dbt.cli(arguments, context=context).stream()


defs = dg.Definitions.merge(
    zendesk,
    dg.Definitions(
        assets=[models],
        resources={"dbt": DbtCliResource(project)},
        sensors=[
            dg.AutomationConditionSensorDefinition(
                "dbt_models",
                target=dg.AssetSelection.assets(models),
                default_status=dg.DefaultSensorStatus.RUNNING,
            )
        ],
    ),
)
