"""What every token store promises, then what files and PostgreSQL promise each."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import psycopg
import pytest

from zendesk_assets.errors import TokenStoreError
from zendesk_assets.zendesk import FileTokenStore, OAuthTokens, token_store
from zendesk_assets.zendesk import postgres_token_store as pg
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore

NAME = "zendesk_test"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKENS = OAuthTokens(
    "access", "refresh", NOON, None, "read", "sync", "s3cret", "https://acme.zendesk.com", NOON
)
NEXT = replace(TOKENS, access_token="access2", refresh_token=None, client_secret=None)


def test_what_was_saved_last_is_loaded(store):
    assert store.load(NAME) is None
    for tokens in (TOKENS, NEXT):
        store.save(NAME, tokens)
        assert store.load(NAME) == tokens


def test_sources_have_their_own(store):
    store.save(NAME, TOKENS)
    store.save("other", NEXT)
    store.forget(NAME)
    assert store.load(NAME) is None
    assert store.load("other") == NEXT
    store.forget(NAME)


def test_preparing_changes_nothing(store):
    with store.lock(NAME):
        store.prepare(NAME)
        assert store.load(NAME) is None
        store.save(NAME, TOKENS)
        store.prepare(NAME)
    assert store.load(NAME) == TOKENS


def test_a_lock_keeps_threads_out_and_another_name_is_free(store):
    order = []

    def other():
        with store.lock(NAME):
            order.append("other")

    with store.lock(NAME):
        thread = Thread(target=other)
        thread.start()
        with store.lock("other"):
            thread.join(0.3)
            order.append("first")
    thread.join(20)
    assert order == ["first", "other"]


def test_a_lock_is_released_by_an_error_inside(store):
    def fail():
        with store.lock(NAME):
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()


def test_who_waits_too_long_for_a_lock_hears_why(store, monkeypatch):
    monkeypatch.setattr(token_store, "LOCK_SECONDS", 1)
    monkeypatch.setattr(pg, "LOCK_SECONDS", 1)
    messages = []

    def other():
        try:
            with store.lock(NAME):
                messages.append("came in")
        except TokenStoreError as error:
            messages.append(str(error))

    with store.lock(NAME):
        thread = Thread(target=other)
        thread.start()
        thread.join(20)
    assert len(messages) == 1
    assert "lock" in messages[0]


# Files


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "zendesk_tokens"


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def files(folder, warnings):
    return FileTokenStore(folder, warnings.append)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_their_owners_only_whatever_the_umask(files, folder, warnings):
    before = os.umask(0)
    try:
        files.save(NAME, TOKENS)
        with files.lock(NAME):
            files.prepare(NAME)
    finally:
        os.umask(before)

    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert warnings == []


def test_wider_rights_are_taken_away_and_somebody_is_told(files, folder, warnings):
    files.save(NAME, TOKENS)
    (folder / f"{NAME}.json").chmod(0o644)
    folder.chmod(0o755)
    files.load(NAME)
    files.save(NAME, TOKENS)

    assert mode(folder) == 0o700
    assert mode(folder / f"{NAME}.json") == 0o600
    assert len(warnings) == 2
    assert "mode 644" in warnings[0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"access_token": 1}', b"\xff\x00"])
def test_a_damaged_file_says_to_connect_again(files, folder, content):
    files.save(NAME, TOKENS)
    (folder / f"{NAME}.json").write_bytes(content)
    with pytest.raises(TokenStoreError, match="run `zendesk-assets connect --schema zendesk_test`"):
        files.load(NAME)
    files.save(NAME, NEXT)
    assert files.load(NAME) == NEXT


def test_a_save_that_was_cut_short_before_the_rename_is_finished_by_the_next_lock(files, folder):
    files.save(NAME, TOKENS)
    content = token_store.encode_tokens(NEXT)
    reserved = content + b" " * 1_000  # written over what was reserved, not yet truncated
    (folder / f"{NAME}.next").write_bytes(reserved)

    assert files.load(NAME) == TOKENS
    with files.lock(NAME):
        assert files.load(NAME) == NEXT


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_save_that_was_cut_short_in_its_middle_leaves_the_old_tokens(files, folder, cut):
    files.save(NAME, TOKENS)
    content = token_store.encode_tokens(NEXT)[:cut]
    (folder / f"{NAME}.next").write_bytes(content + b" " * 1_000)
    with files.lock(NAME):
        assert files.load(NAME) == TOKENS
    files.save(NAME, NEXT)
    assert files.load(NAME) == NEXT


FULL_DISK = """
import resource, sys
from pathlib import Path
from zendesk_assets.errors import TokenStoreError
from zendesk_assets.zendesk import FileTokenStore
store = FileTokenStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
try:
    with store.lock("zendesk_test"):
        store.prepare("zendesk_test")
