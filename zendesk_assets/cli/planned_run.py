"""One run of a sync: its assets, its months, and the tags and settings that Dagster needs.

Which runs a sync consists of is decided in `plan`.
"""

from dataclasses import dataclass
from typing import Any

import dagster as dg

from zendesk_assets.analysis import VIEWS
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Window, months_in


def views_of_step(source: Source, key: dg.AssetKey) -> str | None:
    """Return which views have a step in common with an asset, as `keys` calls them, if any do."""
    schema, name = source.schema_name, key.path[-1]
    if key.path[0] == source.fivetran_schema:
        return keys.FIVETRAN_VIEWS
    if key != keys.table_key(schema, name):
        return None
    if name in declared().views:
        return keys.NESTED_VIEWS
    return keys.ANALYSIS_VIEWS if name in VIEWS else None


def tags_of(schema: str) -> dict[str, str]:
    """Return the tags of each run that a sync of a source executes itself.

    The daemon is not to start it once more if it fails: the next sync continues it.
    """
    return {
        keys.SOURCE_TAG: schema,
        "user": "sync command",  # as the UI shows it in "launched by", which is narrow
        "dagster/max_retries": "0",
    }


@dataclass(frozen=True)
class PlannedRun:
    """One run: its assets, and the window of partitioned ones, which is some months.

    If it `is_partial`, the window is some days within a month. `checked` are the tables whose
    checks it runs, `switches` the settings of its tables that are on. If it `follows_loads`, only
    figures that are due are measured.
    """

    source: Source
    assets: tuple[dg.AssetKey, ...]
    window: Window | None = None
    is_partial: bool = False
    checked: tuple[dg.AssetKey, ...] = ()
    switches: tuple[str, ...] = ()
    follows_loads: bool = False

    @property
    def hub_assets(self) -> tuple[dg.AssetKey, ...]:
        """Return the assets that send requests to Zendesk."""
        return tuple(
            key for key in self.assets if key == keys.hub_key(self.source.schema_name, key.path[-1])
        )

    @property
    def stream_names(self) -> list[str]:
        """Return the streams that it fetches."""
        return [key.path[-1] for key in self.hub_assets]

    @property
    def steps(self) -> set[str]:
        """Return the keys of its steps in Dagster."""
        checks = (keys.checks_step(key.to_python_identifier()) for key in self.checked)
        return {*map(self._step_of, self.assets), *checks}

    def _step_of(self, key: dg.AssetKey) -> str:
        views = views_of_step(self.source, key)
        if views is None:
            return key.to_python_identifier()
        return keys.views_step(self.source.schema_name, views)

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags that make Dagster treat the months as one range."""
        tags = tags_of(self.source.schema_name)
        if self.follows_loads:
            tags[keys.FIGURES_TAG] = keys.WHEN_DUE
        if self.window:
            months = months_in(self.window)
            tags["dagster/asset_partition_range_start"] = months[0]
            tags["dagster/asset_partition_range_end"] = months[-1]
        return tags

    def config(self, *, refetch: bool) -> dict[str, Any]:
        """Return the run's configuration of its assets."""
        switches = dict.fromkeys(self.switches, True)
        days = {}
        if self.window and self.is_partial:
            first, end = (f"{each:%Y-%m-%d}" for each in (self.window.start, self.window.end))
            days = {"first_day": first, "end_day": end}
        hub = self.hub_assets
        settings = {
            key: {**days, **({"refetch": True} if refetch else {})}
            if key in hub
            else {**days, **switches}
            for key in self.assets
        }
        return {
            key.to_python_identifier(): {"config": each} for key, each in settings.items() if each
        }
