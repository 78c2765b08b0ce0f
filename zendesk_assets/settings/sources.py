"""The model of the sources file: frozen values with their defaults.

It declares the structure and what is allowed. Elsewhere: the places where things are stored
(`places`), reading the file (`file`), and what names mean in the catalog (`choices`).
"""

import re
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import SourcesFileError, meant
from zendesk_assets.settings.addresses import account_address
from zendesk_assets.settings.alerts import Alerts
from zendesk_assets.settings.auth import Auth
from zendesk_assets.settings.choices import (
    CollectionChoice,
    PropertyRules,
    wrong_history,
    wrong_properties,
)
from zendesk_assets.settings.crons import cron_expression
from zendesk_assets.settings.iceberg import IcebergTarget
from zendesk_assets.settings.places import (
    DuckDBTarget,
    DuckLakeTarget,
    FileRateLimits,
    FileTokens,
    HubTarget,
    PostgresRateLimits,
    PostgresTarget,
    PostgresTokens,
    Settings,
    expand_home,
)
from zendesk_assets.settings.rules import (
    clash_of_places,
    clash_of_schema,
    clashes_of_sources,
    without_views,
)
from zendesk_assets.settings.values import Count, Day, Text
from zendesk_assets.spec import MONTH, first_of_months, months_in_days

