"""One person is taken out of hub and tables; nobody else is; a kill or a replay harms nothing."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.cli.conftest import write_sources_file
from zendesk_assets_tests.commands import run_in
from zendesk_assets_tests.kinds import USUAL
from zendesk_assets_tests.secret_search import everything_in

NAME, EMAIL = "Wilhelmina Featherstone", "wilhelmina.featherstone@example.org"
WORDS = "the boiler of Rosemary Cottage leaks"
FILE = "rosemary-cottage-boiler.jpg"
TABLE = "zendesk_test"
# What declares personal data, and others that may have a text of the person in them.
NAMES = sorted(
    {each.name for each in declared().collections.values() if each.personal or each.identities}
    | {*USUAL}
)

pytestmark = pytest.mark.slow(seconds=8)  # and in one piece, for the account that they share


@dataclass
class Case:
    """An account in which one person has left traces everywhere."""

    user: int
    ticket: int
    misfit: int  # a ticket with a value that does not fit its column
    options: tuple

    def traces(self):
        return [each.lower().encode() for each in (NAME, EMAIL, WORDS, FILE)]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A project that has synced the account of a case; no test changes it."""
    folder = tmp_path_factory.mktemp("original")
    with Simulator(tickets=30, history_days=3) as account, pytest.MonkeyPatch.context() as patch:
        case = leave_traces(account)
        kept = {"collections": {"include": NAMES}, "history": ["tickets", "users"]}
        write_sources_file(folder, account, analysis=True, **kept)
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        assert run_in(folder, "sync").code == 0
        yield folder, case


def leave_traces(account):
    desk = account.account
    user = desk.create_user(NAME, EMAIL)
    ticket = desk.create_ticket(
        WORDS, f"Hello, {WORDS}.", requester_id=user, via="email", attachments=[{"file_name": FILE}]
    )
    desk.add_comment(ticket, f"It is {WORDS}, still.", author_id=user)
    desk.add_comment(ticket, f"Called {NAME.upper()} <{EMAIL}>.", public=False)
    desk.update_ticket(ticket, custom_fields=[{"id": desk.fields[0].id, "value": WORDS}])
    desk.rate_ticket(ticket, "bad", f"Because {WORDS}")
    desk.add_activity(ticket, text=WORDS, actor_id=user)
    desk.create_row("posts", {"title": FILE, "details": f"<p>{FILE}</p>", "author_id": user})
    desk.create_row("post_comments", {"body": f"<p>{WORDS}</p>", "author_id": user})
    desk.set_raw("tickets", ticket, "shoe_size", f'"{WORDS}"')
    misfit = desk.create_ticket(WORDS, WORDS, requester_id=user)
    desk.set_raw("tickets", misfit, "has_incidents", f'"{WORDS}"')
    organization = min(row["id"] for row in account.expected("organizations"))
    desk.update_organization(organization, notes=f"Ask {EMAIL}, not jo{EMAIL}")
    account.clock.advance(timedelta(minutes=20))
    options = ("--user-id", str(user), "--email", EMAIL, "--text", NAME, "--text", WORDS)
    return Case(user, ticket, misfit, options)


@pytest.fixture
def case(original, tmp_path):
    folder, case = original
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return case


def found_in(folder, case):
    """Return where the person is: unpacked parts, tables, Dagster's storage; free blocks aside."""
    return {
        place
        for place, content in everything_in(folder)
        if place not in {"warehouse.duckdb", "sources.yaml"}
        and any(
            trace in content.lower().replace(b"jo" + EMAIL.encode(), b"") for trace in case.traces()
        )
    }


