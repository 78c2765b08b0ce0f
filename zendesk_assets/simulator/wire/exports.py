"""Incremental exports: cursor paging and time paging over a timeline, with the hold-back.

Which records there are is in `export_endpoints`. docs/zendesk-api.md#incremental-exports.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.wire.messages import RefusedError, bad_value, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.account.timeline import Key, Timeline
    from zendesk_assets.simulator.wire.messages import Request

HOLD_BACK = 60
MAX_PAGE = 1000
_TINY = 10
_CURSOR = re.compile(r"(\d+)\.0\|\|(-?\d+)\|")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a timeline that an export reads: up to a moment, and what the caller may see."""

    timeline: Timeline
    now: int
    is_visible: Callable[[int], bool] | None = None
    same_second: str = "overflow"
    hold_back: int = HOLD_BACK

    def end(self) -> int:
        """Return the place in the timeline where the hold-back begins."""
        return self.timeline.since(self.now - self.hold_back + 1)

    def overflows(self, count: int) -> bool:
        """Return whether a page of this size has the rest of its last second too (trap T6)."""
        is_tiny = self.same_second == "overflow_tiny" and count <= _TINY
        return is_tiny or self.same_second == "overflow"

    def read(self, place: int, count: int) -> tuple[list[Key], int]:
        """Return up to `count` visible keys from `place`, and the place after the last of them."""
        end = self.end()
        if self.is_visible is None:
            keys = self.timeline.slice(place, min(end, place + count))
            return keys, place + len(keys)
        found: list[Key] = []
        while place < end and len(found) < count:
            for key in self.timeline.slice(place, min(end, place + count - len(found))):
                place += 1
                if self.is_visible(key[1]):
                    found.append(key)
        return found, place


def page_by_cursor(request: Request, stretch: Stretch) -> tuple[list[int], dict[str, Any]]:
    """Return the ids of the page and the rest of its envelope."""
    position = _position(request, stretch.now)
    count = page_size(request)
    keys, after = stretch.read(stretch.timeline.after(position), count)
    done = after >= stretch.end()
    if request.twist == "empty_page":
        keys, done = [], False
    last = position if request.twist == "duplicate_page" or not keys else keys[-1]
    cursor = _encode(last)
    first = "cursor" not in request.query
    before = None if first or not keys else _encode(keys[0])
    envelope = {
        "after_url": request.link(cursor=cursor, start_time=None),
        "after_cursor": cursor,
        "before_url": before and request.link(cursor=before, start_time=None),
        "before_cursor": before,
        "end_of_stream": done and request.twist != "duplicate_page",
    }
    return [key[1] for key in keys], envelope


def _position(request: Request, now: int) -> Key:
    """Return the key after which the page begins."""
    cursor = request.query.get("cursor")
    if cursor is None:
        return (start_time(request, now), -(2**63))
    key = _decode(cursor)
    # Trap T3: a start_time beside the cursor loses rows. Which ones is not documented; here it is
    # the rest of the cursor's second.
    return (key[0] + 1, -(2**63)) if "start_time" in request.query else key


def _encode(key: Key) -> str:
    number = max(key[1], 0)
    return base64.b64encode(f"{key[0]}.0||{number}|".encode()).decode()


def _decode(cursor: str) -> Key:
    try:
        found = _CURSOR.fullmatch(base64.b64decode(cursor, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, ValueError):
        found = None
    if found is None:
        raise RefusedError(bad_value("cursor is not valid"))
    return int(found[1]), int(found[2])


def start_time(request: Request, now: int) -> int:
    """Return the start time, or refuse one inside the hold-back (trap T7)."""
    second = request.integer("start_time")
    if second is None:
        raise RefusedError(bad_value("start_time is required"))
    if second > now - HOLD_BACK:
        message = "Too recent start_time. Use a start_time older than 1 minute"
        raise RefusedError(error(400, "StartTimeTooRecent", message))
    return second


def page_size(request: Request) -> int:
    """Return how many rows a page has."""
    wanted = request.integer("per_page", MAX_PAGE) or MAX_PAGE
    if wanted < 1:
        raise RefusedError(bad_value("per_page must be positive"))
    return min(wanted, MAX_PAGE)


def page_by_time(request: Request, stretch: Stretch) -> tuple[list[int], dict[str, Any]]:
    """Return the ids of the page and the rest of its envelope."""
    start = start_time(request, stretch.now)
    count = page_size(request)
    keys, after = stretch.read(stretch.timeline.since(start), count)
    overflow: list[Key] = []
    overflows = stretch.overflows(count)
    if overflows and keys:
        overflow, after = _rest_of_second(stretch, after, keys[-1][0])
        keys += overflow
    done = after >= stretch.end()
    end = _end_time(
        keys,
        start,
        done=done,
        overflowed=bool(overflow),
        overflows=overflows,
        skips=stretch.same_second == "skip" and not done,
    )
    if request.twist == "empty_page":
        keys, done, end = [], False, start
    elif request.twist == "duplicate_page":
        done, end = False, start
    envelope = {
        "count": len(keys),
        "end_of_stream": done,
        "end_time": end,
        "next_page": request.link(start_time=end),
    }
    return [key[1] for key in keys], envelope


def _rest_of_second(stretch: Stretch, place: int, second: int) -> tuple[list[Key], int]:
    """Return the rest of the second in which a full page ended, and the place after it."""
    stop = min(stretch.timeline.since(second + 1), stretch.end())
    rest = stretch.timeline.slice(place, max(place, stop))
    visible = [key for key in rest if stretch.is_visible is None or stretch.is_visible(key[1])]
    return visible, max(place, stop)


def _end_time(
    keys: list[Key], start: int, *, done: bool, overflowed: bool, overflows: bool, skips: bool
) -> int:
    """Return the newest second of the page, or one later where recordings of tiny pages show that.

    With `skips`, the page after one that was cut begins after the second: rows are lost.
    """
    if not keys:
        return start
    last = keys[-1][0]
    is_stuck = overflows and keys[0][0] == last and not done
    return last + 1 if (overflowed and not done) or is_stuck or skips else last
