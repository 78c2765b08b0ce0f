"""`zendesk-assets check`: credentials, user and role, and what can be read; 9 requests."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer
from rich.markup import escape

from zendesk_assets.account import Account, chosen_of
from zendesk_assets.cli.opening import chosen_sources
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import CurrentUser, Outcome, printer, probe, table, whoami
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import (
    OtherAccountError,
    SourcesFileError,
    UnavailableError,
    ZendeskAssetsError,
    redact,
)
from zendesk_assets.hub import MOST_PAGES, ask_account
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets.zendesk import ZendeskClient


@dataclass
class AccountFindings:
    """What was found for one source; `error` says why nothing was; limits are per minute."""

    source: str
    url: str
    well: bool = False
    user: CurrentUser | None = None
    account_limit: int | None = None
    limit: int = 0
    export_limit: int = 0
    error: str | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def check(
    source: Chosen = None,
    as_json: AsJson = False,
    same_account: Annotated[
        bool,
        typer.Option(
            "--same-account",
            help="Confirm that this account filled hub and tables, for example after a rename.",
        ),
    ] = False,
) -> None:
    """Check credentials, role, limits, locations and access.

    Example: zendesk-assets check --source zendesk_prod

    Exits with 0 if every synced collection can be read, otherwise with 1.
    """
    console = Console(soft_wrap=True)
    # Keep JSON output free of our lines.
    talk = Console(soft_wrap=True, stderr=True) if as_json else console
    sources = load_sources()
    chosen = chosen_sources(sources, source)
    found = []
    for each in chosen:
        found.append(_look_at(Account(sources, each), talk, same_account=same_account))
        if not as_json:
            _show(sources, each, found[-1], console)
    talk.say(_where(sources))
    if as_json:
        rows = [_as_json(each, its) for each, its in zip(chosen, found, strict=True)]
        typer.echo(json.dumps(rows, indent=2))
    if not all(each.well for each in found):
        raise typer.Exit(1)


def _look_at(account: Account, console: Console, *, same_account: bool) -> AccountFindings:
    """Probe the account; an error becomes part of the result."""
    source = account.source
    found = AccountFindings(source.schema_name, source.url)
    found.limit, found.export_limit = account.limits.core, account.limits.exports
    try:
        with account.client(printer(console)) as client:
            found.user = whoami(client, f"check `auth` of {source.schema_name}")
            found.account_limit = client.account_limit
            _look_whose(account, client, console, same_account=same_account)
            found.outcomes = probe(client, source, found.user, account.clock)
    except ZendeskAssetsError as error:
        found.error = redact(str(error))
    found.well = not found.error and all(each.is_well for each in found.outcomes.values())
    return found


def _look_whose(
    account: Account, client: ZendeskClient, console: Console, *, same_account: bool
) -> None:
    """Compare the account with the one that hub and warehouse remember, or record it there."""
    present = account.source.identity
    with suppress(UnavailableError):  # refused groups are reported with the other streams
        present = ask_account(present, client, MOST_PAGES)
    if not same_account:
        if problem := account.other(present=present):
            raise OtherAccountError(problem)
        return
    account.remember(present)
    console.say(f"From now on the data in {account.source.schema_name} belongs to {present.name}.")


def _show(sources: Sources, source: Source, found: AccountFindings, console: Console) -> None:
    if found.user:
        console.print(
            f"[green]✓[/green] {escape(source.nickname)} ({source.url}): connected as "
            f"{escape(found.user.name)}, {found.user.role}. The account allows "
            f"{found.account_limit or 'an unknown number of'} requests a "
            f"minute; {_who(sources, source)} at most {found.limit}, exports "
            f"{found.export_limit}."
        )
    if found.outcomes:
        console.print(table(source, found.outcomes))
    if source.days_per_run:
        console.print(
            f"`days_per_run` of {source.schema_name} is now `months_per_run: {source.run_months}`, "
            "because partitions are months: replace it in the sources file."
        )
    if found.error:
        sentence = f"{escape(source.nickname)}: {escape(found.error)}"
        console.print(f"[red]✗[/red] {sentence}")


def _where(sources: Sources) -> str:
    """Return where the data goes, with the resolved paths of the sources file."""
    hub = sources.resolve(sources.hub.path)
    with suppress(SourcesFileError):  # if the address is in a variable that is not set
        return f"Hub: {hub}. Warehouse: {open_warehouse(sources).name}."
    return f"Hub: {hub}. Warehouse: its address is in a variable that is not set."


def _as_json(source: Source, found: AccountFindings) -> dict[str, object]:
    """Return the result for --json, with an entry for each collection."""
    collections = [
        {"collection": each.name, **asdict(outcome)}
        for stream, outcome in found.outcomes.items()
        for each in chosen_of(source, stream)
    ]
    shown = {name: value for name, value in asdict(found).items() if name != "outcomes"}
    return {**shown, "collections": collections}


def _who(sources: Sources, source: Source) -> str:
    """Return which sources use the account's budget."""
    others = [each.nickname for each in sources.of_one_account(source) if each != source]
    if not others:
        return "this source uses"
    return f"this source and {', '.join(others)} share one account and together use"
