"""Who may make a request, and which endpoint answers it.

Limits, faults and the log are in `site`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.rendering.people import ANONYMOUS, render_user
from zendesk_assets.simulator.account.talk_statistics import OVERVIEWS
from zendesk_assets.simulator.wire.access_log_endpoint import list_access_logs
from zendesk_assets.simulator.wire.authentication import Token, missing_scopes
from zendesk_assets.simulator.wire.derived_exports import (
    export_calls,
    export_legs,
    export_records,
    list_engagements,
)
from zendesk_assets.simulator.wire.export_endpoints import EXPORTS
from zendesk_assets.simulator.wire.list_endpoints import LISTS, count_list, list_records
from zendesk_assets.simulator.wire.messages import (
    REFUSALS,
    Answer,
    RefusedError,
    Request,
    error,
    json_answer,
)
from zendesk_assets.simulator.wire.plain_lists import answer_plain, find_plain
from zendesk_assets.simulator.wire.search_endpoints import count_search
from zendesk_assets.simulator.wire.side_conversation_export import (
    PATH,
    export_side_conversation_events,
)
from zendesk_assets.simulator.wire.single_endpoints import (
    show_many,
    show_one,
    show_settings,
    ticket_audits,
    ticket_comments,
    ticket_metrics,
    user_identities,
)
from zendesk_assets.simulator.wire.survey_endpoints import list_survey_responses
from zendesk_assets.simulator.wire.talk_statistics import list_agents_activity, show_overview
from zendesk_assets.simulator.wire.webhook_endpoints import list_invocations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zendesk_assets.simulator.account.desk import Account

_API = "/api/v2/"
_RECORDS = re.compile(r"incremental/custom_objects/([^/]+)/cursor")
_SINGLES: dict[str, Callable[[Account, Request], Answer]] = {
    "access_logs": list_access_logs,
    "account/settings": lambda account, _request: show_settings(account),
    "search/count": count_search,
    "guide/survey_responses": list_survey_responses,
    "channels/voice/stats/incremental/calls": export_calls,
    "channels/voice/stats/incremental/legs": export_legs,
    "channels/voice/stats/agents_activity": list_agents_activity,
    **{f"channels/voice/stats/{name}": show_overview for name in OVERVIEWS},
    "engagements": list_engagements,
    PATH: export_side_conversation_events,
}

_PARTS: dict[tuple[str, str], Callable[[Account, Request, int], Answer]] = {
    ("tickets", "audits"): ticket_audits,
    ("tickets", "comments"): ticket_comments,
    ("tickets", "metrics"): ticket_metrics,
    ("users", "identities"): user_identities,
}


def answer_api(account: Account, request: Request, unavailable: Mapping[str, Answer]) -> Answer:
    """Answer a request below `/api/v2/`."""
    path = request.path.removeprefix(_API)
    try:
        if path == "users/me":
            return _me(account, request)
        _check_caller(account, request)
        for part, answer in unavailable.items():
            if path == part or path.startswith(f"{part}/"):
                return answer
        return _route(account, request, path)
    except RefusedError as refused:
        return refused.answer


def _me(account: Account, request: Request) -> Answer:
    """Answer 200 in any case, with an anonymous user without valid credentials (trap T21)."""
    token = request.token
    user = render_user(account, account.users[token.user_id]) if token else ANONYMOUS
    return json_answer({"user": user})


def _check_caller(account: Account, request: Request) -> None:
    if request.token is None:
        is_bearer = request.headers.get("authorization", "").lower().startswith("bearer")
        raise RefusedError(REFUSALS["invalid_token" if is_bearer else "unauthenticated"])
    if missing := missing_scopes(request.token, request.path):
        text = f"You are missing the following required scopes: {', '.join(missing)}"
        raise RefusedError(error(403, "Forbidden", text))
    _check_role(account, request.token, request.path.removeprefix(_API))


def _check_role(account: Account, token: Token, path: str) -> None:
    """Refuse exports and some lists to all but admins, everything to end users (trap T22)."""
    role = account.users[token.user_id].role
    endpoint = LISTS.get(path.partition("/")[0])
    plain = find_plain(path)
    needs_admin = (
        path.startswith(
            (
                "incremental/",
                "guide/survey_responses",
                "channels/voice/stats/",
                "engagements",
                "webhooks/",
                PATH,
            )
        )
        or bool(endpoint and endpoint.is_for_admins)
        or bool(plain and plain.declaration.only_admins)
    )
    is_off = path.startswith("satisfaction_ratings") and not account.has_satisfaction_ratings
    if path == "access_logs" and role != "admin":
        raise RefusedError(REFUSALS["access_logs"])
    if role == "end-user" or (needs_admin and role != "admin") or is_off:
        raise RefusedError(REFUSALS["role"])
    if path.startswith("guide/") and "/survey" in path and not account.has_surveys:
        raise RefusedError(REFUSALS["guide"])


def _route(account: Account, request: Request, path: str) -> Answer:
    if request.method != "GET":
        return REFUSALS["invalid_endpoint"]
    if path.startswith("incremental/"):
        return _export(account, request, path)
    if plain := find_plain(path):
        return answer_plain(account, request, plain)
    if path in _SINGLES:
        return _SINGLES[path](account, request)
    if path in LISTS:
        return list_records(account, request, LISTS[path])
    return _below(account, request, path.split("/"))


def _export(account: Account, request: Request, path: str) -> Answer:
    if found := _RECORDS.fullmatch(path):
        return export_records(account, request, found[1])
    export = EXPORTS.get(path.removeprefix("incremental/"))
    return export(account, request) if export else REFUSALS["invalid_endpoint"]


def _below(account: Account, request: Request, parts: list[str]) -> Answer:
    """Answer `/tickets/count`, `/tickets/show_many`, `/tickets/7`, `/tickets/7/comments`, …."""
    match parts:
        case [kind, "count"] if kind in LISTS and LISTS[kind].is_counted:
            return count_list(account, request, LISTS[kind])
        case ["tickets" | "organizations" | "users" as kind, "show_many"]:
            return show_many(account, request, kind)
        case ["webhooks", webhook, "invocations"]:
            return list_invocations(account, request, webhook)
        case [kind, number] if number.isdigit():
            return show_one(account, kind, int(number))
        case [kind, number, part] if number.isdigit() and (kind, part) in _PARTS:
            return _PARTS[kind, part](account, request, int(number))
        case _:
            return REFUSALS["invalid_endpoint"]
