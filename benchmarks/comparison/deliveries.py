"""What a contestant has delivered: which keys, in which state, and what more than once.

Airbyte's and Singer's messages are read here, one JSON object a line. Other lines, and one that a
killed process did not finish, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from comparison.streams import STREAMS, Key, Record, seconds_of

__all__ = ["Deliveries", "airbyte_states", "deliver_messages", "singer_state"]


@dataclass
class Deliveries:
    """Records by stream and key, with the newest `updated_at` in seconds since 1970."""

    newest: dict[str, dict[Key, float]] = field(default_factory=dict)
    repeated: int = 0
    _seen: set[int] = field(default_factory=set)

    def add(self, stream: str, raw: bytes) -> None:
        """Note a record; one that came before in the same state is repeated."""
        record = msgspec.json.decode(raw, type=Record)
        key, state = record.key(stream), hash((stream, raw))
        self.repeated += state in self._seen
        self._seen.add(state)
        found = self.newest.setdefault(stream, {})
        found[key] = max(seconds_of(record.updated_at), found.get(key, 0.0))


class _AirbyteRecord(msgspec.Struct):
    stream: str
    data: msgspec.Raw


class _Message(msgspec.Struct):
    """A message of either protocol: `record` is Airbyte's with a stream, or Singer's own."""

    type: str
    record: msgspec.Raw = msgspec.Raw()
    stream: str | None = None
    state: dict[str, Any] | None = None
    value: dict[str, Any] | None = None


def _messages(path: Path) -> Iterator[_Message]:
    decoder = msgspec.json.Decoder(_Message)
    with path.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{") and line.endswith(b"\n"):
                yield decoder.decode(line)


def deliver_messages(paths: list[Path]) -> Deliveries:
    """Return what messages of Airbyte or Singer delivered, in the order of the files."""
    found = Deliveries()
    for path in paths:
        for message in _messages(path):
            if message.type != "RECORD":
                continue
            stream, raw = message.stream, bytes(message.record)
            if stream is None:
                record = msgspec.json.decode(raw, type=_AirbyteRecord)
                stream, raw = record.stream, bytes(record.data)
            if stream in STREAMS:
                found.add(stream, raw)
    return found


def airbyte_states(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the last state of each stream, as Airbyte's platform hands them back."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for message in _messages(path):
            if message.state and message.state.get("type") == "STREAM":
                name = message.state["stream"]["stream_descriptor"]["name"]
                found[name] = {"type": "STREAM", "stream": message.state["stream"]}
    return list(found.values())


def singer_state(paths: list[Path]) -> dict[str, Any]:
    """Return the last state, as a target hands it back."""
    found: dict[str, Any] = {}
    for path in paths:
        for message in _messages(path):
            found = message.value or found
    return found
