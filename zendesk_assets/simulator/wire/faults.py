"""Faults on demand: which requests fail, how often, and how.

Faults of paging (`empty_page`, `duplicate_page`) are carried out by `exports` and `paging`, faults
of the connection (`reset`, `truncate`, `slow`) by `server`.
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

KINDS = (
    "status", "reset", "truncate", "html", "bad_json", "slow", "timeout_unless", "empty_page",
    "duplicate_page", "insert", "headers",
)  # fmt: skip
_HTML = b"<!DOCTYPE html><html><head><title>Zendesk</title></head><body>One moment</body></html>"
_TIMEOUT = Answer(504, b"upstream request timeout", "text/plain")


@dataclass(slots=True)
class Fault:
    """A rule: after `after` matching requests, `times` of them fail, or all further ones if None.

    A request matches if `path` is in its `path?query` and `regex` is found there. `status`, `body`
    (a text or a JSON value), `headers` and `content_type` are for kind "status"; "headers" replaces
    `headers` of a good answer; `seconds` is for "slow"; `per_page` is the largest page that does
    not time out with "timeout_unless". "insert" puts `body`, raw JSON with commas, in front of the
    first list called `key` of a good answer.
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
        """Check the kind."""
        if self.kind not in KINDS:
            message = f"Unknown fault {self.kind!r}. Choose one of: {', '.join(KINDS)}."
            raise SimulatorError(message)

    def strikes(self, request: Request) -> bool:
        """Count the request and return whether it fails."""
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
    """The rules of one site, in the order in which they were added; the first to strike counts."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, kind: str, **rule: Any) -> Fault:
        """Add a rule.

        Raises:
            SimulatorError: There is no such kind or property.
        """
        try:
            fault = Fault(kind, **rule)
        except TypeError as cause:
            message = f"A fault has no such property: {cause}."
            raise SimulatorError(message) from None
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        self.rules.clear()

    def strike(self, request: Request) -> Fault | None:
        """Return the fault that strikes this request, if one does."""
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
