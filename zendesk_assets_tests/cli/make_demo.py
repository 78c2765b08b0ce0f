"""`make demo` on a terminal of its own, ended with Ctrl-C."""

import os
import pty
import sys
import termios
from pathlib import Path

import psutil

from zendesk_assets_tests.cli.connecting import read
from zendesk_assets_tests.dagster_dev import ROOT, free_port
from zendesk_assets_tests.signals import restore_signals

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))


def make_demo(folder, *options):
    """Return the command `make demo` of the repository, on a port of its own, and its variables."""
    script = folder / "venv" / "bin" / "zendesk-assets"
    script.parent.mkdir(parents=True)
    given = " ".join([*options, "--port", str(free_port())])
    script.write_text(f'#!/bin/sh\nexec {COMMAND} "$@" {given}\n')
    script.chmod(0o755)
    # As when no other make runs these tests.
    variables = {key: os.environ[key] for key in os.environ.keys() - {"MAKEFLAGS", "MAKELEVEL"}}
    variables |= {"TERM": "xterm", "ZENDESK_ASSETS_STATE": str(folder / "state")}
    words = ["make", "-f", str(ROOT / "Makefile"), "-o", "setup", f"VENV={folder}/venv", "demo"]
    return words, variables


def on_terminal(command, folder, width=80):
    """Start a command on a terminal; return its process and the terminal."""
    words, variables = command
    child, terminal = pty.fork()
    if child == 0:
        restore_signals()
        os.chdir(folder)
        termios.tcsetwinsize(0, (40, width))
        os.execvpe(words[0], words, variables)
    return child, terminal


def ended_by_ctrl_c(command, folder, once, width=80):
    """Press Ctrl-C once a text is shown; return the exit code, what was shown, its processes."""
    child, terminal = on_terminal(command, folder, width)
    shown = ""
    try:
        while once not in shown and (chunk := read(terminal)):
            shown += chunk
        ours = started_by(child)
        os.write(terminal, b"\x03")
        while chunk := read(terminal):
            shown += chunk
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown, ours
    finally:
        os.close(terminal)


def started_by(process):
    """Return the processes that a process has started, and those that these have."""
    return psutil.Process(process).children(recursive=True)
