"""`zendesk-assets connect`: connect an account by OAuth, probe it, and write the sources file.

This module has the order of the steps. `connect_questions` asks the user, `consent` receives the
browser's callback, `probe` examines the account, and `sources_edit` changes the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from zendesk_assets.account import Account, open_token_store
from zendesk_assets.catalog import declared
from zendesk_assets.cli.completion import schema_names
from zendesk_assets.cli.connect_questions import Given, Wanted, ask_for_client, ask_for_source
from zendesk_assets.cli.consent import (
    callback_from_browser,
    callback_from_paste,
    redirect_address,
)
from zendesk_assets.cli.offer_report import offer_lines
from zendesk_assets.cli.probe import (
    CurrentUser,
    Offer,
    first_day,
    printer,
    probe,
    whoami,
)
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import (
    CredentialsError,
    TokenStoreError,
    ZendeskAssetsError,
    ZendeskError,
)
from zendesk_assets.settings.auth import OAuthAuth
from zendesk_assets.settings.edit import add_source, is_blank, refuse_unwritable, use_oauth
from zendesk_assets.settings.file import load_sources, sources_path
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.zendesk import BearerCredentials, OAuthTokens, TokenStore
from zendesk_assets.zendesk.oauth import OAuthClient

_ROLE: Final = "admin"


def connect(  # noqa: PLR0917 (options of a command)
    nickname: Annotated[str | None, typer.Option(help="A name for the account.")] = None,
    schema: Annotated[
        str | None, typer.Option(help="The schema of its tables.", autocompletion=schema_names)
    ] = None,
    subdomain: Annotated[
        str | None, typer.Option(help="acme, acme.zendesk.com, or any address of the account.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(help="Unique identifier of the OAuth client.")
    ] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(
            envvar="ZENDESK_CLIENT_SECRET",
            help="Its secret; prefer the variable, as options are visible to other users.",
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Only for a simulator or a proxy: its address.")
    ] = None,
    redirect_port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port of the redirect URL on 127.0.0.1.")
    ] = 8488,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, or paste its address.")
    ] = True,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask no questions; use defaults.")
    ] = False,
) -> None:
    """Connect a Zendesk account by OAuth.

    A new account is added to the sources file; an existing one is connected again.

    Example: zendesk-assets connect --subdomain acme --client-id warehouse
    """
    given = Given(nickname, schema, subdomain, base_url, client_id, client_secret, yes)
    _connect(given, redirect_address(redirect_port), browser=browser)


def _connect(given: Given, redirect: str, *, browser: bool) -> None:
    """Ask, get consent, probe, store the tokens, write the file: in an order that loses none."""
    console = Console(soft_wrap=True)
    _say_what_is_needed(console, redirect)
    path, sources = sources_path(), sources_or_none()
    refuse_unwritable(path)
    wanted = ask_for_source(sources, given)
    store, name = open_token_store(sources), wanted.source.schema_name
    oauth = _client_for(wanted.source.url, given, _stored(store, name))
    oauth.find_account()
    _say_which(console, wanted)
    _say_whose_data(console, sources, wanted.source)
    tokens = _consent(oauth, redirect, console, browser=browser)
    with _revoked_on_failure(oauth, tokens):
        first = _look_at(sources, wanted.source, tokens, console, ask_first_day=wanted.is_new)
        old = _store(store, name, tokens)
    _write(path, wanted, first)
    if old is not None and old.access_token != tokens.access_token:
        _revoke(old)
    _say_what_is_next(console, wanted, path, first)


def _client_for(url: str, given: Given, last: OAuthTokens | None) -> OAuthClient:
    # A secret goes only to the address it was given for.
    known = last if last and last.base_url == url else None
    return OAuthClient(url, *ask_for_client(given, known))


def sources_or_none() -> Sources:
    """Return the sources file's content; empty sources if it is missing or empty.

    Raises:
        SourcesFileError: if the file is wrong.
    """
    path = sources_path()
    if is_blank(path):
        return Sources(folder=path.resolve().parent)
    return load_sources(path)


def _consent(oauth: OAuthClient, redirect: str, console: Console, *, browser: bool) -> OAuthTokens:
    request = oauth.authorization_request(redirect)
    wait = callback_from_browser if browser else callback_from_paste
    return oauth.redeem(request, wait(request, console.say))


@contextmanager
def _revoked_on_failure(oauth: OAuthClient, tokens: OAuthTokens) -> Iterator[None]:
    """Revoke the new tokens if the block fails: nothing would use them."""
    try:
        yield
    except BaseException:
        with suppress(ZendeskError):
            oauth.revoke(tokens)
        raise


def _look_at(
    sources: Sources,
    source: Source,
    tokens: OAuthTokens,
    console: Console,
    *,
    ask_first_day: bool,
) -> date | None:
    """Refuse a non-admin, show what can be read, and return the date the history starts."""
    account = Account(sources.model_copy(update={"sources": (source,)}), source)
    credentials = BearerCredentials(lambda: tokens.access_token)
    with account.client(printer(console), credentials=credentials) as client:
        user = whoami(client, "sign in to Zendesk as an admin, and connect again")
        _refuse_role(user)
        console.say(f"✓ Connected as {user.name}, {user.role}.")
        offer = probe(client, account, user)
        _say_what_it_has(console, source, offer)
        return first_day(client, account.clock.now().date()) if ask_first_day else None


def _refuse_role(user: CurrentUser) -> None:
    if user.role != _ROLE:
        raise CredentialsError(
            f"{user.name} has the role {user.role}, and exports need the role {_ROLE}: sign in to "
            "Zendesk as an admin (or open the page in a private window) and connect again; "
            "nothing was stored."
        )


def _stored(store: TokenStore, name: str) -> OAuthTokens | None:
    """Return the stored tokens, or None if there are none or they are damaged.

    Raises TokenStoreError, before the user presses Allow, if the store cannot be written.
    """
    store.prepare(name)
    with suppress(TokenStoreError):
        return store.load(name)
    return None


def _store(store: TokenStore, name: str, tokens: OAuthTokens) -> OAuthTokens | None:
    """Store the new tokens; return those that they replace."""
    # Under the lock: a run that is refreshing the old pair would overwrite the new one.
    with store.lock(name):
        old = _stored(store, name)
        store.save(name, tokens)
    return old


def _revoke(old: OAuthTokens) -> None:
    """Revoke replaced tokens; a run that still uses them is refused once and takes the new."""
    with suppress(ZendeskError):
        OAuthClient(old.base_url, old.client_id, old.client_secret).revoke(old)


def _write(path: Path, wanted: Wanted, first: date | None) -> None:
    """Update the file: add an entry, or change the `auth` of one that had another kind."""
    if wanted.index is None:
        add_source(path, wanted.entry() | ({"history_start": first} if first else {}))
    elif not isinstance(wanted.source.auth, OAuthAuth):
        use_oauth(path, wanted.index)
    load_sources(path).source(wanted.source.schema_name)


def _say_what_is_needed(console: Console, redirect: str) -> None:
    console.print(
        "You need an OAuth client in Zendesk, made by an admin: Admin Center > Apps and "
        "integrations > APIs > OAuth clients."
    )
    for line in (
        f"Redirect URL: {redirect}   (exactly this)",
        "Client kind:  confidential (it has a secret), or public (leave the secret empty here)",
    ):
        console.print(f"  {line}")


def _say_which(console: Console, wanted: Wanted) -> None:
    source = wanted.source
    what = "Connecting" if wanted.is_new else "Connecting again"
    kept = "" if wanted.is_new else "; its settings in the sources file stay as they are"
    console.say(f"{what}: {source.nickname}, {source.url}, schema {source.schema_name}{kept}.")


def _say_whose_data(console: Console, sources: Sources, source: Source) -> None:
    """Warn if hub or warehouse are known to hold another account's data."""
    with suppress(ZendeskAssetsError):
        if problem := Account(sources, source).other():
            console.say(f"! {problem}")


