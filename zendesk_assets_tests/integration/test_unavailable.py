"""A collection that is refused is named with the reason, and comes back by itself."""

from datetime import timedelta

import dagster as dg

from zendesk_assets.status import collection_statuses
from zendesk_assets_tests.account import NOW, SCHEMA, project

CHOSEN = {
    "history_start": (NOW - timedelta(days=3)).date(),
    "collections": {"include": ["activities", "groups"]},
}
RATINGS = "satisfaction_ratings"
PATHS = (["hub", "groups"], ["hub", "activities"], ["groups"], ["activities"])
KEYS = [dg.AssetKey([SCHEMA, *path]) for path in PATHS]


def of_activities(site):
    rows = {row.collection: row for row in collection_statuses(site.sources, site.source)}
    assert rows["groups"].unavailable is None
    return rows["activities"]


def test_a_refusal_is_remembered_in_the_hub_until_the_collection_is_read_again(tmp_path):
    with project(tmp_path, tickets=30, history_days=2, settings=CHOSEN) as site:
        note = tmp_path / "hub" / SCHEMA / "activities" / "unavailable.json"
        site.simulator.make_unavailable("activities", "not_found")
        for _ in range(2):
            assert not site.run(KEYS, raise_on_error=False).success
            site.clock.advance(timedelta(hours=3))
        refused = of_activities(site)
        assert note.exists()
        assert "is not available" in refused.unavailable
        assert refused.unavailable_since == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert refused.rows == 0

        site.simulator.make_available("activities")
        assert site.run(KEYS).success
        back = of_activities(site)
        assert (back.unavailable, back.unavailable_since, note.exists()) == (None, None, False)
        assert back.rows == len(site.simulator.expected("activities")) > 0


def test_the_hub_assets_own_check_says_why_a_sync_failed_until_one_goes_well(tmp_path):
    with project(tmp_path, tickets=30, history_days=2, settings=CHOSEN) as site:
        site.simulator.make_unavailable("activities", "not_found")
        site.run(KEYS, raise_on_error=False)
        refused = last_sync(site, "activities")
        assert not refused.passed
        assert "the account's plan lacks the feature" in refused.description
        assert last_sync(site, "groups").passed

        site.simulator.make_available("activities")
        assert site.run(KEYS).success
        back = last_sync(site, "activities")
        assert back.passed
        assert "Complete up to" in back.description
        assert "1 request" in back.description


def last_sync(site, stream):
    """Return what the check of a hub asset says at present, as the UI reads it."""
    key = dg.AssetCheckKey(dg.AssetKey([SCHEMA, "hub", stream]), "last_sync_went_well")
    (latest,) = site.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    return latest.event.dagster_event.asset_check_evaluation_data


def test_the_kind_of_csat_that_an_account_does_not_have_is_no_failure(tmp_path):
    ratings = [dg.AssetKey([SCHEMA, *path]) for path in (["hub", RATINGS], [RATINGS])]
    settings = CHOSEN | {"collections": {"include": [RATINGS]}}
    with project(tmp_path, tickets=30, history_days=2, settings=settings) as site:
        site.simulator.account.set_csat(ratings=False, surveys=True)
        assert site.run(ratings).success
        check = last_sync(site, RATINGS)
        assert check.passed
        assert "takes a plan with legacy CSAT" in check.description
        (row,) = collection_statuses(site.sources, site.source)
        assert row.unavailable
        assert row.needs


def test_a_refusal_is_not_taken_for_an_abandoned_batch(tmp_path):
    with project(tmp_path, tickets=5, history_days=2, settings=CHOSEN) as site:
        site.simulator.make_unavailable("activities", "role")
        site.run(KEYS, raise_on_error=False)
        assert of_activities(site).abandoned == 0
