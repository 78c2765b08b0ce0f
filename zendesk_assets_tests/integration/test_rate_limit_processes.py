"""Four processes on one account keep one budget; the account's own log is the judge."""

import subprocess
import sys
import time

import pytest

from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets_tests.sliding import most_in_a_minute

SECONDS = 85  # a window and the beginning of the next, after a late start
WORKER = """
import sys, time
from pathlib import Path
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ConnectionFailedError
from zendesk_assets.zendesk import BearerCredentials, FileBudgets, Limits, RateLimiter
from zendesk_assets.zendesk import ZendeskClient

url, token, file, end = sys.argv[1:]
limiter = RateLimiter(FileBudgets(Path(file)), Limits(200, 10), SystemClock())
with ZendeskClient(url, BearerCredentials(lambda: token), limiter) as client:
    while time.time() < float(end):
        client.get("/groups", {"page[size]": "100"})
"""


@pytest.mark.long
@pytest.mark.slow(seconds=90)
def test_four_processes_never_exceed_the_accounts_limit_and_use_95_percent_of_it(tmp_path):
    limits = RateLimits(account=200, exports=10)
    with Simulator(tickets=20, rate_limits=limits) as simulator:
        end = time.time() + SECONDS
        arguments = [simulator.base_url, simulator.token, str(tmp_path / "rate.sqlite"), str(end)]
        workers = [subprocess.Popen([sys.executable, "-c", WORKER, *arguments]) for _ in range(4)]
        time.sleep(SECONDS)
        for worker in workers:
            worker.terminate()
            worker.wait()
        requests = list(simulator.requests)

    times = sorted(request.monotonic for request in requests)
    assert [request for request in requests if request.status != 200] == []
    assert most_in_a_minute(times) <= 200
    minutes = (times[200] - times[0]) / 60  # 200 requests later the next window has begun
    assert 200 / minutes >= 0.95 * 200
