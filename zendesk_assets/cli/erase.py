"""`zendesk-assets erase`: remove one person from hub and warehouse; a dry run without --apply.

docs/privacy.md describes what is found. No request is sent to Zendesk. `erasure` does the work;
this module determines the person, runs one erasure at a time and after any running sync, and
prints the report (`erase_report`).
"""

import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import filelock
import typer

from zendesk_assets.account import Account
from zendesk_assets.cli.erase_report import ErasureReport
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.project import open_instance
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.erasing import Person
from zendesk_assets.erasure import Erased, erase_from_source
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.dagster_internals.dead_runs import live_runs
from zendesk_assets.orchestration.report_asset import forget_report
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Sources
from zendesk_assets.storage.files import is_elsewhere
from zendesk_assets.storage.holders import HeldError, acquire
from zendesk_assets.storage.temporary import remove_left_over
from zendesk_assets.why import forget_keys

_SHORTEST: Final = 4
_LOCK: Final = ".erase.lock"
_LONGEST_WAIT: Final = 600.0  # for a sync, or for another erasure, in seconds
_PAUSE: Final = 1.0


def erase(
    user_id: Annotated[list[int] | None, typer.Option(help="Zendesk's id of the person.")] = None,
    email: Annotated[list[str] | None, typer.Option(help="An e-mail address of theirs.")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="A name, a number: any text that identifies them.")
    ] = None,
    source: Chosen = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the changes; otherwise only show them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase one person from the hub and the tables.

    Without --apply it only shows what would change. The changes cannot be undone.

    By id: what they wrote, and what Zendesk says about them. By e-mail or text: every occurrence.

    Example: zendesk-assets erase --user-id 1234567 --email jane@acme.com

    Exits with 0 if everything was searched, whether or not anything was found; otherwise with 1.
    """
    person = _person(user_id or [], email or [], text or [])
    sources, console = load_sources(), Console(soft_wrap=True, stderr=as_json)
    warehouse = warehouse_of(sources)
    for each in chosen_sources(sources, source):
        Account(sources, each).refuse_other(warehouse)
    report = ErasureReport(person, SystemClock().now(), applied=apply)
    with _alone(sources, apply=apply):
        if apply:
            remove_left_over()
        report.sources = _everywhere(sources, source, person, apply=apply)
        if apply and (busy := live_runs_here()):
            console.tell("A sync is running: its data will be searched when it has ended.")
            _wait_for(busy, report)
            report.add(_everywhere(sources, source, person, apply=True))
    report.show(console)
    if as_json:
        typer.echo(report.as_json())
    if not report.is_well:
        raise typer.Exit(1)


def _everywhere(
    sources: Sources, names: list[str] | None, person: Person, *, apply: bool
) -> list[Erased]:
    warehouse, clock = warehouse_of(sources), SystemClock()
    found = []
    for each in chosen_sources(sources, names):
        hub = Account(sources, each).hub
        try:
            found.append(erase_from_source(hub, warehouse, person, clock.now, apply=apply))
        finally:  # whatever the warehouse says, the hub may have been erased
            if apply:
                forget_keys(hub)
                forget_report(sources, each, warehouse.name)
    return found


def _alone(sources: Sources, *, apply: bool) -> AbstractContextManager[object]:
    """Let one erasure change a hub at a time: two would mistake each other's files for leftovers.

    This does not cover machines that share a remote hub: docs/privacy.md says so.
    """
    place = sources.resolve(sources.hub.path)
    home = Path.cwd() if is_elsewhere(place) else Path(place)
    if not apply or not home.is_dir():
        return nullcontext()
    lock = filelock.FileLock(home / _LOCK)
    try:
        return acquire(
            lock, _LONGEST_WAIT, partial(typer.echo, err=True), what=f"the hub in {home}"
        )
    except HeldError as held:
        raise ZendeskAssetsError(
            f"Another erasure is running in {home}, and {held.holder} does not end: end that "
            "process if it hangs, and run this again."
        ) from None


def live_runs_here() -> set[str]:
    """Return the ids of Dagster's runs in progress, in the instance of this folder.

    Raises:
        ZendeskAssetsError: if the instance cannot be opened.
    """
    with open_instance() as instance:
        return live_runs(instance)


def _wait_for(runs: set[str], report: ErasureReport) -> None:
    """Wait until these runs, and those that follow them, have ended."""
    deadline = time.monotonic() + _LONGEST_WAIT
    while runs:
        if time.monotonic() > deadline:
            report.add_trouble(
                f"A sync is still running (run {min(runs)}), and its data may mention the "
                "person: run this again when it has ended."
            )
            return
        time.sleep(_PAUSE)
        runs = live_runs_here()


def _person(ids: list[int], emails: list[str], texts: list[str]) -> Person:
    """Return the person. Raises ZendeskAssetsError if the options match too much."""
    named = tuple(each.strip() for each in (*emails, *texts))
    if not ids and not named:
        raise ZendeskAssetsError("Name the person to erase: give --user-id, --email or --text.")
    for each in emails:
        if each.count("@") != 1:
            raise ZendeskAssetsError(f"Not an e-mail address: {each}. Use --text for other texts.")
    if short := [each for each in named if len(each) < _SHORTEST]:
        raise ZendeskAssetsError(
            f"“{short[0]}” would match too much else: give at least {_SHORTEST} characters."
        )
    if min(ids, default=1) < 1:
        raise ZendeskAssetsError(
            "A user id is a positive number (-1 is the system): give that of the person."
        )
    return Person(frozenset(ids), named)
