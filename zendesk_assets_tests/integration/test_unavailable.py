"""A collection that is refused is named with the reason, and comes back by itself."""

from datetime import timedelta

import dagster as dg

from zendesk_assets.cli.status import collection_statuses
from zendesk_assets_tests.account import NOW, SCHEMA, project

CHOSEN = {
    "history_start": (NOW - timedelta(days=3)).date(),
    "collections": {"include": ["satisfaction_ratings", "groups"]},
}
PATHS = (["hub", "groups"], ["hub", "satisfaction_ratings"], ["groups"], ["satisfaction_ratings"])
KEYS = [dg.AssetKey([SCHEMA, *path]) for path in PATHS]


def of_ratings(site):
    rows = {row.collection: row for row in collection_statuses(site.sources, site.source)}
    assert rows["groups"].unavailable is None
    return rows["satisfaction_ratings"]


def test_a_refusal_is_remembered_in_the_hub_until_the_collection_is_read_again(tmp_path):
    with project(tmp_path, tickets=30, history_days=2, settings=CHOSEN) as site:
        note = tmp_path / "hub" / SCHEMA / "satisfaction_ratings" / "unavailable.json"
        site.simulator.make_unavailable("satisfaction_ratings", "not_found")
        for _ in range(2):
            assert not site.run(KEYS, raise_on_error=False).success
            site.clock.advance(timedelta(hours=3))
        refused = of_ratings(site)
        assert note.exists()
        assert "is not available" in refused.unavailable
        assert refused.unavailable_since == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert refused.rows == 0

        site.simulator.make_available("satisfaction_ratings")
        assert site.run(KEYS).success
        back = of_ratings(site)
        assert (back.unavailable, back.unavailable_since, note.exists()) == (None, None, False)
        assert back.rows == len(site.simulator.expected("satisfaction_ratings")) > 0


def test_a_refusal_is_not_taken_for_an_abandoned_batch(tmp_path):
    with project(tmp_path, tickets=5, history_days=2, settings=CHOSEN) as site:
        site.simulator.make_unavailable("satisfaction_ratings", "role")
        site.run(KEYS, raise_on_error=False)
        assert of_ratings(site).abandoned == 0
