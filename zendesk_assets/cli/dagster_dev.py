"""Runs `dagster dev` beside a command, with its log in a file, and ends it to the last process."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import psutil
import requests

from zendesk_assets.cli.foreground import end_with_parent
from zendesk_assets.cli.interruption import current
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.settings.alerts import DAGSTER_URL

_LOOK_EVERY_SECONDS: Final = 1.0
_ENDS_WITHIN_SECONDS: Final = 20.0
_ENDS_AT_LAST_SECONDS: Final = 3.0


def refuse_taken(port: int, advice: str) -> None:
    """Raise ZendeskAssetsError if the port is taken; `advice` names the options to give instead.

    Dagster itself would continue without its UI.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ZendeskAssetsError(
                f"Port {port} of this machine cannot be used ({error.strerror}): end the program "
                f"that uses it, or give {advice}."
            ) from None


@contextmanager
def dagster_dev(
    port: int,
    log: Path,
    say: Callable[[str], object],
    *,
    when_up: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `dagster dev` during the block; `say` receives `when_up` once its UI answers.

    Its log goes to a file. At the end of the block none of its processes is left.
    """
    with log.open("wb") as output:
        ended, url = threading.Event(), f"http://127.0.0.1:{port}"
        variables = {**os.environ, DAGSTER_URL: url, **(environment or {})}
        process = _start(port, output.fileno(), variables)
        current().last_act = partial(_kill, process.pid)
        watch = partial(_say_when_up, say, when_up, url, ended)
        threading.Thread(target=watch, daemon=True).start()
        try:
            yield process
        except KeyboardInterrupt:
            current().is_in_hand = True
            say("Stopping Dagster; this takes a few seconds …")
            raise
        finally:
            ended.set()
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            _end(process)


def ended_by_itself(process: subprocess.Popen[bytes], log: Path) -> ZendeskAssetsError:
    """Return the error for a `dagster dev` that nobody has ended."""
    return ZendeskAssetsError(
        f"`dagster dev` ended by itself with code {process.returncode}: see the end of {log}."
    )


def _start(port: int, output: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    executable = Path(sys.executable).with_name("dagster")
    workspace = resources.files("zendesk_assets") / "workspace.yaml"
    command = ["dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen(  # noqa: S603 # our own command
        [str(executable), *command],
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        # The terminal's keys are for us; we pass them on.
        start_new_session=True,
        preexec_fn=_prepare,  # noqa: PLW1509 # it takes no lock
    )


def _say_when_up(
    say: Callable[[str], object], when_up: str, url: str, ended: threading.Event
) -> None:
    while not ended.wait(_LOOK_EVERY_SECONDS):
        with suppress(requests.RequestException):
            if requests.get(f"{url}/server_info", timeout=5).ok:
                say(when_up)
                return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait until `dagster dev` has stopped its processes, then end those that are left."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDS_WITHIN_SECONDS)
    left = _session(process.pid)
    for each in left:
        with suppress(psutil.Error):
            each.terminate()
    psutil.wait_procs(left, timeout=_ENDS_AT_LAST_SECONDS)
    _kill(process.pid)
    process.wait()


def _kill(session: int) -> None:
    for each in _session(session):
        with suppress(psutil.Error):
            each.kill()


def _session(leader: int) -> list[psutil.Process]:
    """Return the living processes of a session, whatever their parent is by now."""
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(each.pid) == leader and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
    return found


def _prepare() -> None:
    """Let the child receive signals that a background job ignores, and end with its parent."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    end_with_parent(signal.SIGINT)
