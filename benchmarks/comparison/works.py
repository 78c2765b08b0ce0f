"""The works: a first sync, the next one, floods of one second, and kill -9 half-way.

Contestants take turns, each from the start of a work to its end, so that the machine is theirs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

import harness

from comparison.contestants import Contestant
from comparison.processes import Usage, after_requests, run, same_page
from comparison.truth import Truth, compare

__all__ = ["Row", "change", "flood", "killed_sync", "sync"]

# Exports hold back the last minute.
_HOLD_BACK_SECONDS: Final = 70
_CLOSED: Final = {"closed", "deleted"}

Row = dict[str, Any]


def sync(contestants: Iterable[Contestant], truth: Truth) -> list[Row]:
    """Measure a sync of each, the first or the next."""
    return [_measure(each, truth) for each in contestants]


def killed_sync(contestants: Iterable[Contestant], truth: Truth, first: list[Row]) -> list[Row]:
    """Kill each when it has sent half as many requests as its first sync; then sync again."""
    halves = {row["name"]: row["requests"] // 2 for row in first}
    rows = []
    for each in contestants:
        stopped = _measure(each, None, after_requests(each.account, halves[each.name]))
        row = _measure(each, truth)
        row |= {"before": stopped["requests"], "whole": stopped["requests"] + row["requests"]}
        rows.append(row)
    return rows


def flood(contestants: Iterable[Contestant], truth: Truth) -> list[Row]:
    """Measure a first sync of each; one that asks for a page over and over is stopped."""
    return [_measure(each, truth, same_page(each.account)) for each in contestants]


def _measure(
    contestant: Contestant, truth: Truth | None, stop: Callable[[], str] | None = None
) -> Row:
    """Measure a sync; compare what has been delivered with the truth, if there is one to meet."""
    contestant.account.act("clear_requests")
    repeated = contestant.landed().repeated if contestant.outputs else 0
    load = os.getloadavg()[0]
    usage = run(contestant.command(), stop)
    row = {"name": contestant.name, "load": load, **asdict(usage), **_asked(contestant.account)}
    if truth is not None:
        row |= _compared(contestant, truth, repeated)
    _say(row, usage)
    return row


def _asked(account: harness.Account) -> Row:
    asked = account.requests()
    return {
        "requests": len(asked),
        "exports": sum("/incremental/" in each["path"] for each in asked),
        "failed": sum(each["status"] != 200 for each in asked),  # noqa: PLR2004 # HTTP
    }


def _compared(contestant: Contestant, truth: Truth, repeated_before: int) -> Row:
    delivered = contestant.deliveries()
    difference = asdict(compare(truth, delivered))
    return {**difference, "repeated": delivered.repeated - repeated_before}


def _say(row: Row, usage: Usage) -> None:
    found = {
        name: row[name] for name in ("missing", "outdated", "repeated", "causes") if name in row
    }
    print(
        f"{row['name']}: {row['requests']:,} requests, {usage.seconds:.1f} s, "
        f"{usage.cpu:.1f} s CPU, {usage.peak_mb:.0f} MB, exit code {usage.code} "
        f"{usage.stopped} {found}",
        flush=True,
    )


def change(account: harness.Account, count: int) -> None:
    """Change so many records: comments, new and deleted tickets, organizations and users."""
    live = [row["id"] for row in account.expected("tickets") if row["status"] not in _CLOSED]
    people = [row["id"] for row in account.expected("users") if row["role"] == "end-user"]
    firms = [row["id"] for row in account.expected("organizations") if not row.get("deleted_at")]
    chosen = live[:: max(1, len(live) // count)]
    shares = {
        "new": count // 10,
        "deleted": count // 50,
        "firms": count // 25,
        "people": count // 25,
    }
    for ticket in chosen[: shares["deleted"]]:
        account.act("delete_ticket", ticket_id=ticket)
    commented = chosen[shares["deleted"] :]
    for number in range(count - sum(shares.values())):
        account.act("add_comment", ticket_id=commented[number % len(commented)])
    for number in range(shares["new"]):
        account.act("create_ticket", subject=f"A new request {number}")
    for number, firm in enumerate(firms[: shares["firms"]]):
        account.act("update_organization", organization_id=firm, notes=f"Called, {number}")
    for number, person in enumerate(people[: shares["people"]]):
        account.act("update_user", user_id=person, notes=f"Called, {number}")
    time.sleep(_HOLD_BACK_SECONDS)
