"""Faults on demand: which request fails, how often, and in which way. No socket in here.

A fault whose kind is about paging (`empty_page`, `duplicate_page`) is a twist for `exports` and
`paging`; one about bytes (`reset`, `truncate`) is carried out by `server`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.wire.messages import JSON, Answer

if TYPE_CHECKING:
    from zendesk_assets.simulator.wire.messages import Request

__all__ = ["KINDS", "Fault", "Faults", "spoil"]

KINDS = (
    "status", "reset", "truncate", "html", "bad_json", "slow", "timeout_unless", "empty_page",
    "duplicate_page", "insert", "headers",
)  # fmt: skip
_HTML = b"<!DOCTYPE html><html><head><title>Zendesk</title></head><body>One moment</body></html>"
_TIMEOUT = Answer(504, b"upstream request timeout", "text/plain")


@dataclass(slots=True)
class Fault:
    """A rule: `times` matching requests fail after `after` of them passed; None is for ever.

    `path` is a part of `path?query`, `regex` is searched in it. `status`, `body` (a text or a JSON
    value), `headers` and `content_type` are for kind "status"; kind "headers" replaces `headers` of
    a good answer; `seconds` is for "slow"; `per_page` is the largest page that does not time out
    with "timeout_unless". "insert" puts `body`, raw JSON texts with commas, in front of the first
    list called `key` of a good answer.
    """

    kind: str
    path: str = ""
    regex: str = ""
    after: int = 0
    times: int | None = 1
    status: int = 500
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    seconds: float = 1.0
    per_page: int = 100
    key: str = ""
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            message = f"a fault is one of {', '.join(KINDS)}, not {self.kind!r}"
            raise SimulatorError(message)

    def strikes(self, request: Request) -> bool:
        """Count the request and say whether it fails."""
        if not self._matches(request):
            return False
        self.seen += 1
        is_due = self.seen > self.after and (self.times is None or self.struck < self.times)
        self.struck += is_due
        return is_due

    def _matches(self, request: Request) -> bool:
        address = request.path + "?" + "&".join(f"{k}={v}" for k, v in request.query.items())
        if self.kind == "timeout_unless" and _page_size(request) <= self.per_page:
            return False
        return self.path in address and (not self.regex or bool(re.search(self.regex, address)))


def _page_size(request: Request) -> int:
    default = 1000 if "/incremental/" in request.path else 100
    text = request.query.get("per_page") or request.query.get("page[size]") or ""
    return int(text) if text.isdigit() else default


class Faults:
    """The rules of one account, in the order they were added; the first that strikes counts."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, kind: str, **rule: Any) -> Fault:
        """Add a rule."""
        try:
            fault = Fault(kind, **rule)
        except TypeError as cause:
            message = f"a fault does not have that property: {cause}"
            raise SimulatorError(message) from None
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

    def strike(self, request: Request) -> Fault | None:
        """Return the fault this request suffers."""
        return next((fault for fault in self.rules if fault.strikes(request)), None)


def spoil(fault: Fault, answer: Answer) -> Answer:
    """Return what is sent instead of the good answer."""
    if fault.kind == "status":
        return _with_status(fault)
    if fault.kind == "timeout_unless":
        return _TIMEOUT
    if fault.kind == "html":
        return Answer(200, _HTML, "text/html; charset=utf-8", answer.headers)
    if fault.kind == "bad_json":
        return Answer(200, answer.body[: len(answer.body) // 2], JSON, answer.headers)
    if fault.kind == "insert":
        return Answer(answer.status, _inserted(fault, answer.body), JSON, answer.headers)
    return answer


def _inserted(fault: Fault, body: bytes) -> bytes:
    start = f'"{fault.key}":['.encode()
    before, found, after = body.partition(start)
    more = b"" if after.startswith(b"]") else b","
    return before + found + str(fault.body).encode() + more + after if found else body


def _with_status(fault: Fault) -> Answer:
    if isinstance(fault.body, str):
        kind = fault.content_type or "text/plain; charset=utf-8"
        return Answer(fault.status, fault.body.encode(), kind, fault.headers)
    body = msgspec.json.encode(fault.body)
    return Answer(fault.status, body, fault.content_type or JSON, fault.headers)
