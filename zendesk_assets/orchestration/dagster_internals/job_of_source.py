"""A job that is resolved among the assets of its own source, with the resources that they need.

Dagster resolves each job among all assets and gives it all resources, so that four jobs for each of
fifty sources would take longer than everything else. What a job has is the same either way.
https://docs.dagster.io/guides/build/jobs/asset-jobs
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_Narrow = Callable[[AssetGraph], AssetGraph]


class JobOfSource(UnresolvedAssetJobDefinition):
    """A job of which all assets are among those of its source."""

    narrow: _Narrow = staticmethod(lambda graph: graph)

    def resolve(
        self,
        asset_graph: AssetGraph,
        default_executor_def: dg.ExecutorDefinition | None = None,
        resource_defs: Mapping[str, Any] | None = None,
    ) -> dg.JobDefinition:
        """Return the job; its resources are those that are bound to its assets."""
        del resource_defs
        return super().resolve(self.narrow(asset_graph), default_executor_def, None)


def define_jobs(within: dg.AssetSelection, *jobs: Mapping[str, Any]) -> list[JobOfSource]:
    """Return jobs with the arguments of `dagster.define_asset_job`, all of assets `within`."""
    narrow = _narrow_to(within)
    found = [JobOfSource(**arguments) for arguments in jobs]
    for each in found:
        each.narrow = narrow
    return found


def _narrow_to(within: dg.AssetSelection) -> _Narrow:
    """Return a function from a graph to what of it is selected, and that depends on."""

    @cache
    def narrow(graph: AssetGraph) -> AssetGraph:
        inside = [graph.get(key) for key in within.resolve(graph)]
        wanted = {key for node in inside for key in (node.key, *node.parent_keys)}
        nodes = {key: graph.get(key) for key in wanted}
        checks = {key: graph.assets_def_for_key(key) for node in inside for key in node.check_keys}
        return AssetGraph(nodes, checks)

    return narrow