except TokenStoreError as error:
    print(error)
"""


def test_a_disk_without_space_shows_when_a_save_is_prepared(files, folder):
    files.save(NAME, TOKENS)
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], capture_output=True, text=True, check=True
    ).stdout
    assert "cannot be written (File too large)" in said
    assert said.count("\n") == 1
    assert files.load(NAME) == TOKENS


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TokenStoreError, match="cannot be written"):
        FileTokenStore(tmp_path / "file" / "tokens").save(NAME, TOKENS)


@pytest.mark.parametrize("name", ["../other", "a/b", "", "A"])
def test_a_name_is_never_a_path(files, name):
    with pytest.raises(TokenStoreError, match="Not a schema"):
        files.load(name)


# PostgreSQL


@pytest.fixture
def rows(postgres_url):
    store = PostgresTokenStore(lambda: postgres_url)
    store.forget(NAME)
    return store


def execute(url, statement):
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'zendesk-assets tokens'
"""


def test_a_connection_lost_in_the_middle_of_a_refresh_does_not_lose_the_new_pair(
    rows, postgres_url
):
    rows.save(NAME, TOKENS)
    with rows.lock(NAME):
        rows.prepare(NAME)
        assert execute(postgres_url, CUT)
        rows.save(NAME, NEXT)
    assert rows.load(NAME) == NEXT
    with rows.lock(NAME):  # is free again
        assert rows.load(NAME) == NEXT


def test_a_machine_that_vanished_with_the_lock_does_not_keep_the_others_out(rows, monkeypatch):
    monkeypatch.setattr(pg, "_LONGEST_IDLE", 1)
    with rows.lock(NAME):  # and then not a word
        entered = []

        def other():
            with rows.lock(NAME):
                entered.append(True)

        thread = Thread(target=other)
        thread.start()
        thread.join(20)
        assert entered


def test_a_database_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(pg, "_SAVES", 1)
    store = PostgresTokenStore(lambda: "postgresql://me:s3cret@127.0.0.1:1/none")
    for attempt in (store.load, store.prepare, store.forget, lambda n: store.save(n, TOKENS)):
        with pytest.raises(TokenStoreError, match="no connection") as raised:
            attempt(NAME)
        assert "s3cret" not in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_database_that_takes_no_writes_shows_when_a_save_is_prepared(rows, postgres_url):
    rows.save(NAME, TOKENS)
    read_only = PostgresTokenStore(
        lambda: f"{postgres_url}&options=-c%20default_transaction_read_only%3Don"
    )
    assert read_only.load(NAME) == TOKENS
    with read_only.lock(NAME), pytest.raises(TokenStoreError, match="is read-only"):
        read_only.prepare(NAME)


def test_a_damaged_row_says_to_connect_again(rows, postgres_url):
    rows.save(NAME, TOKENS)
    execute(postgres_url, "UPDATE zendesk_assets.oauth_tokens SET tokens = 'x'")
    with pytest.raises(TokenStoreError, match="run `zendesk-assets connect --schema zendesk_test`"):
        rows.load(NAME)


def test_the_table_is_made_by_many_at_once(postgres_url):
    execute(postgres_url, "DROP SCHEMA IF EXISTS zendesk_assets CASCADE")
    found = []

    def look():
        found.append(PostgresTokenStore(lambda: postgres_url).load(NAME))

    threads = [Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 6