def _say_what_it_has(console: Console, source: Source, offer: Offer) -> None:
    """Show each area, and what would fail in each sync."""
    shown = console_for_tables()
    for line in offer_lines(source, offer, shown.width):
        shown.print(line, soft_wrap=True)
    missing = [
        collection.name
        for stream, outcome in offer.outcomes.items()
        if not outcome.is_well
        for collection in declared().collections_of(stream)
    ]
    if missing:
        console.say(
            "Collections that are not available fail in each sync. To exclude them, add this to "
            f"the source's entry:\n    collections: {{exclude: [{', '.join(missing)}]}}"
        )


def _say_what_is_next(console: Console, wanted: Wanted, path: Path, first: date | None) -> None:
    name = wanted.source.schema_name
    if wanted.is_new:
        history = f"; its history starts on {first}" if first else ""
        done = f"{name} is in {path}{history}."
        reload = "\nIf Dagster is running already: Deployment > Code locations > Reload."
    else:
        done, reload = f"{name} has new tokens. Runs use them from now on.", ""
    command = f"zendesk-assets sync --source {name}"
    console.say(
        f"✓ {done}\nNext:\n"
        f"  {command}   one sync now\n"
        f"  {'zendesk-assets ui':{len(command)}}   one page on all of it, and the schedules{reload}"
    )
