"""The Dagster UI of the demo: `dagster dev` until Ctrl-C."""

from pathlib import Path

from zendesk_assets.cli.dagster_dev import dagster_dev, ended_by_itself
from zendesk_assets.cli.terminal import Console


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
    with dagster_dev(port, log, console.say, when_up=f"It is up: {url}/asset-groups") as process:
        process.wait()
    raise ended_by_itself(process, log)
