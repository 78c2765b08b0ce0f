"""Dagster's settings are the same on SQLite, on PostgreSQL and in Kubernetes."""

import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy
import yaml
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.test_utils import create_run_for_test

from zendesk_assets.orchestration.dagster_internals.dead_runs import CodeServer, fail_runs_of_server
from zendesk_assets_tests.deploy.files import DEPLOY, ROOT
from zendesk_assets_tests.postgres import as_url, database, new_database

GRPC = ".dagster/grpc_info"
STARTED = dg.DagsterRunStatus.STARTED


def settings(path):
    return yaml.safe_load(path.read_text())


def test_postgres_differs_from_sqlite_in_its_storage_only():
    ours = settings(DEPLOY / "postgres" / "dagster.yaml")
    theirs = settings(ROOT / "zendesk_assets" / "dagster.yaml")
    assert ours.pop("storage") == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    assert set(theirs.pop("storage")) == {"custom"}
    assert ours == theirs


def test_sqlalchemy_is_one_that_finds_psycopg2():
    """2.1 takes postgresql:// for psycopg 3, which dagster-postgres does not use."""
    assert sqlalchemy.make_url("postgresql://").get_dialect().driver == "psycopg2"


@pytest.fixture(scope="module")
def server():
    with database() as url:
        yield url


@pytest.fixture
def home(tmp_path, monkeypatch, server):
    """A folder with the dagster.yaml for PostgreSQL as DAGSTER_HOME, and an empty database."""
    (tmp_path / "dagster.yaml").write_text((DEPLOY / "postgres" / "dagster.yaml").read_text())
    with new_database(server) as address:
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", as_url(address))
        yield tmp_path


@pytest.mark.slow
def test_runs_of_a_code_server_that_starts_again_are_failed_and_no_others(home):
    with dg.DagsterInstance.get() as instance:
        lost = started_run(instance, '{"host": "code-location", "port": 4000}')
        others = [
            started_run(instance, '{"host": "elsewhere", "port": 4000}'),
            started_run(instance, '{"host": "code-location", "port": 4001}'),
            started_run(instance, '{"host": "localhost", "socket": "/tmp/x"}'),
            started_run(instance, None),
        ]
        now = time.time()
        others.append(started_run(instance, '{"host": "code-location", "port": 4000}'))
        assert fail_runs_of_server(instance, CodeServer("code-location", 4000), before=now) == 1
        found = instance.get_run_by_id(lost.run_id)
        assert found.status is dg.DagsterRunStatus.FAILURE
        assert found.tags["dagster/will_retry"] == "true"
        assert {instance.get_run_by_id(each.run_id).status for each in others} == {STARTED}


def started_run(instance, server):
    tags = {GRPC: server} if server else {}
    run = create_run_for_test(instance, job_name="sync", tags=tags)
    event = DagsterEvent(DagsterEventType.RUN_START.value, job_name="sync")
    instance.report_dagster_event(event, run.run_id)
    return run


@pytest.mark.long
@pytest.mark.slow
def test_two_that_open_an_empty_database_at_once_both_have_an_instance(home):
    code = "import dagster as dg; print(dg.DagsterInstance.get().get_runs_count())"
    both = [
        subprocess.Popen(
            [Path(sys.executable), "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [each.communicate(timeout=120)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    assert [output.strip().splitlines()[-1] for output in outputs] == ["0", "0"]
