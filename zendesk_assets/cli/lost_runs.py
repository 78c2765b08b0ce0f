"""`zendesk-assets fail-lost-runs`: what a container of a code location says before it serves again.

Only where workers end with their code server. On one host without containers the daemon sees for
itself which workers are dead (`orchestration.run_launcher`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from zendesk_assets.cli.project import open_instance
from zendesk_assets.orchestration.dead_runs import fail_runs_of_server

__all__ = ["fail_lost_runs"]


def fail_lost_runs(
    server: Annotated[
        str, typer.Argument(help="HOST:PORT of the code server, as workspace.yaml has it.")
    ],
) -> None:
    """Before a code server starts in its container: let the runs of the one before be tried again.

    Example: zendesk-assets fail-lost-runs code-location:4000
    """
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise typer.BadParameter("give HOST:PORT, as in code-location:4000")
    with open_instance() as instance:
        count = fail_runs_of_server(instance, host, int(port))
    typer.echo(f"Runs that had lost their worker: {count}.")
