"""Runs `zendesk-assets` in this process."""

import logging
import sys
from dataclasses import dataclass

from zendesk_assets.cli import app


@dataclass
class Outcome:
    """What a command ended with and all that it printed."""

    code: int
    output: str


def run_command(monkeypatch, capture, *arguments):
    """Run a command; `capture` is pytest's `capsys` or `capfd`."""
    monkeypatch.setattr(sys, "argv", ["zendesk-assets", *arguments])
    try:
        app.main()
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        logging.disable(logging.NOTSET)  # completion switches it off, for its process
    captured = capture.readouterr()
    return Outcome(code, captured.out + captured.err)
