"""Requests and answers, and the bodies of Zendesk's errors (docs/zendesk-api.md#errors)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import msgspec

if TYPE_CHECKING:
    from zendesk_assets.simulator.wire.authentication import Token

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` has no prefix and no `.json`, `site` is the address before it.

    `query` has the last value of each parameter, `parameters` all of them.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    site: str
    token: Token | None = None
    twist: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    def every(self, name: str) -> list[str]:
        """Return all values of a parameter."""
        return [value for each, value in self.parameters if each == name]

    def integer(self, name: str, default: int | None = None) -> int | None:
        """Return a parameter that is an integer, or `1735689600.0` as tap-zendesk sends.

        Raises:
            RefusedError: It is something else.
        """
        text = self.query.get(name)
        if text is None or not text:
            return default
        try:
            return int(text.removesuffix(".0"))
        except ValueError:
            raise RefusedError(bad_value(f"{name} must be an integer")) from None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a parameter that is `true` or `false`."""
        return self.query.get(name, str(default)).lower() in {"true", "1"}

    def includes(self) -> set[str]:
        """Return the names of the side-loads that the request asks for."""
        return {name.strip() for name in self.query.get("include", "").split(",") if name.strip()}

    def link(self, **changes: str | int | None) -> str:
        """Return the address of this request with other parameters; None removes one."""
        query: dict[str, str | int | list[str]] = dict(self.query)
        query |= {name: self.every(name) for name, _value in self.parameters if name in query}
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"{self.site}{self.path}.json?{urlencode(query, doseq=True)}"

    def form(self) -> dict[str, Any]:
        """Return the body's values, JSON or form-encoded."""
        if self.headers.get("content-type", "").startswith("application/json"):
            try:
                decoded = msgspec.json.decode(self.body or b"{}")
            except msgspec.DecodeError:
                raise RefusedError(bad_value("the body is not JSON")) from None
            return decoded if isinstance(decoded, dict) else {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def with_twist(self, twist: str) -> Request:
        """Return the same request, marked for a fault of paging."""
        return replace(self, twist=twist)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, headers: dict[str, str]) -> Answer:
        """Return the same answer with more headers."""
        return replace(self, headers={**self.headers, **headers})


class RefusedError(Exception):
    """A request is refused: carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode("utf-8", "replace"))
        self.answer = answer


def json_answer(value: object, status: int = 200) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, msgspec.json.encode(value))


def error(status: int, name: str, description: str) -> Answer:
    """Return `{"error": name, "description": …}`."""
    return json_answer({"error": name, "description": description}, status)


def titled(status: int, title: str, message: str) -> Answer:
    """Return `{"error": {"title": …, "message": …}}`."""
    return json_answer({"error": {"title": title, "message": message}}, status)


def coded(status: int, code: str, title: str, detail: str = "") -> Answer:
    """Return `{"errors": [{"code": …}]}`."""
    return json_answer({"errors": [{"code": code, "title": title, "detail": detail}]}, status)


def detailed(status: int, title: str, detail: str) -> Answer:
    """Return `{"errors": [{"title": …, "detail": …}]}`, as the access log's service says it."""
    return json_answer({"errors": [{"detail": detail, "title": title}]}, status)


def bad_value(description: str) -> Answer:
    """Return the answer to a bad parameter (Zendesk's own body is not known)."""
    return error(400, "InvalidValue", description)


def not_found() -> Answer:
    """Return the answer for a row that does not exist."""
    return error(404, "RecordNotFound", "Not found")


REFUSALS = {
    "role": titled(
        403,
        "Forbidden",
        "You do not have access to this page. Please contact the account owner of this help desk "
        "for further help.",
    ),
    "restricted": titled(
        403,
        "Forbidden",
        "Access to this resource is restricted. Please contact the account administrator for "
        "assistance.",
    ),
    "guide": coded(404, "ResourceNotFound", "Not found"),
    "access_logs": detailed(403, "Authorization failed", "You must have administrator privileges"),
    "scopes": error(403, "Forbidden", "You are missing the following required scopes: read"),
    "invalid_endpoint": error(404, "InvalidEndpoint", "Not found"),
    "not_found": not_found(),
    "empty": Answer(404, b"", ""),
    "empty_403": Answer(403, b"", "text/html; charset=utf-8"),
    "invalid_token": json_answer(
        {
            "error": "invalid_token",
            "error_description": "The access token provided is expired, revoked, malformed or "
            "invalid for other reasons.",
        },
        401,
    ),
    "unauthenticated": json_answer({"error": "Couldn't authenticate you"}, 401),
    "no_help_desk": titled(
        404,
        "No help desk at this address",
        "There is no help desk configured at this address. This means that the address is "
        "available and that you can claim it at https://www.zendesk.com/signup",
    ),
}
