"""Access tokens of five minutes through an hour of syncs: no request is refused, no row is lost."""

from datetime import timedelta

import pytest

from zendesk_assets.orchestration.resources import open_token_store
from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.oauth_account import connected, token_requests

SYNCS = 6
SETTINGS = {
    "auth": {"type": "oauth"},
    "export_requests_per_minute": 1,  # a walk takes minutes, so tokens end in its middle
    "collections": {"include": ["tickets", "ticket_events", "organizations", "groups"]},
}


@pytest.mark.slow
def test_tokens_of_five_minutes_rotate_through_an_hour_of_syncs_without_a_401(tmp_path):
    with project(tmp_path, tickets=60, history_days=2, settings=SETTINGS) as synced:
        simulator, clock = synced.simulator, synced.clock
        tokens = connected(simulator, longest_access=300)
        open_token_store(synced.sources).save(SCHEMA, tokens)
        synced.requests()
        start = clock.now()

        for number in range(1, SYNCS + 1):
            assert all(result.success for result in synced.sync())
            simulator.account.update_ticket(number, subject=f"Changed in sync {number}")
            clock.advance(start + number * timedelta(minutes=11) - clock.now())
        clock.advance(timedelta(minutes=15))  # what was changed last has settled
        assert all(result.success for result in synced.sync())

        assert clock.now() - start >= timedelta(hours=1)
        statuses = {each.status for each in simulator.requests}
        refreshes = token_requests(simulator)
        assert statuses == {200}
        assert len(refreshes) >= 10
        assert synced.differences() == []
