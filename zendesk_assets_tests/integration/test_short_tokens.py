"""Access tokens of five minutes through an hour of syncs: no request is refused, no row is lost."""

from datetime import timedelta

import pytest

from zendesk_assets.account import open_token_store
from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.oauth_account import connected, token_requests

HOUR = timedelta(hours=1)
TABLES = ["tickets", "ticket_events", "organizations", "groups"]
SETTINGS = {
    "auth": {"type": "oauth"},
    "export_requests_per_minute": 1,
    "collections": {"include": TABLES},
}


@pytest.mark.long
@pytest.mark.slow
def test_tokens_of_five_minutes_rotate_through_an_hour_of_syncs_without_a_401(tmp_path):
    with project(tmp_path, tickets=60, history_days=2, settings=SETTINGS) as synced:
        simulator, clock = synced.simulator, synced.clock
        open_token_store(synced.sources).save(SCHEMA, connected(simulator, longest_access=300))
        # Pages that are too big, at one a minute: tokens end in the middle of walks.
        simulator.faults.add("timeout_unless", path="/incremental/", times=None, per_page=20)
        synced.requests()
        start, longest = clock.now(), timedelta()

        while clock.now() - start < HOUR:
            begun = clock.now()
            assert all(result.success for result in synced.sync(days=4))
            longest = max(longest, clock.now() - begun)
            simulator.account.update_ticket(7, subject=f"Changed at {clock.now()}")
            clock.advance(timedelta(minutes=11))  # what was changed settles
        assert all(result.success for result in synced.sync(days=4))

        assert longest > timedelta(minutes=6)
        assert {each.status for each in simulator.requests} == {200, 504}
        assert set(token_requests(simulator)) == {200}
        assert len(token_requests(simulator)) >= 10
        assert synced.differences(collections=TABLES) == []
