"""One page of a response, cut into records without building Python objects.

Only the envelope and each record's time are decoded; a record keeps the bytes that Zendesk sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from operator import add, sub
from typing import Any

import msgspec

from zendesk_assets.clock import read_time
from zendesk_assets.records.lenient import mend
from zendesk_assets.spec import Pagination, Placement, Stream

_decode_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])
_decode_list = msgspec.json.Decoder(list[msgspec.Raw])


class PageError(Exception):
    """The body is not a page of this stream: HTML, truncated, or without its list."""


@dataclass(frozen=True)
class PageCost:
    """A cost: requests sent, bytes received, seconds waited for the rate limit.

    `refused` counts the requests that Zendesk refused for the rate limit (429).
    """

    requests: int = 0
    bytes: int = 0
    waited: float = 0.0
    refused: int = 0

    def __add__(self, other: PageCost) -> PageCost:
        """Return the sum."""
        return PageCost(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: PageCost) -> PageCost:
        """Return the difference."""
        return PageCost(*map(sub, astuple(self), astuple(other)))


@dataclass(frozen=True)
class Page:
    """One API response.

    `records` are JSON objects on one line each; `oldest` and `newest` are the bounds of their
    times, `records_by_day` counts them by UTC day. `cursor` continues after this page; `end` means
    that the stream has no more now. `served_at` is Zendesk's own time (its Date header), which a
    gateway may get wrong; `as_of` is the earlier of that and our own clock: the page says nothing
    about later times. `incomplete` are seconds, ended by this page, that may lack records (trap
    T6); `from_audits` are seconds that were completed from the audits of tickets. `unread` are the
    ids, as texts, of parents whose lists could not be read in the walk that ends here.
    """

    records: tuple[bytes, ...]
    oldest: datetime | None
    newest: datetime | None
    cursor: str | None
    end: bool
    served_at: datetime
    as_of: datetime
    records_by_day: dict[str, int] = field(default_factory=dict)
    cost: PageCost = field(default=PageCost())
    incomplete: tuple[datetime, ...] = ()
    from_audits: tuple[datetime, ...] = ()
    unread: tuple[str, ...] = ()


def decode_envelope(body: bytes, stream: Stream) -> dict[str, msgspec.Raw]:
    """Return the members of the page, undecoded.

    Raises:
        PageError: if it is not JSON, or lacks its list.
    """
    try:
        envelope = _decode_envelope.decode(body)
    except msgspec.DecodeError:
        envelope = _decode_leniently(body, stream)
    if stream.records_key not in envelope:
        raise PageError(f"the response has no `{stream.records_key}`")
    return envelope


def _decode_leniently(body: bytes, stream: Stream) -> dict[str, msgspec.Raw]:
    """Return the members of a page with broken characters, and its list as Zendesk sent it."""
    mended = mend(body)
    try:
        envelope = _decode_envelope.decode(mended)
    except msgspec.DecodeError as error:
        raise PageError(f"the response is not JSON ({error})") from None
    if stream.records_key in envelope:
        inner = bytes(envelope[stream.records_key])
        start = mended.find(inner)
        envelope[stream.records_key] = msgspec.Raw(body[start : start + len(inner)])
    return envelope


def cut_records(envelope: dict[str, msgspec.Raw], stream: Stream) -> tuple[bytes, ...]:
    """Return the records of the page, one line each; of a page without a list, the only one.

    Raises:
        PageError: if it has not what it should have.
    """
    key = stream.records_key
    if stream.pagination is not Pagination.ONE_OBJECT:
        return cut_list(envelope, key)
    body = _one_line(bytes(envelope[key]))
    if not body.startswith(b"{"):
        raise PageError(f"`{key}` is not an object")
    return (b"{%b:%b}" % (msgspec.json.encode(key), body),)


def cut_list(envelope: dict[str, msgspec.Raw], key: str) -> tuple[bytes, ...]:
    """Return the records of a list of the page, one line each. The list is there.

    Raises:
        PageError: if it is not a list.
    """
    body = bytes(envelope[key])
    try:
        cuts = map(bytes, _decode_list.decode(body))
    except msgspec.DecodeError:
        return _cut_leniently(body, key)
    return tuple(map(_one_line, cuts) if b"\n" in body or b"\r" in body else cuts)


def _cut_leniently(body: bytes, key: str) -> tuple[bytes, ...]:
    """Cut where the repaired text says so; the records keep the bytes that Zendesk sent."""
    mended, records, end = mend(body), [], 0
    try:
        cuts = _decode_list.decode(mended)
    except msgspec.DecodeError:
        raise PageError(f"`{key}` is not a list") from None
    for cut in map(bytes, cuts):
        start = mended.index(cut, end)
        end = start + len(cut)
        records.append(_one_line(body[start:end]))
    return tuple(records)


def _one_line(record: bytes) -> bytes:
    # A line break in valid JSON is always white space between tokens.
    if b"\n" in record or b"\r" in record:
        return record.replace(b"\r", b" ").replace(b"\n", b" ")
    return record


def count_by_day(times: list[datetime]) -> dict[str, int]:
    """Return how many of the times fall on each UTC day, as `2024-11-24`."""
    return {day.isoformat(): count for day, count in Counter(map(datetime.date, times)).items()}


class RecordTimes:
    """Reads the one property of a record that places it in time, and nothing else."""

    def __init__(self, stream: Stream) -> None:
        self._has_times = bool(stream.time_field)
        member = ("value", Any, msgspec.field(name=stream.time_field or None, default=None))
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            msgspec.defstruct("RecordTime", [member])
        )
        epoch = stream.placement is Placement.EPOCH_SECONDS
        self._read: Callable[[Any], datetime | None] = _from_epoch if epoch else _from_iso

    def read(self, records: tuple[bytes, ...]) -> list[datetime]:
        """Return the times of the records that have one, in order."""
        if not self._has_times:
            return []
        return [time for record in records if (time := self.of(record)) is not None]

    def of(self, record: bytes) -> datetime | None:
        """Return the record's time, or None if it is missing or unreadable."""
        try:
            return self._read(self._decode(record).value)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError):
            return None

    def _decode(self, record: bytes) -> Any:
        try:
            return self._decoder.decode(record)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return self._decoder.decode(mend(record))


def _from_epoch(value: Any) -> datetime | None:
    # 0 is "not yet known" in responses other than exports (trap T30).
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and value > 0 else None


def _from_iso(value: Any) -> datetime | None:
    return read_time(value) if isinstance(value, str) else None
