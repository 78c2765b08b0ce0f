"""Launches runs and checks whether their workers are alive: Dagster's launcher, health-checked.

https://docs.dagster.io/deployment/execution/run-monitoring. Without the check, the runs of a killed
machine or `dagster dev` stay started forever, and the conditions consider their partitions in
progress: a gap. dagster.yaml names the class; Dagster decides what to do about a dead worker, and
when (`run_monitoring`, `run_retries` there).

A living worker must never be declared dead, so a worker is judged only if it was once seen alive:
on this host, with this pid, started at that time. Anything unknown counts as alive.
"""

import json
import logging
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import dagster as dg
import psutil
from dagster._core.events import DagsterEventType, EngineEventData
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.tags import GRPC_INFO_TAG, PARENT_RUN_ID_TAG, WILL_RETRY_TAG
from dagster._serdes import deserialize_value
from dagster._serdes.config_class import ConfigurableClassData

# Dagster retries a failed run at once or never: before it is reported as failed, the daemon must
# know that its code server is back. The daemon looks every second, reloads the definitions, and
# looks for stale errors every ten seconds.
DAEMON_NOTICES_WITHIN: Final = 20.0

# Names the worker of a run that a process executes itself, as soon as the run exists.
WORKER_TAG: Final = ".dagster/zendesk_assets_worker"  # the UI does not show it
_KEY: Final = "zendesk_assets/worker"
_CLOCK_TOLERANCE: Final = 2.0  # the kernel rounds the time of boot to a second
_LONGEST_START: Final = 60.0  # from the start of a worker's process to its first event
_NOTE_WITHIN: Final = 10.0
_SERVER_TIMEOUT: Final = 5
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 # nothing listens
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    """The process that executes a run, distinguished from all others that ever had its pid.

    `started` is in seconds since boot, because clocks may be adjusted during a run.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def seen(cls, pid: int) -> Self | None:
        """Return the living process with this `pid` on this host, or None."""
        try:
            process = psutil.Process(pid)
            # A killed process stays as a zombie if no parent reaps it, as in many containers.
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            started = process.create_time() - psutil.boot_time()
        except psutil.NoSuchProcess:
            return None
        return cls(this_host(), pid, started)

    @classmethod
    def of_tag(cls, tags: Mapping[str, str]) -> Self | None:
        """Return the worker that a run's tags name, or None.

        "Re-execute" in the UI may copy the tags, but not the process.
        """
        named = None if PARENT_RUN_ID_TAG in tags else tags.get(WORKER_TAG)
        return cls(**json.loads(named)) if named else None

    @property
    def tag(self) -> dict[str, str]:
        """Return the tag that names it."""
        return {WORKER_TAG: json.dumps(asdict(self))}

    @property
    def is_alive(self) -> bool:
        """Whether it is still alive; only meaningful on its own host."""
        now = Worker.seen(self.pid)
        return now is not None and abs(now.started - self.started) <= _CLOCK_TOLERANCE

    def started_just_before(self, time_of_event: float) -> bool:
        """Whether its age fits a worker that reported itself at `time_of_event` (epoch)."""
        age = time_of_event - psutil.boot_time() - self.started
        return -_CLOCK_TOLERANCE <= age <= _LONGEST_START


class WatchedRunLauncher(DefaultRunLauncher):
    """Launches runs like Dagster's default launcher, and can detect a run's dead worker."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._back_since: dict[str, float] = {}

    def launch_run(self, context: LaunchRunContext) -> None:
        """Launch the run, and record in its log which process of this host works on it."""
        super().launch_run(context)
        run, deadline = context.dagster_run, time.monotonic() + _NOTE_WITHIN
        try:
            while not self._reported_pid(run) and time.monotonic() < deadline:
                time.sleep(0.1)
            self._find_worker(run)
        except Exception:
            # The run is launched: a failure to record its worker must not fail it.
            _logger.warning("The worker of run %s is not recorded yet.", run.run_id, exc_info=True)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Always True: it is the purpose of this launcher."""
        return True

    def worker_of(self, run: dg.DagsterRun) -> Worker | None:
        """Return the process that works on a run, dead or alive, if it is known here."""
        return self._noted_worker(run) or self._find_worker(run)

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return FAILED for a worker that is known to be dead, otherwise RUNNING.

        It never returns UNKNOWN, which run monitoring treats as dead.
        """
        worker = self.worker_of(run)
        if worker is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "Its worker is not known.")
        name = f"process {worker.pid} of {worker.host}"
        if worker.host != this_host():
            message = f"Its worker, {name}, can only be checked there."
            return CheckRunHealthResult(WorkerStatus.RUNNING, message)
        if worker.is_alive or self._server_has(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"Its worker is {name}.")
        if self._waits_for_server(run):
            message = "Its code server has to be back first: its retry could not be launched."
            return CheckRunHealthResult(WorkerStatus.RUNNING, message)
        announce_retry(self._instance, run)
        message = f"its worker, {name}, is gone, killed alone or with the machine"
        return CheckRunHealthResult(WorkerStatus.FAILED, message)

    def _noted_worker(self, run: dg.DagsterRun) -> Worker | None:
        if named := Worker.of_tag(run.tags):
            return named
        for _, metadata in self._engine_events(run):
            if _KEY in metadata:
                return Worker(**metadata[_KEY].value)
        return None

    def _find_worker(self, run: dg.DagsterRun) -> Worker | None:
        """Return and record the process that reported itself in the run's log, if it is here.

        In another container the same pid is another process, hence the check of its start time.
        """
        if not self._may_be_here(run):
            return None
        reported = self._reported_pid(run)
        worker = Worker.seen(reported[1]) if reported else None
        if not (reported and worker and worker.started_just_before(reported[0])):
            return None
        note_worker(self._instance, run, worker)
        return worker

    def _may_be_here(self, run: dg.DagsterRun) -> bool:
        """Return whether the code server that started the run is on this host; True if unknown.

        A pid of another host is meaningless here, and may belong to another process by chance.
        """
        known = self._instance.get_run_by_id(run.run_id)
        server = json.loads(known.tags.get(GRPC_INFO_TAG, "{}")) if known else {}
        return server.get("host", "localhost") in {*_LOOPBACK, socket.gethostname()}

    def _reported_pid(self, run: dg.DagsterRun) -> tuple[float, int] | None:
        """Return when a process first reported that it works on the run, and its pid."""
        for at, metadata in self._engine_events(run):
            if "pid" in metadata:
                return at, int(metadata["pid"].value)
        return None

    def _engine_events(self, run: dg.DagsterRun) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield the time and metadata of the run's engine events, oldest first."""
        for entry in self._instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
            event = entry.dagster_event
            if event is not None and event.event_specific_data is not None:
                yield entry.timestamp, dict(event.engine_event_data.metadata)

    def _server_has(self, run: dg.DagsterRun) -> bool:
        """Return whether the code server that started the run responds, and still monitors it."""
        from dagster._grpc import types  # noqa: PLC0415 # a fiftieth of a command's import time

        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            return False
        try:
            request = types.CanCancelExecutionRequest(run_id=run.run_id)
            answer = client.can_cancel_execution(request, timeout=_SERVER_TIMEOUT)
        except dg.DagsterError:  # unreachable
            return False
        return bool(deserialize_value(answer, types.CanCancelExecutionResult).can_cancel)

    def _waits_for_server(self, run: dg.DagsterRun) -> bool:
        """Return whether the run's code server is started externally, and is not back yet.

        Servers that Dagster starts itself, on a socket, come back under another name, so there is
        no point in waiting for them.
        """
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None or not client.port:
            return False
        if client.health_check_query() != "SERVING":
            self._back_since.pop(run.run_id, None)
            return True
        since = self._back_since.setdefault(run.run_id, time.monotonic())
        return time.monotonic() - since < DAEMON_NOTICES_WITHIN


def announce_retry(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Announce that a run will be retried, before it is reported as failed.

    Dagster announces it just afterwards, and overwrites this. A backfill that looks in between, as
    happens if all daemons start at once after a crash, would consider itself finished, and forbid
    the retry.
    """
    if instance.run_retries_enabled:
        instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: "true"})


def note_worker(instance: dg.DagsterInstance, run: dg.DagsterRun, worker: Worker) -> None:
    """Record in the run's log which process works on it, for the health check to find."""
    instance.report_engine_event(
        f"Process {worker.pid} of {worker.host} works on this run.",
        run,
        EngineEventData({_KEY: dg.MetadataValue.json(asdict(worker))}),
    )


def this_host() -> str:
    """Return a name that distinguishes this host from others that share the instance."""
    machine = Path("/etc/machine-id")
    number = machine.read_text("ascii").strip()[:8] if machine.exists() else ""
    return f"{socket.gethostname()} {number}".strip()
