"""Other people's clients read the simulator through their own code, and get every record.

zenpy and tap-zendesk live in an environment of their own, made once beside this project's.
"""

import json
import subprocess
import venv
from pathlib import Path

import filelock
import pytest

from zendesk_assets.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-clients" / "bin" / "python"
PACKAGES = ("zenpy>=2.0.24,<3", "tap-zendesk>=2.8,<3")

pytestmark = [pytest.mark.slow, pytest.mark.long]


def make_environment():
    """Make the clients' environment unless it is there, and complete."""
    done = PYTHON.parents[1] / ".installed"
    with filelock.FileLock(str(ROOT / ".venv-clients.lock")):
        if not done.exists():
            venv.create(PYTHON.parents[1], with_pip=True, symlinks=True, clear=True)
            command = [str(PYTHON), "-m", "pip", "install", "--quiet", *PACKAGES]
            subprocess.run(command, check=True)
            done.touch()


def drive(client, account):
    make_environment()
    script = Path(__file__).with_name("client_drivers.py")
    command = [str(PYTHON), str(script), client, account.base_url, account.token]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def account():
    # Their pages are 1,000 and 100 records: this account has several of each.
    with Simulator(tickets=1_200, history_days=300, organizations=130) as simulator:
        yield simulator


def ids(account, collection, **wanted):
    return {
        row["id"]
        for row in account.expected(collection)
        if all(row.get(name) == value for name, value in wanted.items())
    }


def test_zenpy_gets_every_record(account):
    found = drive("zenpy", account)

    # It does not send support_type_scope, so it never sees what only AI agents handled (T26).
    assert set(found["tickets"]) == ids(account, "tickets", support_type="agent")
    assert set(found["tickets_by_time"]) == ids(account, "tickets", support_type="agent")
    assert set(found["organizations"]) == ids(account, "organizations")
    assert set(found["users"]) == set(account.account.users)
    assert set(found["groups"]) == ids(account, "groups", deleted=False)
    assert set(found["groups_by_cursor"]) == ids(account, "groups", deleted=False)
    assert set(found["satisfaction_ratings"]) == ids(account, "satisfaction_ratings")
    agents_tickets = ids(account, "tickets", support_type="agent")
    events = {
        row["ticket_event_id"]
        for row in account.expected("ticket_events")
        if row["ticket_id"] in agents_tickets
    }
    assert set(found["ticket_events"]) == events
    assert set(found["activities"]) <= ids(account, "activities")
    assert found["activities"]


def test_tap_zendesk_gets_every_record(account):
    found = drive("tap", account)

    assert set(found["tickets"]) == ids(account, "tickets", support_type="agent")
    assert set(found["organizations"]) == ids(account, "organizations")
    assert set(found["users"]) == set(account.account.users)
    assert set(found["groups"]) == ids(account, "groups", deleted=False)
    assert set(found["satisfaction_ratings"]) == ids(account, "satisfaction_ratings")
    alive = {
        row["id"]
        for row in account.expected("tickets")
        if row["support_type"] == "agent" and row["status"] != "deleted"
    }
    metrics = {row["id"] for row in account.expected("ticket_metrics") if row["ticket_id"] in alive}
    assert set(found["ticket_metrics"]) == metrics
