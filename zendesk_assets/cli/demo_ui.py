"""The Dagster UI of the demo: `dagster dev` until Ctrl-C."""

from datetime import UTC, datetime
from pathlib import Path

from zendesk_assets.cli.dagster_dev import dagster_dev, ended_by_itself
from zendesk_assets.cli.demo_accounts import how_to_backfill
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
    when_up = f"It is up: {url}/asset-groups\n\n{how_to_backfill(url, datetime.now(UTC).date())}"
    with dagster_dev(port, log, console.say, when_up=when_up) as process:
        process.wait()
    raise ended_by_itself(process, log)
