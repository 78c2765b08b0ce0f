"""The Dagster UI of the demo: a check that its port is free, and `dagster dev` until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import psutil
import requests

from zendesk_assets.cli.foreground import end_with_parent
from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import ZendeskAssetsError

_LOOK_EVERY_SECONDS: Final = 1.0
_ENDS_WITHIN_SECONDS: Final = 20.0
_ENDS_AT_LAST_SECONDS: Final = 3.0


def refuse_taken(port: int) -> None:
    """Raise ZendeskAssetsError if the port is taken, before the syncs and not after them.

    Dagster itself would continue without its UI.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ZendeskAssetsError(
                f"Port {port} of this machine cannot be used ({error.strerror}): end the program "
                "that uses it, or give another --port, or --no-ui."
            ) from None


def serve_ui(console: Console, folder: Path, port: int) -> None:
    """Run `dagster dev` until Ctrl-C, and say when its UI is up; its log goes to a file.

    Raises:
        KeyboardInterrupt: on Ctrl-C, once none of its processes is left.
        ZendeskAssetsError: if `dagster dev` ends by itself.
    """
    log, url = folder / "dagster.log", f"http://127.0.0.1:{port}"
    title = f"The Dagster UI comes up at {url} (Ctrl-C ends the demo)."
    console.print(f"\n[bold]{title}[/bold]")
    console.print(f"Its log is {log}.")
    with log.open("wb") as output:
        process = _dagster_dev(port, output.fileno())
        current().last_act = partial(_kill, process.pid)
        ended = threading.Event()
        threading.Thread(target=_say_when_up, args=(console, url, ended), daemon=True).start()
        try:
            process.wait()
        except KeyboardInterrupt:
            current().is_in_hand = True
            console.print("Stopping Dagster; this takes a few seconds …")
            process.send_signal(signal.SIGINT)
            raise
        finally:
            ended.set()
            _end(process)
    raise ZendeskAssetsError(
        f"`dagster dev` ended by itself with code {process.returncode}: see the end of {log}."
    )


def _dagster_dev(port: int, output: int) -> subprocess.Popen[bytes]:
    executable = Path(sys.executable).with_name("dagster")
    command = ["dev", "-m", "zendesk_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen(  # noqa: S603 # our own command
        [str(executable), *command],
        stdout=output,
        stderr=subprocess.STDOUT,
        # The terminal's keys are for us; we pass them on.
        start_new_session=True,
        preexec_fn=_prepare,  # noqa: PLW1509 # it takes no lock
    )


def _say_when_up(console: Console, url: str, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_EVERY_SECONDS):
        with suppress(requests.RequestException):
            if requests.get(f"{url}/server_info", timeout=5).ok:
                console.print(f"It is up: {url}/asset-groups")
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
