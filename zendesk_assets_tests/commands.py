"""Runs `zendesk-assets` in this process."""

import contextlib
import io
import logging
import sys
from dataclasses import dataclass

import pytest

from zendesk_assets.cli import app


@dataclass
class Outcome:
    """What a command ended with and all that it printed."""

    code: int
    output: str


def run_in(folder, *arguments):
    """Run a command with `folder` as the working directory, also where no test is running yet."""
    output = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        return Outcome(_code_of(patch, arguments), output.getvalue())


def run_command(monkeypatch, capture, *arguments):
    """Run a command; `capture` is pytest's `capsys` or `capfd`."""
    code = _code_of(monkeypatch, arguments)
    captured = capture.readouterr()
    return Outcome(code, captured.out + captured.err)


def _code_of(monkeypatch, arguments):
    monkeypatch.setattr(sys, "argv", ["zendesk-assets", *arguments])
    try:
        app.main()
    except SystemExit as stop:
        return stop.code or 0
    finally:
        logging.disable(logging.NOTSET)  # completion switches it off, for its process
    return 0
