"""What stands for the person who connects an account: consent over HTTP, and typing."""

import os
import pty
import re
import termios
import threading
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests

from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SECRET = "cl1ent-s3cret"
TOKENS = Path(".dagster/zendesk_tokens/zendesk_acme.json")
NAMES = ("--subdomain", "acme", "--client-id", "warehouse")


def decide(url, decision="allow"):
    """Press a button on the consent page; return where the browser is sent."""
    page, query = url.split("?")[0], dict(parse_qsl(urlsplit(url).query))
    form = query | {"decision": decision}
    answer = requests.post(page, data=form, timeout=10, allow_redirects=False)
    return answer.headers["Location"]


def visit(url):
    return requests.get(url, timeout=10)


class Typist:
    """A standard input on which each line is made from what was printed until then."""

    def __init__(self, capsys, *lines):
        self.shown, self._capsys, self._lines = "", capsys, list(lines)

    def readline(self):
        self.shown += self._capsys.readouterr().out
        return self._lines.pop(0)(self.shown) + "\n"


def page_in(shown):
    return re.search(r"http\S+/oauth/authorizations/new\S+", shown)[0]


def nothing_is_left(account):
    """Whether no token of a connection is alive or stored, and there is no sources file."""
    living = [each for each in account.tokens.by_value.values() if each.client_id]
    assert all(each.is_revoked for each in living)
    assert not TOKENS.exists()
    assert not Path("sources.yaml").exists()
    return True


def on_terminal(command, answers=None, *, typed=None, seconds=60, width=80, folder="."):
    """Run a command on a terminal of its own, answering each question once it is shown.

    `typed` is typed as soon as its first part is shown, by a spinner.
    """
    child, terminal = pty.fork()
    if child == 0:
        restore_signals()
        os.chdir(folder)
        termios.tcsetwinsize(0, (40, width))
        os.execv(command[0], command)
    guard = threading.Timer(seconds, os.kill, (child, 9))
    guard.start()
    shown, waiting = "", dict(answers or {})
    try:
        while chunk := read(terminal):
            shown += chunk
            if typed and re.search(f"[{SPINNER}].{{0,9}}{typed[0]}", shown):
                os.write(terminal, typed[1].encode())
                typed = None
            question = next(iter(waiting), None)
            if question is not None and question in shown and shown.rstrip(" ").endswith(":"):
                if question == "Its secret":  # what is typed before is shown, and lost
                    wait_until(lambda: not echoes(terminal), 10, "the terminal shows nothing")
                os.write(terminal, waiting.pop(question).encode() + b"\n")
    finally:
        guard.cancel()
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def read(terminal):
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # the other side is closed
        return ""
