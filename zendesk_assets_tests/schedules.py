"""Lets simulated days pass for a project: conditions are evaluated, what they ask for is run.

Dagster's daemon in small: one evaluation at each stop of the clock, the two after it half a minute
apart, and runs cut into ranges as the backfill policy says. The daemon itself is real in
`integration/`.
"""

from datetime import date, timedelta

import dagster as dg

from zendesk_assets_tests.account import SCHEMA

HALF_A_MINUTE = timedelta(seconds=30)


class Schedules:
    """Both sensors of a project's source; either can be switched off."""

    def __init__(self, project, layers=("hub", "warehouse")):
        self.project, self.layers = project, layers
        self._cursors = {}

    def tick(self, evaluations=3):
        """Evaluate a few times, half a minute apart, and run what is asked for."""
        for _ in range(evaluations):
            for layer in self.layers:
                for keys, first, last in self._requests(layer):
                    self.project.run(keys, first=first, last=last, raise_on_error=False)
            self.project.clock.advance(HALF_A_MINUTE)

    def live(self, hours, every=3):
        """Let hours pass, with a tick each `every` hours."""
        for _ in range(0, hours, every):
            self.project.clock.advance(timedelta(hours=every) - 3 * HALF_A_MINUTE)
            self.tick()

    def _requests(self, layer):
        group = f"{SCHEMA}_hub" if layer == "hub" else SCHEMA
        result = dg.evaluate_automation_conditions(
            self.project.definitions,
            self.project.instance,
            asset_selection=dg.AssetSelection.groups(group),
            evaluation_time=self.project.clock.now(),
            cursor=self._cursors.get(layer),
        )
        self._cursors[layer] = result.cursor
        graph = self.project.definitions.resolve_asset_graph()
        wanted = [key for key in graph.get_all_asset_keys() if result.get_num_requested(key)]
        whole = [key for key in wanted if graph.get(key).partitions_def is None]
        yield from [(whole, None, None)] if whole else []
        by_months = {}
        for key in wanted:
            if key not in whole:
                months = frozenset(result.get_requested_partitions(key))
                by_months.setdefault(months, []).append(key)
        for months, keys in by_months.items():
            for first, last in ranges(months, self.project.source.run_months):
                yield keys, first, last


def ranges(months, longest):
    """Return (first, last) of the months without gaps, at most `longest` long, oldest first."""
    found = []
    for month in sorted(months):
        follows = found and _next(found[-1][-1]) == month
        if follows and len(found[-1]) < longest:
            found[-1].append(month)
        else:
            found.append([month])
    return [(each[0], each[-1]) for each in found]


def _next(month):
    return (date.fromisoformat(f"{month}-01") + timedelta(days=31)).isoformat()[:7]
