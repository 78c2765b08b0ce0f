"""What `connect` must know before it contacts Zendesk: from options, the file, or questions.

A source that is already in the file is connected again, without questions or changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from pydantic import ValidationError

from zendesk_assets.errors import SourcesFileError, ZendeskAssetsError
from zendesk_assets.settings.addresses import account_address
from zendesk_assets.settings.rules import clash_of_schema, clashes_of_sources
from zendesk_assets.settings.sources import Source, Sources, subdomain_of
from zendesk_assets.zendesk import OAuthTokens


@dataclass(frozen=True, repr=False)
class Given:
    """The options of the command; None if not given. With `yes`, no question is asked."""

    nickname: str | None
    schema: str | None
    subdomain: str | None
    base_url: str | None
    client_id: str | None
    client_secret: str | None
    yes: bool


@dataclass(frozen=True)
class Wanted:
    """The source to connect; `index` is its position in the file, None for a new one."""

    source: Source
    index: int | None = None

    @property
    def is_new(self) -> bool:
        """Return whether the source is not in the file yet."""
        return self.index is None

    def entry(self) -> dict[str, Any]:
        """Return a new source's entry in the file, as far as it is known by now."""
        source = self.source
        address = {"base_url": source.base_url} if source.base_url else {}
        return {
            "nickname": source.nickname,
            "schema": source.schema_name,
            "subdomain": source.subdomain,
            **address,
            "auth": {"type": "oauth"},
        }


def ask_for_source(sources: Sources, given: Given) -> Wanted:
    """Return the source that the options describe, asking for what is missing.

    Raises:
        SourcesFileError: for a value that is not allowed.
        ZendeskAssetsError: for a missing option, if no question may be asked.
    """
    known = _known(sources, given.schema)
    if known is not None:
        return _again(sources, known, given)
    subdomain = _value(
        given, "subdomain", given.subdomain, "Subdomain or address of the account", parse=_subdomain
    )
    nickname = _value(
        given, "nickname", given.nickname, "Nickname", default=subdomain.replace("-", " ").title()
    )
    default = f"zendesk_{subdomain.replace('-', '_')}"[:48]
    schema = _value(
        given, "schema", given.schema, "Schema of its tables", default=default, parse=_schema
    )
    known = _known(sources, schema)
    if known is not None:
        return _again(sources, known, given, subdomain)
    source = _source(nickname, schema, subdomain, given.base_url or "")
    _refuse_taken(sources, source)
    return Wanted(source)


def ask_for_client(given: Given, stored: OAuthTokens | None) -> tuple[str, str | None]:
    """Return the OAuth client's id and secret (None for a public one); `stored` has the last.

    Raises:
        ZendeskAssetsError: for a missing option, if no question may be asked.
    """
    secret = given.client_secret
    if stored and given.client_id in {None, stored.client_id}:
        return stored.client_id, stored.client_secret if secret is None else secret or None
    client_id = _value(given, "client-id", given.client_id, "Unique identifier of the OAuth client")
    if secret is None and not given.yes:
        secret = typer.prompt(
            "Its secret (empty for a public client)",
            default="",
            show_default=False,
            hide_input=True,
        )
    return client_id, (secret or "").strip() or None


def _known(sources: Sources, schema: str | None) -> int | None:
    names = [source.schema_name for source in sources.sources]
    return names.index(schema) if schema in names else None


def _again(sources: Sources, index: int, given: Given, subdomain: str | None = None) -> Wanted:
    """Return a source of the file, unless the options describe another account."""
    source = sources.sources[index]
    wanted = subdomain or (_subdomain(given.subdomain) if given.subdomain else None)
    address = _address(given.base_url) if given.base_url else None
    if wanted not in {None, source.subdomain} or address not in {None, source.base_url}:
        raise SourcesFileError(
            f"The schema {source.schema_name} already belongs to the account {source.url}: give "
            "this account another --schema, or remove that entry from the sources file first."
        )
    return Wanted(source, index)


def _refuse_taken(sources: Sources, source: Source) -> None:
    for other in sources.sources:
        taken = {source.nickname, source.schema_name} & {other.nickname, other.schema_name}
        if taken:
            raise SourcesFileError(
                f"The name {min(taken)} is taken by the source {other.schema_name} "
                f"({other.url}): give another --nickname or --schema."
            )
    both = sources.model_copy(update={"sources": (*sources.sources, source)})
    for clash in (*clashes_of_sources(both.sources), clash_of_schema(both)):
        if clash:
            raise SourcesFileError(f"--schema or --nickname: {clash}.")


def _value(
    given: Given,
    option: str,
    value: str | None,
    question: str,
    default: str | None = None,
    parse: Callable[[str], str] = str.strip,
) -> str:
    """Return an option's value, its default, or the user's answer, asking until it is valid."""
    value = value if value is not None else default if given.yes else None
    if value is not None:
        return parse(value)
    if given.yes:
        raise ZendeskAssetsError(f"--{option} is missing: give it, or omit --yes to be asked.")

    def parse_typed(typed: str) -> str:
        try:
            return parse(typed)
        except SourcesFileError as error:
            raise typer.BadParameter(str(error)) from None

    return str(typer.prompt(question, default=default, value_proc=parse_typed))


def _subdomain(typed: str) -> str:
    try:
        return subdomain_of(typed)
    except ValueError as error:
        raise SourcesFileError(f"Not a Zendesk subdomain: {typed} ({error}).") from None


def _schema(typed: str) -> str:
    return _source("any", typed.strip(), "any", "").schema_name


def _address(typed: str) -> str:
    try:
        return account_address(typed)
    except ValueError as error:
        raise SourcesFileError(f"--base-url: {error}.") from None


def _source(nickname: str, schema: str, subdomain: str, base_url: str) -> Source:
    """Return the source; invalid values are refused with the same messages as in the file."""
    try:
        return Source.model_validate(
            {
                "nickname": nickname.strip(),
                "schema": schema,
                "subdomain": subdomain,
                "base_url": base_url,
                "auth": {"type": "oauth"},
            }
        )
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        option = str((*problem["loc"], "base_url")[0]).replace("_", "-")
        message = problem["msg"].removeprefix("Value error, ")
        raise SourcesFileError(f"--{option}: {message}.") from None
