"""What people do wrong at the command line: exit code, one sentence, a next step, and no secret.

A table: the mistake, the command, words of the next step. More costly ones are in `test_bad_input`.
"""

import re
import shlex
import socket
import subprocess
import sys

import duckdb
import pytest
import yaml
from filelock import FileLock

SECRET = "s3cret-t0ken-1234567890"
NOWHERE = "/dev/null/nothing"  # no folder can be made there, not by root either
SOURCE = {
    "nickname": "Test",
    "schema": "zendesk_test",
    "subdomain": "acme",
    "base_url": "http://127.0.0.1:9",
    "auth": {"type": "bearer", "token": SECRET},
}
UNREACHABLE = f"postgresql://me:{SECRET}@127.0.0.1:9/warehouse"


def file(*, whole=None, **changes):
    return yaml.safe_dump({"sources": [SOURCE | changes], **(whole or {})})


WAREHOUSES = {
    "a folder": {"type": "duckdb", "path": "."},
    "away": {"type": "postgres", "url": UNREACHABLE},
    "unset": {"type": "postgres", "url": {"env": "TEST_NOT_SET"}},
    "nonsense": {"type": "postgres", "url": f"nonsense://{SECRET}"},
}

# the mistake: (what is in sources.yaml or None, the command, the exit code, words of the next step)
MISTAKES = {
    "no file": (None, "sync", 1, "run `zendesk-assets connect`, or copy"),
    "no file for status": (None, "status --json", 1, "copy sources.example.yaml"),
    "broken YAML": (f"sources: [\n - {{token: {SECRET}", "sync", 1, "check indents and quotes"),
    "a list": ("- a\n", "status", 1, "see sources.example.yaml"),
    "empty": ("", "check", 1, "see sources.example.yaml"),
    "no text": (b"\xff\xfe\x00", "status", 1, "save it as UTF-8"),
    "no source": ("sources: []\n", "sync", 1, "add one under `sources:`"),
    "no such source": (file(), "sync --source zendesk_tset", 1, "did you mean zendesk_test?"),
    "no such nickname": (file(), "disconnect --source tset", 1, "the file has zendesk_test"),
    "source of none": ("sources: []\n", "check --source x", 1, "the file has none, add one"),
    "no such collection": (file(), "sync --collection tikets", 1, "did you mean tickets?"),
    "nor here": (file(), "rejects --collection grups", 1, "did you mean groups?"),
    "nor in the file": (
        file(collections={"exclude": ["activites"]}),
        "status",
        1,
        "did you mean activities?",
    ),
    "properties of none": (
        file(properties={"ticket": {"exclude": ["subject"]}}),
        "sync",
        1,
        "did you mean tickets?",
    ),
    "no day": (file(), "sync --from 2024-13-01", 2, "Use YYYY-MM-DD"),
    "no day either": (file(), "reconcile --to yesterday", 2, "Use YYYY-MM-DD"),
    "from after to": (file(), "sync --from 2024-02-01 --to 2024-01-01", 1, "give a later --to"),
    "compared so": (file(), "reconcile --from 2024-02-01 --to 2024-02-01", 1, "give a later --to"),
    "in the future": (file(), "sync --from 2990-01-01", 1, "check --from and --to"),
    "days of groups": (
        file(),
        "sync --from 2026-01-01 --collection groups",
        1,
        "omit --from and --to",
    ),
    "both halves": (file(), "sync --hub-only --warehouse-only", 2, "not both"),
    "a replay of the hub": (file(), "sync --replay", 2, "only works with --warehouse-only"),
    "no such command": (None, "synk", 2, "Did you mean 'sync'?"),
    "no such subcommand": (None, "hub verfy", 2, "Did you mean 'verify'?"),
    "no such option": (file(), "sync --sauce zendesk_test", 2, "--source"),
    "an age": (file(), "hub prune --older-than soon", 2, "give days, e.g. 400d"),
    "a port": (None, "simulate --port 99999", 2, "65535"),
    "a port of the demo": (None, "demo --port 0", 2, "--port"),
    "no tickets": (None, "simulate --tickets -5", 2, "--tickets"),
    "a port in use": (None, "simulate --port {port}", 1, "give another --port"),
    "a port in use, demo": (None, "demo --port {port}", 1, "give another --port"),
    "a folder of others": (
        file(),
        "demo --no-ui --folder /etc",
        1,
        "choose another folder with --folder",
    ),
    "a folder nowhere": (None, f"demo --no-ui --folder {NOWHERE}", 1, "with --folder"),
    "a file as folder": (
        None,
        "demo --no-ui --folder /dev/null",
        1,
        "another folder with --folder",
    ),
    "unreachable": (file(), "check", 1, "check the subdomain and the network"),
    "warehouse a folder": (
        file(whole={"warehouse": WAREHOUSES["a folder"]}),
        "status",
        1,
        "such as warehouse.duckdb, not a folder",
    ),
    "PostgreSQL away": (file(whole={"warehouse": WAREHOUSES["away"]}), "status", 1, "check the ad"),
    "its variable": (file(whole={"warehouse": WAREHOUSES["unset"]}), "rejects", 1, "export it"),
    "its address": (
        file(whole={"warehouse": WAREHOUSES["nonsense"]}),
        "status",
        1,
        "check that it is like postgresql://",
    ),
    "hub of no kind": (file(whole={"hub": {"path": "foo://x"}}), "status", 1, "give a folder, or"),
    "a picture nowhere": (
        None,
        f"schema --output {NOWHERE}.svg",
        1,
        "name a file in an existing folder",
    ),
    "a picture of what": (None, "schema --output x.doc", 1, "add --format with one of svg, pdf"),
    "a format": (None, "schema --format png", 2, "'svg', 'pdf', 'html', 'md'"),
    "nobody": (file(), "erase", 1, "--user-id, --email or --text"),
    "anybody": (file(), "erase --text ab", 1, "give at least 4 characters"),
    "the system": (file(), "erase --user-id -1", 1, "give that of the person"),
    "no address": (file(), "erase --email jane", 1, "Use --text for other texts"),
    "nothing asked": (None, "connect --yes", 1, "give it, or omit --yes"),
    "an evil address": (
        None,
        "connect --yes --client-id x --subdomain http://evil.example",
        1,
        "give the acme of https://acme.zendesk.com",
    ),
    "no identifier": (
        None,
        "connect --yes --client-id x --subdomain acme --schema Bad",
        1,
        "use lower-case letters",
    ),
    "no code server": (None, "fail-lost-runs code --before 1", 2, "as in code-location:4000"),
}


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_second_demo_leaves_the_first_one_alone(run, tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "sources.yaml").write_text("sources: []\n")
    with FileLock(folder / "demo.lock"):
        refused = run("demo", "--no-ui", "--folder", str(folder))
    is_told(refused, 1, "end it with Ctrl-C, or give this one a --folder")
    assert (folder / "sources.yaml").exists()