_NAME = r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_SUBDOMAIN = re.compile(rf"{_NAME}|(?:https://)?{_NAME}\.zendesk\.com(?:[/?#].*)?")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]*")
_OWNER = re.compile(r"team:.+|[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_LONGEST_SCHEMA = 48
# What follows the name of a schema in that of the schema with the same in Fivetran's shape.
FIVETRAN_ENDING: Final = "_fivetran"
_ZENDESK: Final = ".zendesk.com"
# Requests a minute on every plan but Support Essential (docs/zendesk-api.md#limits).
REQUESTS_PER_MINUTE: Final = 200
EXPORTS_PER_MINUTE: Final = 10
_A_CENTURY_OF_DAYS = 100_000  # and more: for people who mean "all of it"
_A_CENTURY_OF_MONTHS = 3_000


def subdomain_of(typed: str) -> str:
    """Return the acme of `acme`, `ACME.zendesk.com` or `https://acme.zendesk.com/agent/dashboard`.

    Raises:
        ValueError: for anything else, because credentials would be sent to an unintended host.
    """
    found = _SUBDOMAIN.fullmatch(typed.strip().lower())
    if found is None or not typed.isascii():  # some letters turn into others in lower case
        raise ValueError("give the acme of https://acme.zendesk.com, or that address")
    return found[1] or found[2]


class Source(Settings):
    """One connected Zendesk account. Limits are per minute, durations are minutes or days."""

    nickname: Text = Field(max_length=200)
    schema_name: Text = Field(alias="schema")
    subdomain: Text
    base_url: str = ""
    auth: Auth
    requests_per_minute: Count = Field(default=REQUESTS_PER_MINUTE, ge=1, le=100_000)
    export_requests_per_minute: Count = Field(default=EXPORTS_PER_MINUTE, ge=1, le=1_000)
    history_start: Day = date(2015, 1, 1)
    initial_history_days: Count = Field(default=365, ge=0, le=_A_CENTURY_OF_DAYS)
    settle_minutes: Count = Field(default=10, ge=2, le=1_440)
    months_per_run: Count = Field(default=12, ge=1, le=_A_CENTURY_OF_MONTHS)
    # What older files have instead of months_per_run.
    days_per_run: Count | None = Field(default=None, ge=1, le=_A_CENTURY_OF_DAYS)
    source_sync_cron: Text = "0 */3 * * *"
    warehouse_sync_cron: Text = "30 */3 * * *"
    reconcile_cron: Text | None = "0 5 * * 0"
    report_cron: Text | None = "0 0 * * *"
    owners: tuple[Text, ...] = ("team:data-engineering",)
    collections: CollectionChoice = Field(default_factory=CollectionChoice)
    analysis: bool = True
    fivetran: bool = False
    history: tuple[Text, ...] | None = None
    on_scrub: Literal["follow", "keep"] = "follow"
    properties: dict[str, PropertyRules] = Field(default_factory=dict)

    @field_validator("schema_name")
    @classmethod
    def _schema_is_an_identifier(cls, value: str) -> str:
        if not _SCHEMA.fullmatch(value) or len(value) > _LONGEST_SCHEMA or value.startswith("pg_"):
            raise ValueError("use lower-case letters, digits and underscores, at most 48 of them")
        return value

    @field_validator("subdomain")
    @classmethod
    def _subdomain_as_people_type_it(cls, value: str) -> str:
        return subdomain_of(value)

    @field_validator("base_url")
    @classmethod
    def _base_url_is_safe(cls, value: str) -> str:
        return account_address(value) if value else ""

    @field_validator("owners")
    @classmethod
    def _owners_as_dagster_takes_them(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_OWNER.fullmatch(each) for each in value):
            raise ValueError('give e-mail addresses, or teams as in "team:support-data"')
        return value

    @field_validator("reconcile_cron", "report_cron", mode="before")
    @classmethod
    def _off_is_none(cls, value: object) -> object:
        return None if value in (False, "off") else value  # YAML reads off as false

    @field_validator("history", mode="before")
    @classmethod
    def _a_switch_is_a_list(cls, value: object) -> object:
        return {False: (), True: None}[value] if isinstance(value, bool) else value

    @field_validator("history")
    @classmethod
    def _history_can_be_kept(
        cls, value: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        if wrong := wrong_history(value or (), info.data.get("collections")):
            raise ValueError(wrong)
        return value

    @field_validator("properties")
    @classmethod
    def _properties_can_be_left_out(
        cls, value: dict[str, PropertyRules], info: ValidationInfo
    ) -> dict[str, PropertyRules]:
        if wrong := wrong_properties(value, keeps_scrubbed=info.data.get("on_scrub") == "keep"):
            raise ValueError(wrong)
        return value

    @field_validator("source_sync_cron", "warehouse_sync_cron", "reconcile_cron", "report_cron")
    @classmethod
    def _cron_comes_due(cls, value: str | None) -> str | None:
        return None if value is None else cron_expression(value)

    @property
    def url(self) -> str:
        """Return the address before `/api/v2`, without a trailing slash."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"

    @property
    def fivetran_schema(self) -> str:
        """Return the schema of the views in Fivetran's shape, if it is to have them."""
        return self.schema_name + FIVETRAN_ENDING if self.fivetran else ""

    @property
    def settle(self) -> timedelta:
        """Return how old a record's time must be before its second counts as covered."""
        return timedelta(minutes=self.settle_minutes)

    @property
    def initial_months(self) -> int:
        """Return how many months before the current one a first sync takes."""
        return months_in_days(self.initial_history_days)

    def first_day(self, today: date) -> date:
        """Return the first day that a first sync takes: whole months, within the history."""
        return max(self.history_start, first_of_months(today, self.initial_months))

    @property
    def run_months(self) -> int:
        """Return how many months one run covers."""
        is_old = self.days_per_run and "months_per_run" not in self.model_fields_set
        return (
            max(1, round((self.days_per_run or 0) / MONTH.days)) if is_old else self.months_per_run
        )

    @property
    def identity(self) -> AccountIdentity:
        """Return the account's identity, as far as the file shows it."""
        host = urlsplit(self.url).hostname or ""
        name = host.removesuffix(_ZENDESK) if host.endswith(_ZENDESK) else self.subdomain
        return AccountIdentity(subdomain=name, url=self.url)


def _kind_of_tokens(value: object) -> str:
    """Return the kind of store: the type may be omitted if there is a path."""
    kind = value.get("type", "file") if isinstance(value, dict) else getattr(value, "type", "")
    return str(kind)


class Sources(Settings):
    """The whole file. `folder` is its folder: relative paths start there."""

    warehouse: Annotated[
        DuckDBTarget | PostgresTarget | DuckLakeTarget | IcebergTarget,
        Field(discriminator="type"),
    ] = DuckDBTarget()
    hub: HubTarget = HubTarget()
    tokens: Annotated[
        Annotated[FileTokens, Tag("file")] | Annotated[PostgresTokens, Tag("postgres")],
        Discriminator(
            _kind_of_tokens,
            custom_error_type="tokens",
            custom_error_message="give {path: folder} or {type: postgres, url: ...}",
        ),
    ] = FileTokens()
    rate_limits: Annotated[FileRateLimits | PostgresRateLimits, Field(discriminator="type")] = (
        FileRateLimits()
    )
    alerts: Alerts = Alerts()
    sources: tuple[Source, ...] = ()
    folder: Path = Path()

    @field_validator("sources")
    @classmethod
    def _some_have_no_views(
        cls, value: tuple[Source, ...], info: ValidationInfo
    ) -> tuple[Source, ...]:
        has_none = isinstance(info.data.get("warehouse"), IcebergTarget)
        return tuple(map(without_views, value)) if has_none else value

    @field_validator("sources", mode="before")
    @classmethod
    def _nothing_is_no_source(cls, value: object) -> object:
        return () if value is None else value  # the last entry was removed

    @model_validator(mode="after")
    def _nothing_clashes(self) -> Self:
        for clash in (
            *clashes_of_sources(self.sources),
            clash_of_schema(self),
            clash_of_places(self),
        ):
            if clash:
                raise ValueError(clash)
        return self

    def source(self, name: str) -> Source:
        """Return the source with this schema, nickname or subdomain, in any case.

        A schema or nickname is preferred to a subdomain, which several sources may have.

        Raises:
            SourcesFileError: if there is none, or if several have this subdomain.
        """
        wanted = name.casefold()
        for each in self.sources:
            if wanted in {each.schema_name, each.nickname.casefold()}:
                return each
        found = [each for each in self.sources if wanted == each.subdomain.casefold()]
        if len(found) == 1:
            return found[0]
        names = ", ".join(each.schema_name for each in found or self.sources)
        if found:
            raise SourcesFileError(
                f"Several sources have the subdomain {name}: use one of {names}."
            )
        words = [(each.schema_name, each.nickname, each.subdomain) for each in self.sources]
        near = meant(name, chain.from_iterable(words))
        known = f"the file has {names}" if names else "the file has none, add one"
        raise SourcesFileError(f"There is no source called {name}{near}: {known}.")

    def of_one_account(self, source: Source) -> tuple[Source, ...]:
        """Return the sources on the account of `source`, including itself, with one budget."""
        return tuple(each for each in self.sources if each.url == source.url)

    def resolve(self, path: str) -> str:
        """Return `path` as an absolute path, with `~` expanded; a URL is unchanged."""
        return path if "://" in path else str((self.folder / expand_home(path)).resolve())
