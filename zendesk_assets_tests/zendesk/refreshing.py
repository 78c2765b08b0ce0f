"""One process that needs an access token; `test_rotation` starts it, and has it killed.

    python refreshing.py <store> <account> <seconds the clock is ahead> <step> [<refused header>]

It waits for a line, gets a header (after replacing the refused one), asks the account for its
groups, and prints the status, or the sentence. It kills itself at the step it is told.
"""

import contextlib
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import requests

from zendesk_assets import postgres
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.zendesk import FileTokenStore, OAuthCredentials, token_store
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Dies:
    """A token store whose process is killed at a step."""

    def __init__(self, store, step):
        self.store, self.step = store, step

    def __getattr__(self, name):
        return getattr(self.store, name)

    def prepare(self, name):
        if self.step == "half of the room reserved":
            token_store._write = write_half
        self.store.prepare(name)
        if self.step == "before the request":
            die()

    def save(self, name, tokens):
        if self.step == "after the answer":
            die()
        with self.in_the_middle():
            self.store.save(name, tokens)
        if self.step == "after the save":
            die()

    @contextlib.contextmanager
    def in_the_middle(self):
        if self.step == "half of it written":
            token_store._write = write_half
        if self.step == "written, not renamed":
            self.store._commit = lambda _name: die()
        if self.step == "renamed, not synced":
            token_store.rename_durably = rename_only
        if self.step == "inserted, not committed":
            postgres.begin = begin_and_die
        yield


@contextlib.contextmanager
def begin_and_die(connection, settings, begin=postgres.begin):
    with begin(connection, settings):
        yield connection
        die()


def rename_only(source, target):
    source.rename(target)
    die()


def write_half(path, content):
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(content[: len(content) // 2])
    die()


def open_store(at):
    if at.startswith("file:"):
        return FileTokenStore(Path(at.removeprefix("file:")))
    return PostgresTokenStore(lambda: at)


def main(at, account, ahead, step, refused=""):
    clock = SystemClock(timedelta(seconds=float(ahead)))
    store = Dies(open_store(at), step)
    credentials = OAuthCredentials(store, "zendesk_test", account, clock)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        if refused:
            credentials.renew(refused)
        headers = {"Authorization": credentials.authorization()}
        answer = requests.get(f"{account}/api/v2/groups", headers=headers, timeout=60)
        print(answer.status_code)
    except ZendeskAssetsError as error:
        print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
