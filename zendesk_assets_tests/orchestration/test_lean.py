"""What a command leaves out of Dagster: it is there as soon as something uses it."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

LEAN = """
import sys
from zendesk_assets.orchestration.dagster_internals.lean_imports import lean_imports
with lean_imports():
    from zendesk_assets.orchestration.dagster_internals import sqlite_storage
assert not {"alembic", "alembic.command", "dagster._daemon.controller"} & sys.modules.keys()
"""
OPENED = """
from pathlib import Path
from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.orchestration.dagster_internals.lean_instances import open_lean
write_dagster_yaml(Path("."))
with open_lean(".", ".") as instance:
    instance.get_runs(limit=1), instance.get_asset_keys(), instance.all_instigator_state()
"""


def run(folder, *code):
    return subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


def test_the_daemon_and_alembic_are_real_for_whoever_asks_for_them_later(tmp_path):
    code = """
from dagster._daemon import DagsterDaemon, SensorDaemon
assert issubclass(SensorDaemon, DagsterDaemon)
import alembic.config
from dagster._core.storage.sql import Config
assert type(Config("x.ini")) is alembic.config.Config
"""
    run(tmp_path, LEAN, code)


def test_threads_that_ask_for_the_daemon_at_once_all_get_it(tmp_path):
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
sys.setswitchinterval(1e-5)
package = sys.modules["dagster._daemon"]
with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda _: package.SensorDaemon, range(8)))
assert len(set(found)) == 1
assert not hasattr(package, "NoSuchDaemon")
"""
    run(tmp_path, LEAN, code)


def test_a_name_can_be_copied_and_annotate_but_is_not_used_before_it_is_there(tmp_path):
    code = """
import copy
import pytest
with lean_imports():
    from alembic.config import Config
    from alembic.operations.ops import MigrateOperation
    assert copy.copy(Config) is not Config
    assert Config | None is Config
    with pytest.raises(ImportError, match="used before"):
        Config("x.ini")
assert Config("x.ini").config_file_name == "x.ini"
"""
    run(tmp_path, LEAN.partition("with")[0], code)


def test_alembic_that_was_imported_before_is_used_as_it_is(tmp_path):
    code = """
from zendesk_assets.orchestration.dagster_internals import sqlite_storage
from dagster._core.storage.sql import Config
assert Config is alembic.config.Config
"""
    first = LEAN.replace("import sys\n", "import sys, alembic.config\n").partition("assert")[0]
    run(tmp_path, first, code)


def test_new_files_are_made_by_dagsters_migrations_and_found_ones_load_none(tmp_path):
    asked = 'import sys; print("alembic.script" in sys.modules, "upath.core" in sys.modules)'
    assert run(tmp_path, LEAN, OPENED, asked) == ["True", "False"]
    assert run(tmp_path, LEAN, OPENED, asked) == ["False", "False"]


@pytest.mark.parametrize("lacking", ["instance_info", "alembic_version"])
def test_what_a_file_of_dagster_lacks_is_made(tmp_path, lacking):
    run(tmp_path, LEAN, OPENED)
    with closing(sqlite3.connect(tmp_path / "storage/history/runs.db")) as runs:
        runs.execute(f"DROP TABLE {lacking}")
        runs.commit()
        run(tmp_path, LEAN, OPENED)
        tables = {name for (name,) in runs.execute("SELECT name FROM sqlite_master")}
    assert lacking in tables


def test_an_instance_is_handed_to_other_processes_as_dagster_describes_it(tmp_path):
    code = """
from dagster._core.instance.ref import InstanceRef
from dagster._serdes import deserialize_value, serialize_value
ref = instance.get_ref()
assert type(ref) is InstanceRef
assert deserialize_value(serialize_value(ref), InstanceRef) == ref
print(instance.defs_state_storage)
"""
    assert run(tmp_path, OPENED, code) == ["None"]