def sentences(output):
    """Return what is said without boxes, hints and the questions of `connect`, on one line."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", output).split())


def is_told(outcome, code, words):
    said = sentences(outcome.output)
    assert words in said, outcome.output
    assert outcome.code == code, outcome.output
    assert "Traceback" not in outcome.output
    assert "Errno" not in outcome.output
    assert SECRET not in outcome.output
    if code == 1:
        untimed = [re.sub(r"^[\dT:-]+Z ", "", each) for each in outcome.output.splitlines()]
        lines = [each for each in untimed if each.startswith(("Error: ", "✗ "))]
        assert len(set(lines)) == 1, outcome.output
        assert lines[0].endswith((".", "?", "…")), lines[0]
    return True


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_sentence_with_a_next_step(
    run, tmp_path, monkeypatch, taken, mistake
):
    content, command, code, words = MISTAKES[mistake]
    monkeypatch.setenv("COLUMNS", "200")
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "sources.yaml").write_bytes(data)
    outcome = run(*command.format(port=taken).split())
    assert is_told(outcome, code, words)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (".env", b"\xff\xfe\x00A=1", "make it a readable UTF-8 text file"),
        ("dagster.yaml", b"storage: [nonsense", "check DAGSTER_HOME and dagster.yaml"),
        ("dagster.yaml", b"nonsense: 3", "check DAGSTER_HOME and dagster.yaml"),
    ],
)
def test_a_file_beside_the_sources_that_cannot_be_read(run, tmp_path, name, content, told):
    (tmp_path / "sources.yaml").write_text(file())
    (tmp_path / name).write_bytes(content)
    outcome = run("sync")
    assert is_told(outcome, 1, told)
    assert len(outcome.output) < 500


def test_a_place_that_cannot_be_written(run, tmp_path, write_sources, account, monkeypatch):
    command = ("sync", "--collection", "groups")
    write_sources(account, warehouse={"type": "duckdb", "path": f"{NOWHERE}/w.duckdb"})
    assert is_told(run(*command), 1, "give `warehouse` another path")
    write_sources(account)
    (tmp_path / "hub").rename(tmp_path / "elsewhere")
    (tmp_path / "hub").write_text("no folder")
    assert is_told(run(*command), 1, "hub, which is a file: give a folder")
    (tmp_path / "hub").unlink()
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", NOWHERE)
    assert is_told(run("check"), 1, "or name another in ZENDESK_ASSETS_STATE")


def test_a_fault_of_ours_says_so_below_the_traceback(run, monkeypatch, write_sources, account):
    def fall_over(*_):
        raise RuntimeError(f"token={SECRET}")

    write_sources(account)
    monkeypatch.setattr("zendesk_assets.status.collections.chosen_collections", fall_over)
    outcome = run("status")
    assert (outcome.code, "please report it" in outcome.output) == (1, True)
    assert SECRET not in outcome.output


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


@pytest.mark.parametrize("command", ["status", "query 'select 1'", "rejects"])
def test_who_waits_for_the_duckdb_file_says_so_at_once(run, tmp_path, command):
    duckdb.connect(str(tmp_path / "warehouse.duckdb")).close()
    settings = {"type": "duckdb", "path": "warehouse.duckdb", "lock_timeout": 0.2}
    (tmp_path / "sources.yaml").write_text(file(whole={"warehouse": settings}))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        holder.stdout.readline()
        outcome = run(*shlex.split(command))
        holder.communicate(b"\n")
    assert f"Waiting up to 0 s for {tmp_path}/warehouse.duckdb" in outcome.output
    assert f"PID {holder.pid} (" in outcome.output
    assert ") holds it." in outcome.output
    is_told(outcome, 1, "close the program that has it open")
