"""The requests of `check` and `connect`: which user we are, and what can be read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.cli.account_settings import AccountSettings, read_settings
from zendesk_assets.cli.areas import areas_of
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import CredentialsError, HubError, UnavailableError, ZendeskError
from zendesk_assets.hub import SourceHub
from zendesk_assets.spec import Collection, Stream
from zendesk_assets.status import NEW_SURVEYS
from zendesk_assets.zendesk import Position, ZendeskClient

_PAGES_WITHOUT_A_TIME: Final = 5
# For how long a sync's answer about what not every account has is good enough.
_KNOWN_FOR: Final = timedelta(hours=24)
_RATINGS: Final = "satisfaction_ratings"


_UNKNOWN: Final = "unknown"
_OFF: Final = "it is turned off in the account's settings"


@dataclass(frozen=True)
class CurrentUser:
    """The user whose credentials we use."""

    name: str
    role: str


@dataclass(frozen=True)
class Outcome:
    """Whether a stream can be read: `state` is a word for the table, `reason` says why not.

    `hint` is for a stream that can be read, but may not have the expected data. `needs` says which
    plan or role has it, and is empty for what every account has. `known_since` is when a sync found
    this out; empty if Zendesk was asked now.
    """

    state: str = "available"
    reason: str = ""
    hint: str = ""
    is_optional: bool = False
    needs: str = ""
    known_since: str = ""

    @property
    def is_well(self) -> bool:
        """Return whether it can be read, or is one that not every account has."""
        return self.is_optional or not self.reason


@dataclass(frozen=True)
class Offer:
    """What an account offers: the outcomes by stream, and what its settings say.

    Of an area that is not synced, only some streams were asked for.
    """

    outcomes: dict[str, Outcome]
    settings: AccountSettings


def whoami(client: ZendeskClient, todo: str) -> CurrentUser:
    """Return our own user. Zendesk answers 200 for an anonymous one too (trap T21).

    Raises:
        CredentialsError: for an anonymous user; the message ends with `todo`.
        ZendeskError: if the request fails.
    """
    user: Any = client.get("/users/me").get("user")
    if not isinstance(user, dict) or not user.get("id"):
        raise CredentialsError(
            f"Zendesk does not know these credentials, and answers as to anybody: {todo}."
        )
    return CurrentUser(str(user.get("name")), str(user.get("role")))


def probe(
    client: ZendeskClient,
    account: Account,
    user: CurrentUser,
    *,
    believes_hub: bool = False,
    everything: bool = False,
) -> Offer:
    """Request the settings, and the last hour of each stream that the source syncs.

    Of each area on request that it does not sync, one stream is requested, or `everything`. With
    `believes_hub`, what not every account has is not requested if a sync has done so in the last
    day.

    Raises:
        CredentialsError: if Zendesk refuses the credentials.
    """
    settings, areas = read_settings(client), areas_of(account.source)
    synced = _streams(one for area in areas for one in area.synced)
    off = (_streams(area.others) for area in areas if area.line)
    others = [name for names in off for name in (names if everything else [_cheapest(names)])]
    now, found = account.clock.now(), {}
    for name in (*synced, *others):
        stream = declared().streams[name]
        outcome = _known(account.hub, stream, user, now) if believes_hub else None
        outcome = outcome or _outcome(client, stream, now - timedelta(hours=1), user)
        optional = name not in synced or (bool(stream.needs) and outcome.state != _UNKNOWN)
        found[name] = _explained(replace(outcome, is_optional=optional), stream, settings)
    return Offer(found, settings)


def _streams(collections: Iterable[Collection]) -> list[str]:
    return list(dict.fromkeys(each.stream for each in collections))


def _cheapest(streams: Sequence[str]) -> str:
    """Return the one that one request is enough for: it stands for its area."""
    found = (declared().streams[name] for name in streams)
    return min(found, key=lambda each: (each.parent is not None, not each.is_whole)).name


def _known(hub: SourceHub, stream: Stream, user: CurrentUser, now: datetime) -> Outcome | None:
    """Return what a sync of the last day has found out about what not every account has."""
    if not stream.needs:
        return None
    try:
        refusal, read = hub.refusals.of(stream.name), hub.look(stream.name).newest_whole
    except HubError:
        return None
    if refusal and now - refusal.tried < _KNOWN_FOR:
        error = UnavailableError(refusal.message, refusal.reason, refusal.missing)
        return replace(_refusal(error, user), known_since=f"{refusal.tried:%Y-%m-%d %H:%M}")
    if read and not refusal and now - read < _KNOWN_FOR:
        return Outcome(known_since=f"{read:%Y-%m-%d %H:%M}")
    return None


def _explained(outcome: Outcome, stream: Stream, settings: AccountSettings) -> Outcome:
    """Add what the declaration and the account's settings say of a stream."""
    if outcome.state == _UNKNOWN:
        return outcome
    outcome = replace(outcome, needs=stream.needs)
    if not stream.feature or settings.says(stream.feature) is not False:
        return outcome
    if outcome.reason:
        return replace(outcome, state="turned off")
    return replace(outcome, hint=outcome.hint or _OFF)


def _outcome(client: ZendeskClient, stream: Stream, start: datetime, user: CurrentUser) -> Outcome:
    ratings = stream.name == _RATINGS
    # All of them, not only the last hour: no rating at all is worth a hint (trap T14).
    position = Position() if ratings else Position(start=start)
    asked = replace(stream, page_size=1) if ratings else stream
    if stream.parent and stream.parent.parent:
        # Any number of lists may be empty before one has a record: that of the parents tells.
        asked = stream.parent.list_for(stream)
    try:
        page = next(client.walk(asked, position), None)
    except UnavailableError as error:
        return _refusal(error, user)
    except CredentialsError:
        raise
    except ZendeskError as error:
        return Outcome(_UNKNOWN, str(error))
    none = ratings and page is not None and not page.records
    return Outcome(hint=f"there are none. {NEW_SURVEYS}" if none else "")


def _refusal(error: UnavailableError, user: CurrentUser) -> Outcome:
    if error.missing == "plan":
        what = "the plan does not include it, or it is turned off"
        return Outcome("not in plan", f"{what} ({error.reason})")
    if error.missing == "scope":
        return Outcome("forbidden", f"needs the scope read ({error.reason})")
    if user.role == "admin":
        what = "refused to an admin: the plan or the settings do not allow it"
        return Outcome("forbidden", f"{what} ({error.reason})")
    return Outcome("forbidden", f"needs the role admin, not {user.role} ({error.reason})")


def first_day(client: ZendeskClient, today: date) -> date | None:
    """Return the date (UTC) of the account's oldest ticket or event; `today` if it has none.

    None if Zendesk shows neither.
    """
    found: list[date | None] = []
    for name in ("tickets", "ticket_events"):
        try:
            found.append(_oldest(client, replace(declared().streams[name], page_size=1)))
        except ZendeskError:
            continue
    return min((day for day in found if day), default=today) if found else None


def _oldest(client: ZendeskClient, stream: Stream) -> date | None:
    # An empty page is not the end (trap T2).
    pages = islice(client.walk(stream, Position()), _PAGES_WITHOUT_A_TIME)
    oldest = next((page.oldest for page in pages if page.oldest), None)
    return oldest.astimezone(UTC).date() if oldest else None


def printer(console: Console) -> Callable[[str], None]:
    """Return a log function for a client: it prints indented lines."""
    return lambda line: console.say(f"  {line}")
