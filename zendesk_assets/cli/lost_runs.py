"""`zendesk-assets fail-lost-runs`: a code location's container starts it beside its server.

It is only for containers, where workers end with their code server. On a host without containers,
the daemon itself notices dead workers (`orchestration.run_launcher`).
"""

import time
from typing import Annotated, Final

import typer
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from zendesk_assets.cli.project import open_instance
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.dagster_internals.dead_runs import CodeServer, fail_runs_of_server
from zendesk_assets.orchestration.dagster_internals.run_launcher import DAEMON_NOTICES_WITHIN

_LONGEST_START: Final = 600.0


def fail_lost_runs(
    server: Annotated[
        str, typer.Argument(help="HOST:PORT of the code server, as in workspace.yaml.")
    ],
    before: Annotated[
        float, typer.Option(help="When the container started, in seconds since the epoch.")
    ],
) -> None:
    """In containers: retry the runs that lost their worker.

    Run it beside a code server that starts, for the runs of the server before it.

    Example: zendesk-assets fail-lost-runs code:4000 --before "$(date +%s.%N)"
    """
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise typer.BadParameter("give HOST:PORT, as in code-location:4000")
    code_server = CodeServer(host, int(port))
    _wait_for(code_server)
    with open_instance() as instance:
        count = fail_runs_of_server(instance, code_server, before=before)
    typer.echo(f"Runs that had lost their worker: {count}.")


def _wait_for(server: CodeServer) -> None:
    served = Retrying(
        wait=wait_fixed(1),
        stop=stop_after_delay(_LONGEST_START),
        retry=retry_if_result(lambda serves: not serves),
        retry_error_callback=lambda _: False,
    )(lambda: server.serves)
    if not served:
        raise ZendeskAssetsError(
            f"No code server responds at {server.host}:{server.port}: see the log of `dagster "
            "code-server`; runs that lost their worker can be terminated in the UI."
        )
    time.sleep(DAEMON_NOTICES_WITHIN)
