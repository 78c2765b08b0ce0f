"""The Dagster UI of the demo: whether its port is free, and `dagster dev` until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import requests

from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import ZendeskAssetsError

__all__ = ["refuse_taken", "serve_ui"]

_LOOK_EVERY_SECONDS: Final = 1.0


def refuse_taken(port: int) -> None:
    """Say so before the syncs, not after them: Dagster itself would go on without its UI."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ZendeskAssetsError(
                f"Port {port} of this machine cannot be used ({error.strerror}): end what uses it, "
                "or give another --port, or --no-ui."
            ) from None


def serve_ui(console: Console, folder: Path, port: int) -> None:
    """Run `dagster dev` until Ctrl-C, and say when its UI is up; what it logs goes to a file."""
    log, url = folder / "dagster.log", f"http://127.0.0.1:{port}"
    title = f"The Dagster UI comes up at {url} (Ctrl-C ends the demo)."
    console.print(f"\n[bold]{title}[/bold]", highlight=False)
    console.print(f"What it logs is in {log}.", highlight=False)
    with log.open("wb") as output:
        process = _dagster_dev(port, output.fileno())
        ended = threading.Event()
        threading.Thread(target=_say_when_up, args=(console, url, ended), daemon=True).start()
        try:
            process.wait()
        except KeyboardInterrupt:
            console.print("Ending Dagster, some seconds …", highlight=False)
            process.send_signal(signal.SIGINT)
            process.wait()
        ended.set()
    _say_how_it_ended(console, process.returncode, folder, log)


def _dagster_dev(port: int, output: int) -> subprocess.Popen[bytes]:
    executable = Path(sys.executable).with_name("dagster")
    command = ["dev", "-m", "zendesk_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen(  # noqa: S603 # our own command
        [str(executable), *command],
        stdout=output,
        stderr=subprocess.STDOUT,
        preexec_fn=_restore_signals,  # noqa: PLW1509 # no threads of ours run in the child
    )


def _say_when_up(console: Console, url: str, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_EVERY_SECONDS):
        with suppress(requests.RequestException):
            if requests.get(f"{url}/server_info", timeout=5).ok:
                console.print(f"It is up: {url}/asset-groups", highlight=False)
                return


def _say_how_it_ended(console: Console, code: int, folder: Path, log: Path) -> None:
    if code > 0:
        raise ZendeskAssetsError(f"`dagster dev` ended with {code}: the end of {log} says why.")
    console.print(
        f"Ended. What it made stays in {folder}; the next demo removes it.", highlight=False
    )


def _restore_signals() -> None:
    """Let the child hear SIGINT and SIGTERM, which a shell's background job would ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