def tables(folder):
    """Return the rows of all tables, without the moment they were written."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return {
            name: {
                row[0]: row
                for row in connection.execute(
                    f"SELECT * EXCLUDE (loaded_at) FROM {TABLE}.{name} ORDER BY 1"
                ).fetchall()
            }
            for name in NAMES
        }


def hub_files(folder):
    return {path: path.read_bytes() for path in (folder / "hub").rglob("*") if path.is_file()}


def test_a_dry_run_tells_and_changes_nothing(case, run, tmp_path):
    files, rows = hub_files(tmp_path), tables(tmp_path)
    told = run("erase", *case.options)
    assert told.code == 0
    assert "zendesk_test hub tickets: 2 records in" in told.output
    assert "zendesk_test.tickets: 2 rows, 1 quarantined row to be erased" in told.output
    assert "Nothing was changed" in told.output
    assert (hub_files(tmp_path), tables(tmp_path)) == (files, rows)


def test_the_person_is_gone_and_nobody_else_is_and_a_replay_agrees(case, run, tmp_path):
    before = tables(tmp_path)
    places = found_in(tmp_path, case)
    for name in ("tickets", "ticket_events", "attachments", "activities", "organizations",
                 "satisfaction_ratings", "users", "user_identities", "_rejects",
                 "tickets_history", "users_history"):  # fmt: skip
        assert f"warehouse.duckdb {TABLE}.{name}" in places
    assert run("erase", *case.options, "--apply").code == 0

    left = found_in(tmp_path, case)
    assert {place for place in left if not place.startswith(".dagster")} == set()
    after = tables(tmp_path)
    changed = {
        name: {key for key in before[name] if before[name][key] != after[name][key]}
        for name in NAMES
    }
    assert changed["tickets"] == {case.ticket, case.misfit}
    assert changed["users"] == {case.user}
    assert len(changed["user_identities"]) == 1
    assert len(changed["organizations"]) == len(changed["attachments"]) == 1
    assert changed["groups"] == changed["ticket_metrics"] == set()
    assert f"jo{EMAIL}" in str(after["organizations"])
    assert run("hub", "verify").code == 0

    again = run("erase", *case.options, "--apply")
    assert "erased" not in again.output
    assert run("sync", "--warehouse-only", "--replay").code == 0
    assert tables(tmp_path) == after
    left = found_in(tmp_path, case)
    assert {place for place in left if not place.startswith(".dagster")} == set()


@pytest.mark.long
def test_by_id_alone_what_they_wrote_goes_and_what_others_wrote_stays(
    case, run, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "zendesk-assets-as-of-left"  # by a query that was killed
    left.mkdir()
    (left / ".zendesk-assets.lock").touch()
    assert run("erase", "--user-id", str(case.user)).code == 0
    assert left.exists()
    assert run("erase", "--user-id", str(case.user), "--apply").code == 0
    assert not left.exists()
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:

        def ask(query):
            return connection.execute(
                query.format(t=TABLE, user=case.user, misfit=case.misfit)
            ).fetchall()

        (ticket,) = ask(
            "SELECT subject, raw_subject, description, custom_fields, via, requester_id, _unknown "
            "FROM {t}.tickets WHERE requester_id = {user} AND id <> {misfit}"
        )
        comments = ask("SELECT author_id = {user}, body FROM {t}.ticket_events WHERE body NOTNULL "
                       f"AND ticket_id = {case.ticket}")  # fmt: skip
        files = ask("SELECT file_name, content_url FROM {t}.attachments WHERE author_id = {user}")
        ratings = ask(
            "SELECT comment, score FROM {t}.satisfaction_ratings WHERE requester_id = {user}"
        )
    assert ticket[:3] == ("[erased]",) * 3
    assert {each["value"] for each in json.loads(ticket[3])} == {None, "[erased]"}
    assert json.loads(ticket[4])["source"]["from"] is None
    assert json.loads(ticket[4])["source"]["to"]["name"] == "Support"
    assert (ticket[5], json.loads(ticket[6])) == (case.user, {"shoe_size": "[erased]"})
    assert {body for theirs, body in comments if theirs} == {"[erased]"}
    # The agent's "Called <name> <address>.": the address is known from the ticket.
    assert "[erased]." in {body for theirs, body in comments if not theirs}
    assert files == [("[erased]", "[erased]")]
    assert ratings == [("[erased]", "bad")]


class Killed(BaseException):
    pass


@pytest.mark.long
def test_killed_at_any_step_the_hub_is_whole_and_the_next_run_finishes(
    case, run, tmp_path, monkeypatch
):
    real = {name: getattr(Storage, name) for name in ("write", "remove")}
    files, kills = 0, 0
    for limit in range(1, 200):
        steps = iter(range(limit))

        def dying(name, self, *given, steps=steps):
            if next(steps, None) is None:
                raise Killed
            real[name](self, *given)

        for name in real:
            monkeypatch.setattr(
                Storage, name, lambda self, *given, name=name: dying(name, self, *given)
            )
        try:
            run("erase", *case.options, "--apply")
        except Killed:
            kills += 1
        else:
            break
        finally:
            for name, function in real.items():
                monkeypatch.setattr(Storage, name, function)
        assert run("hub", "verify").code == 0
    assert kills >= 3
    hub = SourceHub(Storage(str(tmp_path / "hub")), TABLE)
    for stream in declared().streams:
        for batch in hub.batches(stream):
            named = {part.name for part in hub.manifest(batch).parts} | {"manifest.json"}
            files += len(named)
            assert {path.name for path in (tmp_path / "hub" / batch.folder).iterdir()} == named
    files += 1  # whose the hub is; nothing of a person is in it
    assert (tmp_path / "hub" / TABLE / "account.json").is_file()
    assert files == len([each for each in hub_files(tmp_path) if each.name != ".erase.lock"])
    assert {each for each in found_in(tmp_path, case) if not each.startswith(".dagster")} == set()


@pytest.mark.long
def test_a_damaged_batch_is_told_and_the_others_are_erased(case, run, tmp_path):
    part = max(Path(tmp_path / "hub" / TABLE / "groups").rglob("*.zst"))
    ticket = max(Path(tmp_path / "hub" / TABLE / "activities").rglob("*.zst"))
    for each in (part, ticket):
        each.write_bytes(each.read_bytes()[:-1] + b"\0")
    outcome = run("erase", *case.options, "--apply")
    assert outcome.code == 1
    assert outcome.output.count("is damaged") == 2
    assert "hub tickets: 2 records" in outcome.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Name the person to erase"),
        (("--email", "jane"), "Not an e-mail address"),
        (("--text", "a"), "too much else"),
        (("--user-id", "-1"), "positive number"),
    ],
)
def test_nobody_in_particular_is_refused(run, write_sources, account, options, told):
    write_sources(account)
    outcome = run("erase", *options, "--apply")
    assert outcome.code == 1
    assert told in " ".join(outcome.output.split())


def bytes_with(folder, case):
    """Return the places with a trace of the person, free blocks of the file included."""
    return {
        place
        for place, content in everything_in(folder)
        if place != "sources.yaml" and not place.startswith((".dagster", "stdout"))
        and any(
            trace in content.lower().replace(b"jo" + EMAIL.encode(), b"") for trace in case.traces()
        )
    }  # fmt: skip


@pytest.mark.long
def test_killed_twice_at_once_and_beside_a_sync_no_byte_is_left(case, run, tmp_path):
    program = [sys.executable, "-m", "zendesk_assets.cli.app"]
    options = ["erase", *case.options, "--apply"]

    def start(*arguments):
        with (tmp_path / "stdout").open("ab") as out:
            return subprocess.Popen([*program, *arguments], cwd=tmp_path, stdout=out, stderr=out)

    assert bytes_with(tmp_path, case)
    for moment in range(3):  # at different steps: the folder is told by what it has
        dying = start(*options)
        wait_until(tmp_path, dying, moment)
        dying.kill()
        dying.wait()
    both = [start(*options), start(*options), start("sync", "--warehouse-only", "--replay")]
    assert [each.wait() for each in both] == [0, 0, 0], (tmp_path / "stdout").read_text()
    assert bytes_with(tmp_path, case) == set()
    assert run("hub", "verify").code == 0
    told = run("erase", *case.options, "--apply", "--json")
    report = json.loads(told.output[told.output.index("{") : told.output.rindex("}") + 1])
    assert (told.code, report["found"], report["complete"]) == (0, False, True)
    assert "Nothing found in 1 source." in told.output
    assert report["sources"][0]["hub"]["tickets"]["records"] > 0


def wait_until(folder, process, moment):
    """Wait until an erasure has begun, has rewritten a part, or rewrites the file."""
    signs = (
        lambda: list((folder / "hub" / TABLE).glob("_erasing/*")),
        lambda: list((folder / "hub" / TABLE).rglob("part-00000.*.ndjson.zst")),
        lambda: list(folder.glob(".warehouse.duckdb.copy*")),
    )
    while not signs[moment]() and process.poll() is None:
        time.sleep(0.01)
