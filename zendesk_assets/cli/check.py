"""`zendesk-assets check`: credentials, user and role, and what the account has of each area.

The first one sends a request for each list that is synced; later ones leave out what a sync knows.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.markup import escape

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.cli.areas import areas_of
from zendesk_assets.cli.offer_report import offer_lines
from zendesk_assets.cli.opening import chosen_sources
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import CurrentUser, Offer, printer, probe, whoami
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.cli.terminal import Console
from zendesk_assets.cli.trial_alert import try_alerts
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
    offer: Offer | None = None


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
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Ask for every list of all areas, even if a sync did so within a day."
        ),
    ] = False,
    alert: Annotated[
        bool, typer.Option("--alert", help="Send a test message to each place under `alerts`.")
    ] = False,
) -> None:
    """Check credentials, role, limits, locations, and what the account has of each area.

    It sends two requests and one for each stream that is synced, where no sync of the last day has
    found out what not every account has, and one for each area that is not synced.

    Example: zendesk-assets check --source zendesk_prod

    Exits with 0 if every synced collection can be read (and each test message could be sent),
    otherwise with 1.
    """
    console = Console(soft_wrap=True)
    # Keep JSON output free of our lines.
    talk = Console(soft_wrap=True, stderr=True) if as_json else console
    sources = load_sources()
    chosen = chosen_sources(sources, source)
    found = []
    for each in chosen:
        found.append(
            _look_at(Account(sources, each), talk, same_account=same_account, everything=everything)
        )
        if not as_json:
            _show(sources, each, found[-1], console)
    talk.say(_where(sources))
    if as_json:
        rows = [_as_json(each, its) for each, its in zip(chosen, found, strict=True)]
        typer.echo(json.dumps(rows, indent=2))
    is_told = not alert or try_alerts(sources, talk)
    if not (is_told and all(each.well for each in found)):
        raise typer.Exit(1)


def _look_at(
    account: Account, console: Console, *, same_account: bool, everything: bool
) -> AccountFindings:
    """Probe the account; an error becomes part of the result."""
    source = account.source
    found = AccountFindings(source.schema_name, source.url)
    found.limit, found.export_limit = account.limits.core, account.limits.exports
    try:
        with account.client(printer(console)) as client:
            found.user = whoami(client, f"check `auth` of {source.schema_name}")
            found.account_limit = client.account_limit
            _look_whose(account, client, console, same_account=same_account)
            found.offer = probe(
                client, account, found.user, believes_hub=not everything, everything=everything
            )
    except ZendeskAssetsError as error:
        found.error = redact(str(error))
    outcomes = found.offer.outcomes if found.offer else {}
    found.well = not found.error and all(each.is_well for each in outcomes.values())
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


def _thousands(number: int | None) -> str:
    return f"{number:,}" if number else ""


def _show(sources: Sources, source: Source, found: AccountFindings, console: Console) -> None:
    if found.user:
        console.print(
            f"[green]✓[/green] {escape(source.nickname)} ({source.url}): connected as "
            f"{escape(found.user.name)}, {found.user.role}. The account allows "
            f"{_thousands(found.account_limit) or 'an unknown number of'} requests a "
            f"minute; {_who(sources, source)} at most {_thousands(found.limit)}, exports "
            f"{_thousands(found.export_limit)}."
        )
    if found.offer:
        shown = console_for_tables()
        for line in offer_lines(source, found.offer, shown.width):
            shown.print(line, soft_wrap=True)
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
    """Return the result for --json, with an entry for each collection and for each area."""
    outcomes, catalog = found.offer.outcomes if found.offer else {}, declared()
    areas = areas_of(source)
    off = {area.name for area in areas if not area.synced}
    synced = {one.name for area in areas for one in area.synced}
    collections = [
        {
            "collection": each.name,
            "area": catalog.area_of(stream),
            "synced": each.name in synced,
            "personal": each.is_personal,
            **asdict(outcome),
        }
        for stream, outcome in outcomes.items()
        for each in catalog.collections_of(stream)
        if each.name in synced or catalog.area_of(stream) in off
    ]
    shown = {name: value for name, value in vars(found).items() if name not in {"offer", "user"}}
    return {
        **shown,
        "user": found.user and asdict(found.user),
        "csat": found.offer.settings.csat() if found.offer else "",
        "areas": [
            {
                "area": area.name,
                "synced": [one.name for one in area.synced],
                "not_synced": [one.name for one in area.others],
                "personal": list(area.personal),
                "line": area.line,
            }
            for area in areas
        ],
        "collections": collections,
    }


def _who(sources: Sources, source: Source) -> str:
    """Return which sources use the account's budget."""
    others = [each.nickname for each in sources.of_one_account(source) if each != source]
    if not others:
        return "this source uses"
    return f"this source and {', '.join(others)} share one account and together use"
