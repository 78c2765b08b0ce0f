"""A real `dagster dev` (webserver, daemon, code servers, run workers) for tests.

Here is how it is started, stopped and killed, down to the last process; what it is asked is
`dagster_graphql`. Nothing here knows about Zendesk.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import psutil
import yaml
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
)

from zendesk_assets_tests.dagster_graphql import LOCATION, REPOSITORY, DagsterGraphQL
from zendesk_assets_tests.sessions import kill_session, living_in
from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
DAGSTER = str(Path(sys.executable).with_name("dagster"))


class DagsterDev(DagsterGraphQL):
    """`dagster dev` in `folder`, where a sources.yaml must be; all it keeps is in there.

    The repository's own dagster.yaml and workspace.yaml are put into the folder, with `overrides`
    merged into the former: what runs is what a user runs who types `dagster dev` in a clone. It can
    be started again after `stop` or `kill`, on the same port and the same storage.
    """

    def __init__(self, folder, environment=None, overrides=None):
        self.folder = Path(folder)
        self.log = self.folder / "dagster.log"
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._environment = environment or {}
        self._session = None
        self._write_settings(overrides or {})

    def keep_off(self, *sensors):
        """Switch schedule sensors off before the first start, so that none of them ever ticks.

        Over GraphQL it would be too late: the daemon ticks as soon as it is up.
        """
        # What `dagster sensor stop` writes, without the two processes that it would need for each:
        # the storage knows a sensor by the names of its location, repository and itself.
        location = RegisteredCodeLocationOrigin(LOCATION)
        repository = RemoteRepositoryOrigin(
            code_location_origin=location, repository_name=REPOSITORY
        )
        here = str(self.folder.resolve())  # dagster.yaml's own paths are relative
        with contextlib.chdir(here), dg.DagsterInstance.from_config(here) as instance:
            for name in sensors:
                origin = repository.get_instigator_origin(name)
                kind, stopped = InstigatorType.SENSOR, InstigatorStatus.STOPPED
                instance.add_instigator_state(
                    InstigatorState(origin, kind, stopped, SensorInstigatorData())
                )

    def start(self, seconds=60):
        """Return when GraphQL answers and the code location is loaded."""
        assert self._session is None, "it is started already"
        with self.log.open("ab") as output:
            self._session = subprocess.Popen(
                [DAGSTER, "dev", "--host", "127.0.0.1", "--port", str(self._port)],
                cwd=self.folder,
                env=self._variables(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=restore_signals,  # noqa: PLW1509 # it takes no lock
            )
        try:
            self.wait_until(self._is_up, seconds, "dagster dev is up")
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self, seconds=30):
        """End it as Ctrl-C does, then whatever outlived that: run workers may."""
        if self._session is None:
            return
        self._session.send_signal(signal.SIGINT)
        try:
            self._session.wait(seconds)
            self._let_helpers_end()
        except subprocess.TimeoutExpired:
            self._fail(f"dagster dev did not stop in {seconds} s")
        finally:
            self.kill()

    def kill(self):
        """Send SIGKILL to everything at once, run workers and code servers too."""
        if self._session is None:
            return
        # More than once: what is just being started would be missed.
        self.wait_until(
            lambda: kill_session(self._session.pid), 20, "no process of dagster dev is left"
        )
        self._session.wait()
        self._session = None

    def has_ended(self):
        """Return whether `dagster dev` itself has ended, as it does when its daemon dies."""
        return self._session is None or self._session.poll() is not None

    def processes(self):
        """Return the living processes of this server, whoever their parent is by now."""
        return living_in(self._session.pid)

    def run_workers(self):
        """Return the ids of the processes that execute a run at this moment."""
        return [each.pid for each in self.processes() if _executes_a_run(each)]

    def wait_until(self, condition, seconds, what=""):
        """Return the first truthy value of `condition()`; a failure shows the end of the log."""
        # An answer of the webserver takes it some time, which what is waited for needs.
        return wait_until(condition, seconds, what, self.log_tail, every=0.3)

    def log_tail(self, lines=60):
        """Return the last lines of what it wrote."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()

    def _let_helpers_end(self, seconds=5):
        """Give resource trackers a moment: killed, they cannot clean up."""
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _is_up(self):
        code = self._session.poll()
        assert code is None, f"dagster dev ended with {code}\n{self.log_tail()}"
        return self.location_is_loaded()

    def _fail(self, message):
        raise AssertionError(f"{message}\n{self.log_tail()}")

    def _variables(self):
        """Return the environment: ours, without anything that points to another project."""
        kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
        return {
            **kept,
            "ZENDESK_SOURCES": str((self.folder / "sources.yaml").resolve()),
            "ZENDESK_ASSETS_STATE": str((self.folder / "state").resolve()),
            **self._environment,
        }

    def _write_settings(self, overrides):
        settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
        _merge(settings, overrides)
        (self.folder / "dagster.yaml").write_text(yaml.safe_dump(settings))
        shutil.copy(ROOT / "workspace.yaml", self.folder)


def _merge(settings, overrides):
    for name, value in overrides.items():
        if isinstance(value, dict) and isinstance(settings.get(name), dict):
            _merge(settings[name], value)
        else:
            settings[name] = value


def _executes_a_run(process):
    """Whether it is what a code server spawns for each run."""
    try:
        return "multiprocessing.spawn" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def free_port():
    """Return a port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
