"""Sends a test message to each place under `alerts` in the sources file, for `check --alert`."""

from rich.markup import escape

from zendesk_assets.alerts import deliver, trial_message
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.settings.sources import Sources

_NONE = (
    "The sources file has no `alerts`: add one, such as `alerts: {slack: {env: SLACK_WEBHOOK}}`."
)


def try_alerts(sources: Sources, console: Console) -> bool:
    """Send the message, say where it went, and return whether it went everywhere."""
    settings = sources.alerts
    message = trial_message(SystemClock().now(), settings.dagster_url)
    left, errors = deliver(settings, [(channel, message) for channel in settings.channels])
    for error in errors if settings.channels else [_NONE]:
        console.print(f"[red]✗[/red] {escape(error)}")
    failed = {channel for channel, _ in left}
    for channel in settings.channels:
        if channel not in failed:
            console.print(f"[green]✓[/green] A test message went to `alerts.{channel}`.")
    return bool(settings.channels) and not left
