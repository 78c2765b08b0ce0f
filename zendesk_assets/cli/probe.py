"""The requests of `check` and `connect`: which user we are, and what can be read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from rich.markup import escape
from rich.table import Table

from zendesk_assets.account import chosen_collections, chosen_of
from zendesk_assets.catalog import declared
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import Clock
from zendesk_assets.errors import CredentialsError, UnavailableError, ZendeskError
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Stream
from zendesk_assets.zendesk import Position, ZendeskClient

_PAGES_WITHOUT_A_TIME = 5
_RATINGS = "satisfaction_ratings"
NEW_SURVEYS = (
    "An account on Zendesk's new CSAT surveys has its answers in survey_responses; the tables for "
    "legacy CSAT then stay empty or stale."
)


@dataclass(frozen=True)
class CurrentUser:
    """The user whose credentials we use."""

    name: str
    role: str


@dataclass(frozen=True)
class Outcome:
    """Whether a stream can be read: `state` is a word for the table, `reason` says why not.

    `hint` is for a stream that can be read, but may not have the expected data.
    """

    state: str = "available"
    reason: str = ""
    hint: str = ""
    is_optional: bool = False

    @property
    def is_well(self) -> bool:
        """Return whether it can be read, or is one that not every account has."""
        return self.is_optional or not self.reason


def whoami(client: ZendeskClient, todo: str) -> CurrentUser:
    """Return our own user. Zendesk answers 200 for an anonymous one too (trap T21).

    Raises:
        CredentialsError: for an anonymous user; the message ends with `todo`.
        ZendeskError: if the request fails.
    """
    user: Any = client.get("/users/me").get("user")
    if not isinstance(user, dict) or not user.get("id"):
        raise CredentialsError(f"Zendesk treats us as an anonymous user: {todo}.")
    return CurrentUser(str(user.get("name")), str(user.get("role")))


def probe(
    client: ZendeskClient, source: Source, user: CurrentUser, clock: Clock
) -> dict[str, Outcome]:
    """Request the last hour of each stream that the source syncs; return the result by stream.

    Raises:
        CredentialsError: if Zendesk refuses the credentials.
    """
    names = dict.fromkeys(each.stream for each in chosen_collections(source))
    start = clock.now() - timedelta(hours=1)
    return {name: _outcome(client, declared().streams[name], start, user) for name in names}


def _outcome(client: ZendeskClient, stream: Stream, start: datetime, user: CurrentUser) -> Outcome:
    ratings = stream.name == _RATINGS
    # All of them, not only the last hour: no rating at all is worth a hint (trap T14).
    position = Position() if ratings else Position(start=start)
    asked = replace(stream, page_size=1) if ratings else stream
    try:
        page = next(client.walk(asked, position), None)
    except UnavailableError as error:
        return replace(_refusal(error, user), is_optional=bool(stream.needs))
    except CredentialsError:
        raise
    except ZendeskError as error:
        return Outcome("unknown", str(error))
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


def table(source: Source, outcomes: dict[str, Outcome]) -> Table:
    """Return a table with a row for each collection that the source syncs."""
    shown = Table("collection", "state", "reason", box=None, pad_edge=False)
    for stream, outcome in outcomes.items():
        color = "dim" if outcome.is_optional else "green" if outcome.is_well else "red"
        state = f"[{color}]{outcome.state}[/{color}]"
        for collection in chosen_of(source, stream):
            shown.add_row(collection.name, state, escape(outcome.reason or outcome.hint))
    return shown


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
