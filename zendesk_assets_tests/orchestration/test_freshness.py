"""Freshness: Dagster warns and fails by the source's own crons."""

from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets_tests.account import make_sources

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "warn", "fail"),
    [
        ("0 */3 * * *", 6 * HOUR, DAY),
        ("*/5 * * * *", HOUR / 6, DAY),
        ("30 4 * * *", 2 * DAY, 4 * DAY),
        ("0 8 * * 1-5", 6 * DAY, 12 * DAY),
        ("0 8,12 * * *", 40 * HOUR, 80 * HOUR),
        ("*/10 8-18 * * 1-5", 122 * HOUR + HOUR / 3, 244 * HOUR + HOUR * 2 / 3),
        ("* 0-3,20-23 * * *", 2 * (16 * HOUR + HOUR / 60), 4 * (16 * HOUR + HOUR / 60)),
        ("0 22-10/4 * * *", 30 * HOUR, 60 * HOUR),
        ("0 23/1 * * *", 2 * HOUR, DAY),
        ("0 8 * 2 5#5", 2 * 10227 * DAY, 4 * 10227 * DAY),
        ("0 0 31 * *", 2 * 61 * DAY, 4 * 61 * DAY),
        ("0 0 * 1-11 *", 2 * 32 * DAY, 4 * 32 * DAY),
    ],
)
def test_two_missed_ticks_warn_and_four_or_a_day_fail(cron, warn, fail):
    policy = freshness_policy(cron)
    assert policy.warn_window.to_timedelta() == warn
    assert policy.fail_window.to_timedelta() == fail


def test_each_layer_is_watched_by_its_own_cron(tmp_path):
    source = {
        "nickname": "A",
        "schema": "a",
        "subdomain": "a",
        "auth": {"type": "bearer", "token": "x"},
        "source_sync_cron": "0 * * * *",
        "warehouse_sync_cron": "0 4 * * *",
        "report_cron": "0 4 * * 0",
    }
    known = declared()
    cadences = {each.name: known.stream_of(each).cadence for each in known.collections.values()}
    cadences |= {each.name: each.cadence for each in known.streams.values()}
    for spec in build_definitions(make_sources(tmp_path, source)).resolve_all_asset_specs():
        if spec.key.path[-1] in known.views:
            assert spec.freshness_policy is None  # never older than its table
            continue
        warn = 2 * HOUR if "hub" in spec.key.path else 2 * DAY
        warn += 2 * cadences.get(spec.key.path[-1], timedelta())
        warn += 14 * DAY if "report" in spec.key.path else timedelta()
        assert spec.freshness_policy.warn_window.to_timedelta() == warn, spec.key
