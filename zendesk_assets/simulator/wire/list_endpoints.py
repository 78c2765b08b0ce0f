"""Lists of records that other endpoints share: orders, filters and form of each.

Plain lists are `plain_lists`; how lists are paged is `paging`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from zendesk_assets.clock import read_time
from zendesk_assets.simulator.account.audit_logs import audit_logs
from zendesk_assets.simulator.account.rendering import people as directory
from zendesk_assets.simulator.account.rendering.tickets import (
    render_deletion,
    render_metrics,
    render_rating,
    render_ticket,
)
from zendesk_assets.simulator.times import DAY, iso
from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    bad_value,
    coded,
    json_answer,
)
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

_Row: TypeAlias = dict[str, Any]
_Visible: TypeAlias = Callable[[Any], bool]
_STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")
_BY_ID = {"id": lambda record: [record.id], "-id": lambda record: [-record.id]}
_BY_UPDATE = {
    "updated_at": lambda record: [record.updated, record.id],
    "-updated_at": lambda record: [-record.updated, record.id],
}
_BY_CREATION = {
    "created_at": lambda record: [record.created, record.id],
    "-created_at": lambda record: [-record.created, record.id],
}
_BY_NAME = {"name": lambda record: [record.name, record.id]}


def _everything(_account: Account, _request: Request) -> _Visible:
    return lambda _record: True


@dataclass(frozen=True, slots=True)
class ListEndpoint:
    """One list; the first of its `orders` is the default, `extras` adds to the envelope."""

    name: str
    records: Callable[[Account], Iterable[Any]]
    render: Callable[..., _Row]
    orders: dict[str, Callable[[Any], list[Any]]]
    filter: Callable[[Account, Request], _Visible] = _everything
    extras: Callable[[Account, list[_Row]], _Row] = lambda _account, _rows: {}
    is_for_admins: bool = False
    is_counted: bool = True

    def listing(self, account: Account, request: Request, order: str) -> Listing:
        """Return the list in an order; sorted again only after a change."""
        revision, rows = account.sorted_lists.get((self.name, order), (-1, []))
        if revision != account.revision:
            key = self.orders[order]
            rows = sorted(((key(record), record) for record in self.records(account)), key=_first)
            account.sorted_lists[self.name, order] = (account.revision, rows)
        return Listing(self.name, order, rows, self.filter(account, request))


def _first(row: tuple[list[Any], Any]) -> list[Any]:
    return row[0]


def list_records(account: Account, request: Request, endpoint: ListEndpoint) -> Answer:
    """Answer with a page of the list."""
    listing = endpoint.listing(account, request, _order(request, endpoint))
    records, envelope = page_of(request, listing, lacks_meta=account.lists_lack_meta)
    rows = [endpoint.render(account, record) for record in records]
    return json_answer({endpoint.name: rows} | endpoint.extras(account, rows) | envelope)


def count_list(account: Account, request: Request, endpoint: ListEndpoint) -> Answer:
    """Answer with how many rows the list has (trap T33).

    While many are being counted, that is the limit, without `refreshed_at`.
    """
    visible = endpoint.filter(account, request)
    number = sum(1 for record in endpoint.records(account) if visible(record))
    if number > account.counted_at_once and account.is_counting:
        return json_answer({"count": {"value": account.counted_at_once, "refreshed_at": None}})
    return json_answer({"count": {"value": number, "refreshed_at": iso(account.now())}})


def _order(request: Request, endpoint: ListEndpoint) -> str:
    """Return the order: `sort` is checked, `sort_by` is ignored with `page[size]` (trap T12)."""
    default = next(iter(endpoint.orders))
    if sort := request.query.get("sort"):
        if sort not in endpoint.orders:
            raise RefusedError(coded(400, "InvalidPaginationParameter", "sort is not valid", sort))
        return sort
    sort_by = request.query.get("sort_by")
    if sort_by is None or "page[size]" in request.query:
        return default
    order = f"-{sort_by}" if request.query.get("sort_order") == "desc" else sort_by
    return order if order in endpoint.orders else default


def _live_groups(_account: Account, request: Request) -> _Visible:
    hidden = request.flag("exclude_deleted", default=True)
    return lambda group: not (hidden and group.deleted)


def _live_organizations(_account: Account, _request: Request) -> _Visible:
    return lambda organization: organization.deleted_at is None


def _active_users(_account: Account, request: Request) -> _Visible:
    role = request.query.get("role")
    return lambda user: user.active and (role is None or user.role == role)


def _live_tickets(account: Account, request: Request) -> _Visible:
    scope = request.query.get("support_type_scope", "agent")
    return lambda ticket: (
        ticket.deleted_at is None
        and scope in {"all", ticket.support_type}
        and not account.is_archived(ticket)
    )


def _deleted_tickets(account: Account, _request: Request) -> _Visible:
    oldest = account.now() - 30 * DAY
    return lambda ticket: (
        ticket.deleted_at is not None and ticket.deleted_at > oldest and not ticket.scrubbed
    )


def _own_activities(account: Account, request: Request) -> _Visible:
    """Show the last 30 days, and only what concerns the caller (trap T13)."""
    agent = request.token.user_id if request.token else 0
    oldest = account.now() - 30 * DAY
    since = request.query.get("since")
    if since:
        try:
            oldest = max(oldest, int(read_time(since).timestamp()))
        except ValueError:
            raise RefusedError(bad_value("since must be an ISO 8601 time")) from None
    return lambda activity: activity.user_id == agent and activity.created >= oldest


def _activity_people(account: Account, rows: list[_Row]) -> _Row:
    def people(name: str) -> list[_Row]:
        ids = dict.fromkeys(row[name] for row in rows if isinstance(row[name], int))
        found = (account.users.get(each) for each in ids)
        return [directory.render_user(account, user) for user in found if user]

    return {"actors": people("actor_id"), "users": people("user_id")}


def _scores(score: str) -> Callable[[Any], bool]:
    """Return the filter for a score, `received_with_comment` for instance."""
    name = score.removesuffix("_with_comment").removesuffix("_without_comment")
    wanted = {"good", "bad"} if name == "received" else {name}
    if score == name:
        return lambda rating: rating.score in wanted
    with_comment = score.endswith("_with_comment")
    return lambda rating: rating.score in wanted and bool(rating.comment) is with_comment


def _ratings(_account: Account, request: Request) -> _Visible:
    start, end = request.integer("start_time", 0) or 0, request.integer("end_time", 2**62)
    score = request.query.get("score")
    keeps = _scores(score) if score else _everything(_account, request)
    return lambda rating: start <= rating.created <= (end or 2**62) and keeps(rating)


def _in_range(_account: Account, request: Request) -> _Visible:
    """Show what was created between two times, which are one parameter twice."""
    bounds = request.every("filter[created_at][]")
    if not bounds:
        return lambda _entry: True
    try:
        first, last = (int(read_time(each).timestamp()) for each in bounds)
    except ValueError:
        text = "filter[created_at] must be two ISO 8601 times"
        raise RefusedError(bad_value(text)) from None
    return lambda entry: first <= entry[0] <= last


def _render_audit_log(_account: Account, entry: tuple[int, _Row]) -> _Row:
    return entry[1]


LISTS: dict[str, ListEndpoint] = {
    each.name: each
    for each in (
        ListEndpoint(
            "groups", lambda a: a.groups.values(), directory.render_group,
            _BY_NAME | _BY_ID | _BY_UPDATE, _live_groups,
        ),
        ListEndpoint(
            "organizations", lambda a: a.organizations.values(), directory.render_organization,
            _BY_ID | _BY_UPDATE | _BY_NAME, _live_organizations,
        ),
        ListEndpoint(
            "users", lambda a: a.users.values(), directory.render_user,
            _BY_ID | _BY_UPDATE | _BY_NAME, _active_users,
        ),
        ListEndpoint(
            "activities", lambda a: a.activities.values(), directory.render_activity,
            {"-created_at": _BY_CREATION["-created_at"], "created_at": _BY_CREATION["created_at"]},
            _own_activities, _activity_people,
        ),
        ListEndpoint(
            "tickets", lambda a: a.tickets.values(), render_ticket,
            _BY_ID | _BY_UPDATE | {
                "status": lambda t: [_STATUSES.index(t.status), t.id],
                "-status": lambda t: [-_STATUSES.index(t.status), t.id],
            },
            _live_tickets,
        ),
        ListEndpoint(
            "ticket_metrics", lambda a: a.tickets.values(), render_metrics,
            {"-created_at": lambda t: [-t.created, -t.id]}, _live_tickets, is_counted=False,
        ),
        ListEndpoint(
            "deleted_tickets", lambda a: a.tickets.values(), render_deletion,
            {"id": _BY_ID["id"], "deleted_at": lambda t: [t.deleted_at or 0, t.id],
             "-deleted_at": lambda t: [-(t.deleted_at or 0), t.id]},
            _deleted_tickets, is_counted=False,
        ),
        ListEndpoint(
            "audit_logs", audit_logs, _render_audit_log,
            {"-created_at": lambda e: [-e[0], -e[1]["id"]],
             "created_at": lambda e: [e[0], e[1]["id"]]},
            _in_range, is_for_admins=True, is_counted=False,
        ),
        ListEndpoint(
            "satisfaction_ratings", lambda a: a.ratings.values(), render_rating,
            _BY_ID | _BY_CREATION | _BY_UPDATE, _ratings, is_for_admins=True,
        ),
    )
}  # fmt: skip
