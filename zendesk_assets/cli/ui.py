"""`zendesk-assets ui`: one local page on everything, with `dagster dev` beside it until Ctrl-C.

The package `ui` has the pages; here is what runs: the server, Dagster, and their end.
"""

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from zendesk_assets.cli.dagster_dev import dagster_dev, ended_by_itself, refuse_taken
from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.local_page import local_page
from zendesk_assets.cli.project import home_of_dagster, open_instance
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.orchestration.schedule_times import clock_time, next_time
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Sources
from zendesk_assets.ui import Serving

_ADVICE = "another --dagster-port, or --no-dagster"


def ui(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port of the page on 127.0.0.1.")
    ] = 8484,
    dagster: Annotated[bool, typer.Option(help="Run `dagster dev` beside it.")] = True,
    dagster_port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port of the Dagster UI on 127.0.0.1.")
    ] = 3000,
    dagster_url: Annotated[
        str, typer.Option(help="With --no-dagster: address of a Dagster UI to link to.")
    ] = "",
) -> None:
    """Open one page on everything, with the Dagster UI beside it.

    Accounts with their next sync and problems, coverage as a calendar, tables with rows, the
    report, every state of a row, what comparisons with Zendesk have proved. The page only reads,
    and only from this machine. Dagster's log goes to a file.

    Example: zendesk-assets ui --no-dagster

    Ctrl-C ends it, with exit code 0.
    """
    console, sources = Console(soft_wrap=True), load_sources()
    if dagster:
        refuse_taken(dagster_port, _ADVICE)
    link = f"http://127.0.0.1:{dagster_port}" if dagster else dagster_url.rstrip("/")
    try:
        with open_instance() as instance, Serving(local_page(instance, link), port) as serving:
            console.print(f"[bold]{serving.url}[/bold] (Ctrl-C ends it)")
            _say_next(console, sources, is_new=not instance.all_instigator_state())
            _wait(console, dagster_port if dagster else None)
    except KeyboardInterrupt:
        console.print("Ended.")
        if current().number != signal.SIGINT:
            raise


def _say_next(console: Console, sources: Sources, *, is_new: bool) -> None:
    """Say when each account is synced next; where Dagster `is_new`, its first look is at once."""
    now = SystemClock().now()
    for each in sources.sources:
        when = clock_time(next_time(each.source_sync_cron, now), now)
        first = (
            "as soon as Dagster is up, because its schedules have never run here; then "
            if is_new
            else ""
        )
        console.say(f"Next sync of {each.schema_name} ({each.nickname}): {first}{when}.")


def _wait(console: Console, dagster_port: int | None) -> None:
    """Wait for a signal; with a port, `dagster dev` runs meanwhile."""
    if dagster_port is None:
        console.say("Dagster is not started: syncs come from where its daemon runs.")
        threading.Event().wait()
        return
    home, environment = home_of_dagster()
    log = home / "dagster-dev.log"
    console.say(f"Dagster is starting; its log is {_near(log)}.")
    up = f"Dagster is up: http://127.0.0.1:{dagster_port}"
    with dagster_dev(
        dagster_port, log, console.say, when_up=up, environment=environment
    ) as process:
        process.wait()
    raise ended_by_itself(process, log)


def _near(path: Path) -> str:
    """Return a path as you would type it here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
